//! The queue between callers and recorder, and the budget of bytes both share.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use opentelemetry::trace::SpanId;

use super::late_completion::LateCompletion;
use super::open::{Open, OpenCalls};
use super::{Limits, Stats};
use crate::answer_buffer::Pool;
use crate::observation::{End, Observation};

pub(crate) struct Queue {
    limits: Limits,
    held_bytes: AtomicUsize,
    shed: AtomicU64,
    faults: AtomicU64,
    withheld: AtomicU64,
    /// Calls that are on their spans.
    finished: AtomicU64,
    /// How many wait for calls to be finished.
    flushes: AtomicUsize,
    state: Mutex<State>,
    changed: Condvar,
    drains: Mutex<Vec<Weak<dyn LateCompletion>>>,
    open: OpenCalls,
    pool: Pool,
}

/// What bounds the calls that wait.
#[derive(Clone, Copy)]
enum Bound {
    /// [`Limits::waiting_calls`]
    Waiting,
    /// They are as many as ran, and their bytes are in the budget already.
    None,
}

impl fmt::Debug for Queue {
    /// Without the calls: they hold prompts and answers that no policy has seen.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// How long the reader goes on looking by itself after the last call.
const LINGER: Duration = Duration::from_secs(5);
/// So many waiting calls wake it at once.
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

/// What the reader is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reads {
    /// It reads calls, and looks here before it sleeps.
    #[default]
    Now,
    /// It looks again by itself, soon.
    Soon,
    /// It sleeps until it is woken.
    WhenWoken,
}

impl Queue {
    pub(super) fn new(limits: Limits) -> Self {
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
            pool: Pool::default(),
        }
    }

    /// A panic elsewhere must not spread through a lock: the state is plain counters and is sound at every step.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Memory for answers, used again and again.
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// Takes `bytes` from the budget, if they are there.
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

    /// Whether the recording has ended: calls that begin now are not recorded.
    pub(crate) fn is_over(&self) -> bool {
        self.open.lock().over
    }

    /// Notes that a call runs. One that comes when the recording has just ended is ended with it.
    pub(crate) fn begin(&self, call: &Arc<dyn Open>) {
        let mut open = self.open.lock();
        if open.over {
            self.hand_over(&**call, End::Unfinished, Bound::None);
        } else {
            open.add(Arc::clone(call));
        }
    }

    /// Ends a call that its driver is done with; nothing for one that was ended before.
    pub(crate) fn end(&self, call: &Arc<dyn Open>, end: End) {
        let mut open = self.open.lock();
        open.remove(call);
        let beyond = self.hand_over(&**call, end, Bound::Waiting);
        drop(open);
        // Its span ends here, in processors of the service's: under no lock of ours.
        drop(beyond);
    }

    /// Ends the calls that run and whose span `is_wanted`.
    pub(crate) fn end_those(&self, is_wanted: impl Fn(SpanId) -> bool) {
        let mut open = self.open.lock();
        for call in open.take(is_wanted) {
            self.hand_over(&*call, End::Unfinished, Bound::None);
        }
    }

    /// Ends the recording, and the calls that run.
    pub(super) fn end_all(&self) {
        let mut open = self.open.lock();
        open.over = true;
        for call in open.take(|_| true) {
            self.hand_over(&*call, End::Unfinished, Bound::None);
        }
    }

    fn hand_over(&self, call: &dyn Open, end: End, bound: Bound) -> Option<Observation> {
        let (observation, reserved) = call.end(end)?;
        self.push(observation, reserved, bound)
    }

    /// Hands a call to the recorder. `reserved` bytes of the budget go with it. Never waits for the recorder. Gives back a
    /// call beyond the bound: its span ends as it is, where the caller drops it.
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
            // The recorder is stuck, in a processor of the service's most likely.
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
        // The bodies may have grown beyond what was reserved by a buffer's spare room; the budget follows what is held.
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
        // Waking is a system call, whether a thread sleeps or not.
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

    /// Calls that were pushed and are not on their spans.
    fn unfinished(&self, state: &State) -> usize {
        let unfinished = state
            .pushed
            .saturating_sub(self.finished.load(Ordering::SeqCst));
        usize::try_from(unfinished).unwrap_or(usize::MAX)
    }

    /// Takes the calls to read in place of `batch`, which is empty; waits for some. `false` once the queue is closed and
    /// empty.
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
            // Waking a thread costs the caller more than all the rest, so while calls come the reader looks by itself.
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

    /// Notes that a call taken by [`Queue::next`] is on its span.
    pub(super) fn finished(&self, held_bytes: usize, shed: bool) {
        self.release(held_bytes);
        if shed {
            self.shed.fetch_add(1, Ordering::Relaxed);
        }
        // Either this sees the waiting thread, or that thread sees that this is finished: both are in one order.
        self.finished.fetch_add(1, Ordering::SeqCst);
        if self.flushes.load(Ordering::SeqCst) > 0 {
            // Whoever has looked before is asleep once the lock is free.
            drop(self.state());
            self.changed.notify_all();
        }
    }

    pub(super) fn fault(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts texts that the user's redactor failed on.
    pub(super) fn withheld(&self, texts: u64) {
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

    /// Registers a drain, which finishes spans that their provider no longer takes.
    pub(crate) fn attach(&self, drain: Weak<dyn LateCompletion>) {
        self.drains
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(drain);
    }

    /// The drains that are left.
    pub(crate) fn drains(&self) -> Vec<Weak<dyn LateCompletion>> {
        let mut drains = self.drains.lock().unwrap_or_else(PoisonError::into_inner);
        drains.retain(|drain| drain.strong_count() > 0);
        drains.clone()
    }
}
