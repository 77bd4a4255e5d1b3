//! What an exporter sends: ended spans, and evaluations of calls.

use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{SpanContext, TraceId};
use opentelemetry_sdk::trace::SpanData;
use spanloom_core::{Evaluation, Timestamp};

/// A span, or an evaluation of one.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Span(Arc<SpanData>),
    Evaluation(Arc<CallEvaluation>),
}

/// An evaluation of a call.
#[derive(Debug)]
pub(crate) struct CallEvaluation {
    /// The id of the call's span, and of its record.
    pub(crate) call: String,
    pub(crate) trace: TraceId,
    pub(crate) at: Timestamp,
    pub(crate) evaluation: Evaluation,
}

impl CallEvaluation {
    pub(crate) fn of(call: &SpanContext, evaluation: Evaluation, at: SystemTime) -> Self {
        Self {
            call: call.span_id().to_string(),
            trace: call.trace_id(),
            at: Timestamp::from(at),
            evaluation,
        }
    }

    /// Estimates the bytes that it holds, closely enough for a limit.
    pub(crate) fn held_bytes(&self) -> usize {
        const FIXED: usize = 256;
        let attributes = self.evaluation.attributes().into_iter();
        let texts = attributes.map(|(_, value)| value.as_str().map_or(0, str::len));
        FIXED + texts.sum::<usize>()
    }
}

impl From<Arc<SpanData>> for Item {
    fn from(span: Arc<SpanData>) -> Self {
        Self::Span(span)
    }
}

impl From<Arc<CallEvaluation>> for Item {
    fn from(evaluation: Arc<CallEvaluation>) -> Self {
        Self::Evaluation(evaluation)
    }
}
