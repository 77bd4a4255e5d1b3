//! Running operations. If the recording ends first, it ends their spans: what was called inside them would lack its parent.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::{SpanId, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use spanloom_core::{Outcome, semconv as names};

/// The contexts of running operations, by their span.
#[derive(Debug, Default)]
pub(super) struct OpenOperations(Mutex<HashMap<SpanId, Context>>);

impl OpenOperations {
    fn lock(&self) -> MutexGuard<'_, HashMap<SpanId, Context>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, context: &Context) {
        let span = context.span();
        if span.is_recording() {
            self.lock()
                .insert(span.span_context().span_id(), context.clone());
        }
    }

    pub(super) fn remove(&self, context: &Context) {
        self.lock().remove(&context.span().span_context().span_id());
    }

    pub(super) fn end_all(&self) {
        let open: Vec<Context> = self.lock().drain().map(|(_, context)| context).collect();
        // The spans end in the service's processors: the lock may not be held.
        for context in open {
            let span = context.span();
            let outcome = Outcome::Unknown.as_str();
            span.set_attribute(KeyValue::new(names::SPANLOOM_OUTCOME, outcome));
            span.end();
        }
    }
}
