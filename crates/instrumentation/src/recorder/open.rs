//! Running calls. If the recording ends first, it ends these calls with the data received so far: a stream that its
//! caller has abandoned may be held by a task that has not noticed yet.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::SpanId;

use crate::observation::{End, Observation};

/// A running call.
pub(crate) trait Open: Send + Sync + fmt::Debug {
    /// Returns the id of the call's span.
    fn span(&self) -> SpanId;

    /// Ends the call. Returns its observation and reserved budget bytes, or `None` if it has already ended.
    fn end(&self, end: End) -> Option<(Observation, usize)>;
}

/// All running calls, by address. No call is added or removed while calls are being ended: a call that is just ending
/// is either still here or already waiting to be read.
#[derive(Debug, Default)]
pub(super) struct OpenCalls(Mutex<State>);

#[derive(Debug, Default)]
pub(super) struct State {
    calls: BTreeMap<usize, Arc<dyn Open>>,
    /// Whether the recording has ended and no more calls are added.
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

    /// Removes and returns the calls whose span `is_wanted`.
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
