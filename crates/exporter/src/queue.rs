//! The bounded queue between the service's threads and the worker of one destination, and its account.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::item::Item;
use crate::limits::Limits;
use crate::receipt::{Account, Dropped};

/// A span that waits for the worker.
#[derive(Debug)]
pub(crate) struct Queued {
    /// The span's place among all spans received.
    pub(crate) number: u64,
    pub(crate) item: Item,
}

#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) limits: Limits,
    /// Whether the worker takes every span immediately, to write it to disk.
    eager: bool,
    state: Mutex<State>,
    /// Wakes the worker, which also waits for requests and timers.
    wake: Notify,
    /// Wakes the threads that wait for the worker.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Queued>,
    waiting_bytes: usize,
    /// When the first waiting span arrived.
    waiting_since: Option<Instant>,
    received: u64,
    refused: Dropped,
    control: Control,
    /// Failed tries at the last flush.
    failures_at_flush: u64,
    progress: Progress,
}

/// Requests from other threads to the worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Control {
    /// Spans with a lower number are to be sent without waiting for more.
    pub(crate) flush_before: u64,
    /// Flushes so far: each cuts a pause short.
    pub(crate) flushes: u64,
    /// No more spans are coming.
    pub(crate) closed: bool,
}

/// The worker's report on its state.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    /// Spans delivered, rejected, recovered, spooled, and dropped by the worker.
    pub(crate) account: Account,
    /// The last problem that kept the destination from taking records.
    pub(crate) trouble: Option<&'static str>,
    /// The lowest span number in the worker's memory.
    pub(crate) oldest: Option<u64>,
    /// Bytes in the worker's memory.
    pub(crate) bytes: usize,
    /// Records that are on disk only, or were read from disk to be sent.
    pub(crate) on_disk: u64,
    /// Tries that ended without a decision.
    pub(crate) failures: u64,
    /// A pause that the destination asked for is still running.
    pub(crate) is_put_off: bool,
    /// The worker has looked for records that other processes left on disk.
    pub(crate) has_looked: bool,
    /// The worker has ended.
    pub(crate) ended: bool,
}

impl Queue {
    pub(crate) fn new(limits: Limits, eager: bool) -> Self {
        Self {
            limits,
            eager,
            state: Mutex::default(),
            wake: Notify::new(),
            changed: Condvar::new(),
        }
    }

    /// Locks the state. A panic elsewhere must not spread through the lock: the state is sound at every step.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a span, or counts the reason it is dropped. Never waits for anything but the lock.
    pub(crate) fn push(&self, item: impl Into<Item>, bytes: usize) {
        let mut state = self.state();
        let number = state.received;
        state.received += 1;
        let held = state.waiting_bytes.saturating_add(state.progress.bytes);
        let reason = if state.control.closed {
            Some(&mut state.refused.shutdown)
        } else if bytes > self.limits.span_bytes {
            Some(&mut state.refused.too_large)
        } else if held.saturating_add(bytes) > self.limits.queue_bytes {
            Some(&mut state.refused.queue_full)
        } else {
            None
        };
        if let Some(count) = reason {
            *count += 1;
            return;
        }
        state.waiting_bytes += bytes;
        state.waiting_since.get_or_insert_with(Instant::now);
        let item = item.into();
        state.waiting.push_back(Queued { number, item });
        // The worker is woken by the first span of a batch, which starts its clock, and by the last.
        let first = state.waiting.len() == 1;
        let full = state.waiting.len() == self.limits.batch_spans
            || (state.waiting_bytes >= self.limits.batch_bytes
                && state.waiting_bytes - bytes < self.limits.batch_bytes);
        drop(state);
        if first || full {
            self.wake.notify_one();
        }
    }

    /// Returns the control state, the spans that are due, and when the waiting spans are due.
    pub(crate) fn take(&self) -> (Control, Vec<Queued>, Option<Instant>) {
        let mut state = self.state();
        let control = state.control;
        let due = state
            .waiting_since
            .map(|since| since + self.limits.batch_age);
        let flushed = state
            .waiting
            .front()
            .is_some_and(|first| first.number < control.flush_before);
        let take = self.eager
            || control.closed
            || flushed
            || state.waiting.len() >= self.limits.batch_spans
            || state.waiting_bytes >= self.limits.batch_bytes
            || due.is_some_and(|due| due <= Instant::now());
        if !take {
            return (control, Vec::new(), due);
        }
        // The bytes stay counted until the worker reports what it holds.
        state.progress.bytes += std::mem::take(&mut state.waiting_bytes);
        state.waiting_since = None;
        let taken: Vec<Queued> = std::mem::take(&mut state.waiting).into();
        if let Some(first) = taken.first() {
            state.progress.oldest.get_or_insert(first.number);
        }
        (control, taken, None)
    }

    /// Waits for a span, a flush, or the end.
    pub(crate) async fn changed(&self) {
        self.wake.notified().await;
    }

    pub(crate) fn publish(&self, progress: Progress) {
        self.state().progress = progress;
        self.changed.notify_all();
    }

    /// Requests that everything received so far is sent now, and that a pause is cut short.
    pub(crate) fn request_flush(&self) {
        let mut state = self.state();
        state.control.flush_before = state.received;
        state.control.flushes += 1;
        state.failures_at_flush = state.progress.failures;
        drop(state);
        self.wake.notify_one();
    }

    /// Waits until every span received before the last [`Queue::request_flush`] has left memory (and the disk, unless
    /// the destination is away), or until `timeout`.
    pub(crate) fn flushed(&self, timeout: Duration) -> Account {
        let state = self.state();
        let (before, failures) = (state.control.flush_before, state.failures_at_flush);
        drop(state);
        self.wait(timeout, |state| {
            let waiting = state.waiting.front().map(|first| first.number);
            let left = |oldest: Option<u64>| oldest.is_some_and(|oldest| oldest < before);
            let away = state.progress.failures > failures || state.progress.is_put_off;
            state.progress.has_looked
                && !left(waiting)
                && !left(state.progress.oldest)
                && (state.progress.on_disk == 0 || away)
        })
    }

    /// Closes the queue to new spans; the worker tries its spans once more, or writes them to disk, and ends.
    pub(crate) fn close(&self) {
        self.state().control.closed = true;
        self.wake.notify_one();
    }

    /// Marks the worker's thread as ended.
    pub(crate) fn end(&self) {
        self.state().progress.ended = true;
        self.changed.notify_all();
    }

    /// Waits for the worker to end.
    pub(crate) fn ended(&self, timeout: Duration) -> Account {
        self.wait(timeout, |state| state.progress.ended)
    }

    fn wait(&self, timeout: Duration, done: impl Fn(&State) -> bool) -> Account {
        let deadline = Instant::now().checked_add(timeout);
        let mut state = self.state();
        while !done(&state) && !state.progress.ended {
            let left = deadline.map_or(timeout, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                break;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.account()
    }

    pub(crate) fn account(&self) -> Account {
        self.state().account()
    }

    /// Returns the last problem that kept the destination from taking records.
    pub(crate) fn trouble(&self) -> Option<&'static str> {
        self.state().progress.trouble
    }
}

impl State {
    fn account(&self) -> Account {
        let mut account = self.progress.account;
        account.received = self.received;
        account.dropped += self.refused;
        let elsewhere =
            account.delivered + account.rejected + account.spooled + account.dropped.total();
        account.queued = (account.received + account.recovered).saturating_sub(elsewhere);
        account
    }
}
