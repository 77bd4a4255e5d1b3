//! The bounded queue between the service's threads and the exporter's.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry_sdk::trace::SpanData;

use crate::receipt::Receipt;
use crate::span::held_bytes;

/// Bounds of an exporter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of spans kept, those being sent included. Default 32 MiB; the newest is dropped beyond it.
    pub queue_bytes: usize,
    /// Spans in one request. Default 512.
    pub batch_spans: usize,
    /// Bytes of one request, before a larger span goes alone. Default 4 MiB.
    pub batch_bytes: usize,
    /// Bytes of the largest span that is sent at all. Default 31 MiB, W&B's limit.
    pub span_bytes: usize,
    /// Time for one request. Default 10 s.
    pub request_timeout: Duration,
    /// How long a batch is tried again before it is given up. Default 1 hour: what is kept is bounded by its bytes
    /// already, and a server on the same machine may well be started late.
    pub give_up_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_bytes: 32 << 20,
            batch_spans: 512,
            batch_bytes: 4 << 20,
            span_bytes: 31 << 20,
            request_timeout: Duration::from_secs(10),
            give_up_after: Duration::from_secs(3_600),
        }
    }
}

/// A span with its size, so that it is measured once.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) span: SpanData,
    pub(crate) bytes: usize,
}

#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) limits: Limits,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Queued>,
    bytes: usize,
    receipt: Receipt,
    /// Spans that reached an end: delivered, rejected or given up. Those before `received` are settled in order.
    settled: u64,
    /// Somebody waits: pauses between tries are cut short.
    hurry: u64,
    closed: bool,
}

/// How a batch of spans ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settled {
    pub(crate) delivered: u64,
    pub(crate) rejected: u64,
    pub(crate) too_large: u64,
    pub(crate) expired: u64,
    pub(crate) bytes: usize,
}

impl Queue {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// A panic elsewhere must not spread through a lock: the state is sound at every step.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a span, or counts why not. Never waits.
    pub(crate) fn push(&self, span: SpanData) {
        let bytes = held_bytes(&span);
        let mut state = self.state();
        state.receipt.received += 1;
        let reason = if state.closed {
            Some(&mut state.receipt.dropped.shutdown)
        } else if bytes > self.limits.span_bytes {
            Some(&mut state.receipt.dropped.too_large)
        } else if state.bytes.saturating_add(bytes) > self.limits.queue_bytes {
            Some(&mut state.receipt.dropped.queue_full)
        } else {
            None
        };
        if let Some(count) = reason {
            *count += 1;
            state.settled += 1;
        } else {
            state.bytes += bytes;
            state.waiting.push_back(Queued { span, bytes });
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Waits for spans and takes a batch of them; `None` when the queue is closed and empty.
    pub(crate) fn batch(&self) -> Option<Vec<Queued>> {
        let mut state = self.state();
        while state.waiting.is_empty() {
            if state.closed {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let mut batch = Vec::new();
        let mut bytes = 0_usize;
        while let Some(next) = state.waiting.front() {
            bytes = bytes.saturating_add(next.bytes);
            let full = batch.len() >= self.limits.batch_spans || bytes > self.limits.batch_bytes;
            if full && !batch.is_empty() {
                break;
            }
            batch.extend(state.waiting.pop_front());
        }
        Some(batch)
    }

    pub(crate) fn settle(&self, settled: Settled) {
        let mut state = self.state();
        state.bytes = state.bytes.saturating_sub(settled.bytes);
        state.receipt.delivered += settled.delivered;
        state.receipt.rejected += settled.rejected;
        state.receipt.dropped.too_large += settled.too_large;
        state.receipt.dropped.expired += settled.expired;
        state.settled += settled.delivered + settled.rejected + settled.too_large + settled.expired;
        drop(state);
        self.changed.notify_all();
    }

    /// Pauses before a next try: until `pause` is over, or somebody waits for the outcome, or the queue is closed.
    /// Says whether to try again at all.
    pub(crate) fn pause(&self, pause: Duration) -> Retry {
        let deadline = Instant::now() + pause;
        let mut state = self.state();
        let hurry = state.hurry;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if state.closed {
                return Retry::Last;
            }
            if left.is_zero() || state.hurry != hurry {
                return Retry::Again;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Waits until everything received before is settled, or until `timeout`.
    pub(crate) fn flush(&self, timeout: Duration) -> Receipt {
        let deadline = Instant::now().checked_add(timeout);
        let mut state = self.state();
        let target = state.receipt.received;
        state.hurry += 1;
        self.changed.notify_all();
        while state.settled < target {
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

    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    pub(crate) fn receipt(&self) -> Receipt {
        self.state().account()
    }
}

impl State {
    fn account(&self) -> Receipt {
        Receipt {
            queued: self.receipt.received - self.settled,
            ..self.receipt
        }
    }
}

/// Whether a failed batch is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Yes.
    Again,
    /// Once more, and then no longer: the exporter is being shut down.
    Last,
}
