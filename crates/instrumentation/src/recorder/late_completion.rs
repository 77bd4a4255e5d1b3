//! Spans that their provider no longer takes.

use std::fmt;

use opentelemetry::trace::SpanId;

use crate::span::SpanEnd;

/// Finishes spans that their provider no longer takes.
pub(crate) trait LateCompletion: Send + Sync + fmt::Debug {
    /// Passes the span on, unless it has gone its usual way already.
    fn complete(&self, span: SpanId, finish: &SpanEnd);
}
