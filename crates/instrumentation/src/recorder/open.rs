//! Calls that run. When the recording ends before they do, it ends them, with what has come so far: a stream that its
//! caller has left may be held by a task that has not noticed yet.

use std::collections::BTreeMap;
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

/// All of them, by their address. Whoever ends some does it while nobody adds or removes any: a call that is just ending is
/// either still here or already among those that wait to be read.
#[derive(Debug, Default)]
pub(super) struct OpenCalls(Mutex<State>);

#[derive(Debug, Default)]
pub(super) struct State {
    calls: BTreeMap<usize, Arc<dyn Open>>,
    /// No call is added any more.
    pub(super) over: bool,
}

impl OpenCalls {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(super) fn add(&mut self, call: Arc<dyn Open>) {
        self.calls.insert(address(&call), call);
    }

    pub(super) fn remove(&mut self, call: &Arc<dyn Open>) {
        self.calls.remove(&address(call));
    }

    /// Takes out those whose span `is_wanted`.
    pub(super) fn take(&mut self, is_wanted: impl Fn(SpanId) -> bool) -> Vec<Arc<dyn Open>> {
        let mut taken = Vec::new();
        self.calls.retain(|_, call| {
            let wanted = is_wanted(call.span());
            if wanted {
                taken.push(Arc::clone(call));
            }
            !wanted
        });
        taken
    }
}

fn address(call: &Arc<dyn Open>) -> usize {
    Arc::as_ptr(call).cast::<()>().addr()
}
