//! Running operations. If the recording ends first, it ends their spans: what was called inside them would lack its parent.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::{SpanId, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use spanloom_core::{Outcome, semconv as names};

#[derive(Debug, Default)]
pub(super) struct OpenOperations(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The contexts of running operations, by their span.
    open: HashMap<SpanId, Context>,
    /// Whether the recording has ended.
    over: bool,
}

impl OpenOperations {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an operation; one that begins after the end of the recording ends at once.
    pub(super) fn add(&self, context: &Context) {
        let span = context.span();
        if !span.is_recording() {
            return;
        }
        let mut state = self.lock();
        if state.over {
            drop(state);
            return end(context);
        }
        state
            .open
            .insert(span.span_context().span_id(), context.clone());
    }

    pub(super) fn remove(&self, context: &Context) {
        self.lock()
            .open
            .remove(&context.span().span_context().span_id());
    }

    pub(super) fn end_all(&self) {
        let mut state = self.lock();
        state.over = true;
        let open: Vec<Context> = state.open.drain().map(|(_, context)| context).collect();
        // The spans end in the service's processors: the lock may not be held.
        drop(state);
        open.iter().for_each(end);
    }
}

fn end(context: &Context) {
    let span = context.span();
    let outcome = Outcome::Unknown.as_str();
    span.set_attribute(KeyValue::new(names::SPANLOOM_OUTCOME, outcome));
    span.end();
}
