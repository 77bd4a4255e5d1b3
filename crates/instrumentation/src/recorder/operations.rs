//! Running operations. If the recording ends first, it ends their spans: what was called inside them would lack its parent.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt as _};

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

    /// Adds an operation that is recorded. Returns `false` after the end of the recording.
    #[must_use]
    pub(super) fn add(&self, context: &Context) -> bool {
        let span = context.span();
        if !span.is_recording() {
            return true;
        }
        let mut state = self.lock();
        if !state.over {
            let id = span.span_context().span_id();
            state.open.insert(id, context.clone());
        }
        !state.over
    }

    pub(super) fn remove(&self, context: &Context) {
        self.lock()
            .open
            .remove(&context.span().span_context().span_id());
    }

    /// Removes the operations whose span `is_wanted`, and returns them.
    pub(super) fn take(&self, is_wanted: impl Fn(SpanId) -> bool) -> Vec<Context> {
        let mut state = self.lock();
        let taken = state.open.extract_if(|id, _| is_wanted(*id));
        taken.map(|(_, context)| context).collect()
    }

    /// Takes no more operations, and returns those that run.
    pub(super) fn close(&self) -> Vec<Context> {
        let mut state = self.lock();
        state.over = true;
        state.open.drain().map(|(_, context)| context).collect()
    }
}
