//! Completion of spans that their provider no longer accepts.

use std::fmt;

use opentelemetry::trace::SpanId;

use crate::span::SpanEnd;

/// Completes spans that their provider no longer accepts.
pub(crate) trait LateCompletion: Send + Sync + fmt::Debug {
    /// Completes the span and passes it on, unless it has already ended in the usual way.
    fn complete(&self, span: SpanId, finish: &SpanEnd);
}
