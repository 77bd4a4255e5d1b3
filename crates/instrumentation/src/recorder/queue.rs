//! The queue between callers and recorder, and the byte budget that both share.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use opentelemetry::trace::{SpanId, SpanRef, Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use spanloom_core::{Outcome, semconv as names};

use super::ending::Ending;
use super::late_completion::LateCompletion;
use super::open::{Open, OpenCalls};
use super::operations::OpenOperations;
use super::{RecorderLimits, Stats};
use crate::answer_buffer::Pool;
use crate::observation::{End, Observation};
use crate::span::SpanEnd;

pub(crate) struct Queue {
    limits: RecorderLimits,
    held_bytes: AtomicUsize,
    shed: AtomicU64,
    faults: AtomicU64,
    withheld: AtomicU64,
    /// Calls that are on their spans.
    finished: AtomicU64,
    /// The number of flushes that wait for calls to be finished.
    flushes: AtomicUsize,
    state: Mutex<State>,
    changed: Condvar,
    drains: Mutex<Vec<Weak<dyn LateCompletion>>>,
    open: OpenCalls,
    operations: OpenOperations,
    pool: Pool,
}

/// The bound on waiting calls.
#[derive(Clone, Copy)]
enum Bound {
    /// [`RecorderLimits::waiting_calls`]
    Waiting,
    /// No bound: the calls are as many as were running, and their bytes are already in the budget.
    None,
}

impl fmt::Debug for Queue {
    /// Omits the calls: they hold prompts and answers that no policy has filtered.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// How long the reader keeps polling after the last call.
const LINGER: Duration = Duration::from_secs(5);
/// The number of waiting calls that wakes the reader at once.
const MANY: usize = 64;

#[derive(Debug, Default)]
struct State {
    /// Calls that the reader has not taken.
    waiting: VecDeque<Observation>,
    pushed: u64,
    closed: bool,
    reader: Option<ThreadId>,
    reads: Reads,
}

/// The activity of the reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reads {
    /// The reader reads calls, and checks the queue before it sleeps.
    #[default]
    Now,
    /// The reader checks the queue again soon, without being woken.
    Soon,
    /// The reader sleeps until it is woken.
    WhenWoken,
}

impl Queue {
    pub(super) fn new(limits: RecorderLimits) -> Self {
        Self {
            limits,
            held_bytes: AtomicUsize::new(0),
            shed: AtomicU64::new(0),
            faults: AtomicU64::new(0),
            withheld: AtomicU64::new(0),
            finished: AtomicU64::new(0),
            flushes: AtomicUsize::new(0),
            state: Mutex::default(),
            changed: Condvar::new(),
            drains: Mutex::default(),
            open: OpenCalls::default(),
            operations: OpenOperations::default(),
            pool: Pool::default(),
        }
    }

    /// Locks the state even after a panic elsewhere: the state is plain counters and is sound at every step.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the pool of reusable memory for answers.
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(crate) fn limits(&self) -> RecorderLimits {
        self.limits
    }

    /// Takes `bytes` from the budget if they are available.
    pub(crate) fn reserve(&self, bytes: usize) -> bool {
        self.held_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
                held.checked_add(bytes)
                    .filter(|sum| *sum <= self.limits.held_bytes)
            })
            .is_ok()
    }

    pub(crate) fn release(&self, bytes: usize) {
        self.held_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Returns whether the recording has ended, so that new calls are not recorded.
    pub(crate) fn is_over(&self) -> bool {
        self.open.lock().over
    }

    /// Registers a running call. If the recording has just ended, the call is ended too.
    pub(crate) fn begin(&self, call: &Arc<dyn Open>) {
        let mut open = self.open.lock();
        if open.over {
            self.hand_over(&**call, End::Unfinished, Bound::None);
        } else {
            open.add(Arc::clone(call));
        }
    }

    /// Ends a call that its driver has finished; does nothing if the call was ended before.
    pub(crate) fn end(&self, call: &Arc<dyn Open>, end: End) {
        let mut open = self.open.lock();
        open.remove(call);
        let beyond = self.hand_over(&**call, end, Bound::Waiting);
        drop(open);
        // The call's span ends here, in the service's processors: none of our locks may be held.
        drop(beyond);
    }

    /// Ends the running calls and operations whose span `is_wanted`.
    pub(crate) fn end_those(&self, is_wanted: impl Fn(SpanId) -> bool) {
        let mut open = self.open.lock();
        for call in open.take(&is_wanted) {
            self.hand_over(&*call, End::Unfinished, Bound::None);
        }
        drop(open);
        for (operation, ending) in self.operations.take(is_wanted) {
            self.leave(&operation, &ending);
        }
    }

    /// Ends the recording and the running calls.
    pub(super) fn end_all(&self) {
        let mut open = self.open.lock();
        open.over = true;
        for call in open.take(|_| true) {
            self.hand_over(&*call, End::Unfinished, Bound::None);
        }
        drop(open);
        for (operation, ending) in self.operations.close() {
            self.leave(&operation, &ending);
        }
    }

    /// Adds a running operation; one that begins after the end of the recording ends at once.
    pub(crate) fn operation_began(&self, context: &Context, ending: &Arc<Ending>) {
        if !self.operations.add(context, ending) {
            self.leave(context, ending);
        }
    }

    /// Ends an operation that is still running. Its span ends in the service's processors: no lock may be held.
    fn leave(&self, operation: &Context, ending: &Ending) {
        if !ending.claim() {
            return;
        }
        let outcome = Outcome::Unknown.as_str();
        let outcome = KeyValue::new(names::SPANLOOM_OUTCOME, outcome);
        self.finish(
            SpanEnd::now(vec![outcome], Status::Unset),
            &operation.span(),
        );
    }

    pub(crate) fn operation_ended(&self, context: &Context) {
        self.operations.remove(context);
    }

    fn hand_over(&self, call: &dyn Open, end: End, bound: Bound) -> Option<Observation> {
        let (observation, reserved) = call.end(end)?;
        self.push(observation, reserved, bound)
    }

    /// Hands a call to the recorder, with its `reserved` bytes of the budget. Never waits for the recorder. Returns a
    /// call beyond the bound: its span ends unchanged when the caller drops the call.
    fn push(
        &self,
        mut observation: Observation,
        reserved: usize,
        bound: Bound,
    ) -> Option<Observation> {
        let mut state = self.state();
        let waiting = match bound {
            Bound::Waiting => self.unfinished(&state),
            Bound::None => 0,
        };
        if waiting >= self.limits.waiting_calls.saturating_mul(2) {
            // The recorder is stuck, most likely in one of the service's processors.
            state.pushed += 1;
            self.finished.fetch_add(1, Ordering::SeqCst);
            drop(state);
            self.release(reserved);
            self.shed.fetch_add(1, Ordering::Relaxed);
            return Some(observation);
        }
        if waiting >= self.limits.waiting_calls {
            observation.shed(&self.pool);
        }
        // Spare buffer capacity may make the bodies exceed the reservation; the budget follows the bytes held.
        let held = observation.held_bytes();
        if held >= reserved {
            self.held_bytes
                .fetch_add(held - reserved, Ordering::Relaxed);
        } else {
            self.held_bytes
                .fetch_sub(reserved - held, Ordering::Relaxed);
        }
        state.pushed += 1;
        state.waiting.push_back(observation);
        let much = state.waiting.len() >= MANY.min(self.limits.waiting_calls / 2)
            || self.held_bytes.load(Ordering::Relaxed) >= self.limits.held_bytes / 4;
        // Waking is a system call, whether or not a thread is asleep.
        let wake = match state.reads {
            Reads::Now => false,
            Reads::Soon => much,
            Reads::WhenWoken => true,
        };
        drop(state);
        if wake {
            self.changed.notify_all();
        }
        None
    }

    /// Returns the number of calls that were pushed and are not on their spans.
    fn unfinished(&self, state: &State) -> usize {
        let unfinished = state
            .pushed
            .saturating_sub(self.finished.load(Ordering::SeqCst));
        usize::try_from(unfinished).unwrap_or(usize::MAX)
    }

    /// Swaps the empty `batch` for the calls to read, and waits until there are some. Returns `false` once the queue is
    /// closed and empty.
    pub(super) fn next(&self, batch: &mut VecDeque<Observation>) -> bool {
        let mut state = self.state();
        state
            .reader
            .get_or_insert_with(|| std::thread::current().id());
        let asked = Instant::now();
        loop {
            if !state.waiting.is_empty() {
                std::mem::swap(&mut state.waiting, batch);
                return true;
            }
            if state.closed {
                return false;
            }
            // Waking a thread costs the caller more than everything else, so the reader polls while calls arrive.
            let lingers = self.finished.load(Ordering::Relaxed) > 0 && asked.elapsed() < LINGER;
            state = if lingers {
                state.reads = Reads::Soon;
                let waited = self.changed.wait_timeout(state, self.limits.reading_delay);
                waited.unwrap_or_else(PoisonError::into_inner).0
            } else {
                state.reads = Reads::WhenWoken;
                let waited = self.changed.wait(state);
                waited.unwrap_or_else(PoisonError::into_inner)
            };
            state.reads = Reads::Now;
        }
    }

    /// Marks a call taken by [`Queue::next`] as being on its span.
    pub(super) fn finished(&self, held_bytes: usize, shed: bool) {
        self.release(held_bytes);
        if shed {
            self.shed.fetch_add(1, Ordering::Relaxed);
        }
        // Either this thread sees the flush, or the flush sees the finished call: both accesses are in one order.
        self.finished.fetch_add(1, Ordering::SeqCst);
        if self.flushes.load(Ordering::SeqCst) > 0 {
            // A thread that checked before is asleep once the lock is free.
            drop(self.state());
            self.changed.notify_all();
        }
    }

    pub(super) fn fault(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts texts that the user's redactor failed on.
    pub(crate) fn withheld(&self, texts: u64) {
        self.withheld.fetch_add(texts, Ordering::Relaxed);
    }

    pub(crate) fn flush(&self, timeout: Duration) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        let mut state = self.state();
        let target = state.pushed;
        let is_finished = || self.finished.load(Ordering::SeqCst) >= target;
        if state.reader == Some(std::thread::current().id()) {
            // A processor that flushes from within `on_end` would wait for itself.
            return is_finished();
        }
        self.flushes.fetch_add(1, Ordering::SeqCst);
        if !is_finished() && state.reads == Reads::Soon {
            self.changed.notify_all();
        }
        while !is_finished() {
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
        self.flushes.fetch_sub(1, Ordering::SeqCst);
        is_finished()
    }

    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    pub(super) fn stats(&self) -> Stats {
        let state = self.state();
        Stats {
            finished: self.finished.load(Ordering::SeqCst),
            shed: self.shed.load(Ordering::Relaxed),
            faults: self.faults.load(Ordering::Relaxed),
            withheld: self.withheld.load(Ordering::Relaxed),
            waiting: u64::try_from(self.unfinished(&state)).unwrap_or(u64::MAX),
        }
    }

    /// Registers a drain, which finishes spans that their provider no longer accepts.
    pub(crate) fn attach(&self, drain: Weak<dyn LateCompletion>) {
        self.drains
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(drain);
    }

    /// Ends the span, or has the drains end it if its provider no longer accepts it.
    pub(crate) fn finish(&self, end: SpanEnd, span: &SpanRef<'_>) {
        let drains = self.drains();
        if drains.is_empty() {
            return end.apply(span);
        }
        end.clone().apply(span);
        for drain in drains {
            drain.complete(span.span_context().span_id(), &end);
        }
    }

    /// Returns the drains that are still alive.
    fn drains(&self) -> Vec<Arc<dyn LateCompletion>> {
        let mut drains = self.drains.lock().unwrap_or_else(PoisonError::into_inner);
        drains.retain(|drain| drain.strong_count() > 0);
        drains.iter().filter_map(Weak::upgrade).collect()
    }
}
