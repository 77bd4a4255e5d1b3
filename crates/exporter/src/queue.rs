//! The bounded queue between the service's threads and the worker of one destination, and its account.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry_sdk::trace::SpanData;
use tokio::sync::Notify;

use crate::limits::Limits;
use crate::receipt::{Account, Dropped};

/// A span that waits for the worker.
#[derive(Debug)]
pub(crate) struct Queued {
    /// Its place among all spans received.
    pub(crate) number: u64,
    pub(crate) span: Arc<SpanData>,
}

#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) limits: Limits,
    /// Whether the worker wants every span at once, to write it to disk.
    eager: bool,
    state: Mutex<State>,
    /// For the worker, which waits for requests and for time as well.
    wake: Notify,
    /// For those who wait for the worker.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Queued>,
    waiting_bytes: usize,
    /// When the first of them came.
    waiting_since: Option<Instant>,
    received: u64,
    refused: Dropped,
    control: Control,
    /// Failed tries at the last flush.
    failures_at_flush: u64,
    progress: Progress,
}

/// What others want of the worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Control {
    /// Spans with a lower number are to be sent without waiting for others.
    pub(crate) flush_before: u64,
    /// Flushes so far: each cuts a pause short.
    pub(crate) flushes: u64,
    /// Nothing more is coming.
    pub(crate) closed: bool,
}

/// What the worker says of itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    /// Delivered, rejected, recovered, spooled, and what it has dropped.
    pub(crate) account: Account,
    /// What has last kept the destination from taking records.
    pub(crate) trouble: Option<&'static str>,
    /// The lowest number it still has in memory.
    pub(crate) oldest: Option<u64>,
    /// Bytes it has in memory.
    pub(crate) bytes: usize,
    /// Records that are on disk only, or were read from it to be sent.
    pub(crate) on_disk: u64,
    /// Tries that ended without a decision.
    pub(crate) failures: u64,
    /// The destination has asked for a pause that lasts.
    pub(crate) is_put_off: bool,
    /// It has looked for what others left on disk.
    pub(crate) has_looked: bool,
    /// It has ended.
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

    /// A panic elsewhere must not spread through a lock: the state is sound at every step.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a span, or counts why not. Never waits for anything but the lock.
    pub(crate) fn push(&self, span: Arc<SpanData>, bytes: usize) {
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
        state.waiting.push_back(Queued { number, span });
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

    /// What the worker is to know: control, and the spans that are due.
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
        // Still in the account of its bytes, until the worker says what it holds.
        state.progress.bytes += std::mem::take(&mut state.waiting_bytes);
        state.waiting_since = None;
        let taken: Vec<Queued> = std::mem::take(&mut state.waiting).into();
        if let Some(first) = taken.first() {
            state.progress.oldest.get_or_insert(first.number);
        }
        (control, taken, None)
    }

    /// Waits for a span, a wish, or the end.
    pub(crate) async fn changed(&self) {
        self.wake.notified().await;
    }

    pub(crate) fn publish(&self, progress: Progress) {
        self.state().progress = progress;
        self.changed.notify_all();
    }

    /// Wants everything received so far to be sent now, and a pause cut short.
    pub(crate) fn request_flush(&self) {
        let mut state = self.state();
        state.control.flush_before = state.received;
        state.control.flushes += 1;
        state.failures_at_flush = state.progress.failures;
        drop(state);
        self.wake.notify_one();
    }

    /// Waits until every span received before the last [`Queue::request_flush`] has left memory, and the disk too unless the
    /// destination is away; or until `timeout`.
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

    /// Takes nothing more; the worker tries what it has once more, or writes it to disk, and ends.
    pub(crate) fn close(&self) {
        self.state().control.closed = true;
        self.wake.notify_one();
    }

    /// The worker's thread is gone.
    pub(crate) fn end(&self) {
        self.state().progress.ended = true;
        self.changed.notify_all();
    }

    /// Waits for the worker's end.
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

    /// What has last kept the destination from taking records.
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
