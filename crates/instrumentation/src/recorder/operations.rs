//! Running operations. If the recording ends first, it ends their spans: what was called inside them would lack its parent.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt as _};

use super::Ending;

/// A running operation: the context with its span, and its end.
pub(super) type RunningOperation = (Context, Arc<Ending>);

#[derive(Debug, Default)]
pub(super) struct OpenOperations(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Running operations, by their span.
    open: HashMap<SpanId, RunningOperation>,
    /// Whether the recording has ended.
    over: bool,
}

impl OpenOperations {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an operation that is recorded. Returns `false` after the end of the recording.
    #[must_use]
    pub(super) fn add(&self, context: &Context, ending: &Arc<Ending>) -> bool {
        let span = context.span();
        if !span.is_recording() {
            return true;
        }
        let mut state = self.lock();
        if !state.over {
            let id = span.span_context().span_id();
            state.open.insert(id, (context.clone(), Arc::clone(ending)));
        }
        !state.over
    }

    pub(super) fn remove(&self, context: &Context) {
        self.lock()
            .open
            .remove(&context.span().span_context().span_id());
    }

    /// Removes the operations whose span `is_wanted`, and returns them.
    pub(super) fn take(&self, is_wanted: impl Fn(SpanId) -> bool) -> Vec<RunningOperation> {
        let mut state = self.lock();
        let taken = state.open.extract_if(|id, _| is_wanted(*id));
        taken.map(|(_, operation)| operation).collect()
    }

    /// Takes no more operations, and returns those that run.
    pub(super) fn close(&self) -> Vec<RunningOperation> {
        let mut state = self.lock();
        state.over = true;
        state.open.drain().map(|(_, operation)| operation).collect()
    }
}
