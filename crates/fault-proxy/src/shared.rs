//! The state that the proxy's handle and its connections share.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::ProxyFault;

/// The counts of a [`FaultProxy`](super::FaultProxy) so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProxyCounts {
    /// Connections accepted.
    pub connections: u64,
    /// Requests that were forwarded to the upstream to their last byte; a duplicated one counts twice.
    pub forwarded: u64,
    /// Faults that have struck.
    pub faults: u64,
    /// Connections to the other origin that [`ProxyFault::Redirect`] names. A careful client makes none.
    pub elsewhere: u64,
    /// Connections to that origin with credentials (`authorization`, `cookie`, `x-api-key`, `wandb-api-key`).
    pub credentials_elsewhere: u64,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) upstream: SocketAddr,
    pub(super) here: SocketAddr,
    pub(super) elsewhere: SocketAddr,
    script: Mutex<Script>,
    /// Notified when the script changes, which may change whether to accept.
    changed: Notify,
    released: watch::Sender<u64>,
    counts: watch::Sender<ProxyCounts>,
    /// For waits without a runtime; the state is in `counts`.
    blocked: Mutex<()>,
    moved: Condvar,
}

#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) next: VecDeque<ProxyFault>,
    pub(super) always: Option<ProxyFault>,
}

impl Script {
    fn due(&self) -> Option<&ProxyFault> {
        self.next.front().or(self.always.as_ref())
    }

    fn take(&mut self) -> Option<ProxyFault> {
        self.next.pop_front().or_else(|| self.always.clone())
    }
}

impl Shared {
    pub(super) fn new(upstream: SocketAddr, here: SocketAddr, elsewhere: SocketAddr) -> Self {
        Self {
            upstream,
            here,
            elsewhere,
            script: Mutex::default(),
            changed: Notify::new(),
            released: watch::Sender::new(0),
            counts: watch::Sender::default(),
            blocked: Mutex::default(),
            moved: Condvar::new(),
        }
    }

    pub(super) fn script(&self, change: impl FnOnce(&mut Script)) {
        change(&mut lock(&self.script));
        // A permit is kept when no task waits, so that no change is missed.
        self.changed.notify_one();
    }

    /// Returns whether connections are to be left in the backlog.
    pub(super) fn refuses_to_accept(&self) -> bool {
        lock(&self.script).due() == Some(&ProxyFault::NeverAccept)
    }

    pub(super) async fn script_changed(&self) {
        self.changed.notified().await;
    }

    /// Returns the fault for a new connection, if the next fault applies to connections.
    pub(super) fn due_at_connect(&self) -> Option<ProxyFault> {
        let mut script = lock(&self.script);
        script
            .due()
            .is_some_and(ProxyFault::strikes_at_connect)
            .then(|| script.take())
            .flatten()
    }

    /// Returns the fault for a new request.
    pub(super) fn due(&self) -> Option<ProxyFault> {
        let mut script = lock(&self.script);
        // The script stops at this fault, for new connections and open ones alike.
        match script.due() {
            Some(ProxyFault::NeverAccept) => Some(ProxyFault::NeverAccept),
            _ => script.take(),
        }
    }

    pub(super) fn release(&self) {
        self.released.send_modify(|times| *times += 1);
    }

    /// Returns a receiver of releases. Subscribe before holding an answer, so that no release is missed.
    pub(super) fn releases(&self) -> watch::Receiver<u64> {
        self.released.subscribe()
    }

    pub(super) fn counts(&self) -> ProxyCounts {
        *self.counts.borrow()
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<ProxyCounts> {
        self.counts.subscribe()
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut ProxyCounts)) {
        self.counts.send_modify(change);
        // Locked and unlocked, so that a waiter is either still to read the counts or already asleep.
        drop(lock(&self.blocked));
        self.moved.notify_all();
    }

    /// Counts one more fault.
    pub(super) fn struck(&self) {
        self.count(|counts| counts.faults += 1);
    }

    pub(super) fn wait_blocking(&self, deadline: Duration, enough: impl Fn(&ProxyCounts) -> bool) {
        let waited = self
            .moved
            .wait_timeout_while(lock(&self.blocked), deadline, |()| !enough(&self.counts()));
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

/// Locks a mutex, even if a test's thread panicked while it held the lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
