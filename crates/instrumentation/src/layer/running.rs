//! A running call: the data observed by whichever task drives it, until the call is ended.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use opentelemetry::trace::SpanId;
use spanloom_core::openai;

use super::attempt::Attempts;
use crate::clock::Start;
use crate::observation::{Answer, Arrival, End, Observation};
use crate::recorder::{Open, Queue};

/// A running call, shared by its driver and the recorder, which may end it.
pub(super) struct RunningCall {
    span: SpanId,
    /// `None` once the call has ended.
    running: Mutex<Option<Running>>,
}

impl fmt::Debug for RunningCall {
    /// Omits the observed data, which has not been scanned for secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningCall")
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}

/// The data observed so far.
pub(super) struct Running {
    pub(super) observation: Observation,
    pub(super) attempts: Attempts,
    pub(super) start: Start,
    /// Whether the arrival times of chunks are recorded.
    pub(super) timed: bool,
    /// The reserved bytes of the recorder's budget.
    pub(super) reserved: usize,
}

impl RunningCall {
    pub(super) fn new(span: SpanId, running: Running) -> Arc<Self> {
        Arc::new(Self {
            span,
            running: Mutex::new(Some(running)),
        })
    }

    /// Only the end of the recording contends for this lock.
    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn answered(&self, answer: Answer) {
        if let Some(running) = &mut *self.running() {
            running.observation.answer = answer;
        }
    }

    /// Keeps a copy of a piece of the answer, as far as the limits allow.
    pub(super) fn chunk(&self, bytes: &[u8], queue: &Queue) {
        if let Some(running) = &mut *self.running() {
            running.chunk(bytes, queue);
        }
    }
}

impl Open for RunningCall {
    fn span(&self) -> SpanId {
        self.span
    }

    fn end(&self, end: End) -> Option<(Observation, usize)> {
        let Running {
            mut observation,
            attempts,
            start,
            reserved,
            ..
        } = self.running().take()?;
        observation.elapsed = start.elapsed();
        observation.attempts = attempts.get();
        observation.end = end;
        Some((observation, reserved))
    }
}

impl Running {
    fn chunk(&mut self, bytes: &[u8], queue: &Queue) {
        let answer = &mut self.observation.answer;
        if answer.buffer.len() == 0
            && let Some(streamed) = openai::looks_like_events(bytes)
        {
            answer.streamed = streamed;
        }
        let timed = answer.streamed && self.timed;
        let first = self.observation.time_to_first_chunk.is_none();
        let now = (timed || first).then(Instant::now);
        if let (true, Some(at)) = (first, now) {
            self.observation.time_to_first_chunk = Some(self.start.until(at));
        }
        let growth = answer.buffer.needed(bytes.len(), answer.streamed);
        let times = if timed { answer.arrivals_growth() } else { 0 };
        let more = growth.saturating_add(times * size_of::<Arrival>());
        let fits = !answer.buffer.is_cut()
            && answer.buffer.len().saturating_add(bytes.len()) <= queue.limits().body_bytes;
        // Most frames fit into the bytes already reserved from the budget.
        if fits && (more == 0 || queue.reserve(more)) {
            self.reserved += more;
            answer.buffer.push(bytes, growth, queue.pool());
            if let (true, Some(at)) = (timed, now) {
                answer.arrivals.reserve_exact(times);
                let end = answer.buffer.len();
                answer.arrivals.push(Arrival { end, at });
            }
        } else {
            self.cut(bytes, queue);
        }
    }

    /// Keeps a piece of an answer that does not fit: a body with a hole would be misread, so only its end is kept, and
    /// the memory of the rest serves other calls.
    #[cold]
    fn cut(&mut self, bytes: &[u8], queue: &Queue) {
        let answer = &mut self.observation.answer;
        if !answer.buffer.is_cut() {
            answer.cut(queue.pool());
            let held = answer.held_bytes() + self.observation.request.len();
            queue.release(self.reserved - held);
            self.reserved = held;
        }
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        answer.dropped_bytes = answer.dropped_bytes.saturating_add(len);
        let growth = answer.buffer.needed(bytes.len(), answer.streamed);
        if growth == 0 || queue.reserve(growth) {
            self.reserved += growth;
            answer.buffer.push(bytes, growth, queue.pool());
        }
    }
}
