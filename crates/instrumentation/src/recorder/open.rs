//! Calls that run. When the recording ends before they do, it ends them, with what has come so far: a stream that its
//! caller has left may be held by a task that has not noticed yet.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::SpanId;

use crate::observation::{End, Observation};

/// A call that runs.
pub(crate) trait Open: Send + Sync + fmt::Debug {
    /// Its span.
    fn span(&self) -> SpanId;

    /// Ends it, and gives what was observed, with the bytes of the budget that go with it; `None` once it has ended.
    fn end(&self, end: End) -> Option<(Observation, usize)>;
}

/// All of them, by their address.
#[derive(Debug, Default)]
pub(super) struct OpenCalls(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    calls: HashMap<usize, Arc<dyn Open>>,
    /// No call is added any more.
    over: bool,
}

impl OpenCalls {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_over(&self) -> bool {
        self.state().over
    }

    /// Adds a call; says whether it may run on. One that comes when all is over is to be ended.
    pub(super) fn add(&self, call: Arc<dyn Open>) -> bool {
        let mut state = self.state();
        if !state.over {
            state.calls.insert(address(&call), call);
        }
        !state.over
    }

    pub(super) fn remove(&self, call: &Arc<dyn Open>) {
        self.state().calls.remove(&address(call));
    }

    /// Takes out those whose span `is_wanted`.
    pub(super) fn take(&self, is_wanted: impl Fn(SpanId) -> bool) -> Vec<Arc<dyn Open>> {
        let mut taken = Vec::new();
        self.state().calls.retain(|_, call| {
            let wanted = is_wanted(call.span());
            if wanted {
                taken.push(Arc::clone(call));
            }
            !wanted
        });
        taken
    }

    /// Takes out all; none is added from now on.
    pub(super) fn take_last(&self) -> Vec<Arc<dyn Open>> {
        let mut state = self.state();
        state.over = true;
        std::mem::take(&mut state.calls).into_values().collect()
    }
}

fn address(call: &Arc<dyn Open>) -> usize {
    Arc::as_ptr(call).cast::<()>().addr()
}
