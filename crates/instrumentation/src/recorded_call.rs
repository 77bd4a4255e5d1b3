//! A call that code wants to name after it was recorded.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::SpanContext;

/// Names a call once it has been made: for scores, and for links.
///
/// It is given to the call's scope by [`MonitorAttributes::recorded_as`](crate::MonitorAttributes::recorded_as). If several
/// calls are made in that scope, it names the last.
#[derive(Clone, Debug, Default)]
pub struct RecordedCall(Arc<Mutex<Option<SpanContext>>>);

impl RecordedCall {
    fn lock(&self) -> MutexGuard<'_, Option<SpanContext>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, span: &SpanContext) {
        *self.lock() = Some(span.clone());
    }

    /// Returns the context of the call's span; `None` if no call was recorded. The id of its record is the span's.
    #[must_use]
    pub fn span_context(&self) -> Option<SpanContext> {
        self.lock().clone()
    }
}
