//! The recorder: one thread that reads what the callers' threads observed and finishes the spans.

mod late_completion;
mod open;
mod queue;
mod read;
mod thread;
mod whole;

use std::io;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use late_completion::LateCompletion;
pub(crate) use open::Open;
pub(crate) use queue::Queue;

/// Bounds of what a recorder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of bodies held at once, in calls that run and in calls that wait to be read. Default 32 MiB. Beyond it
    /// calls are recorded without their bodies: of an answer its last 8 KiB are kept, in which its tokens, its finish reason and
    /// its end stand, and `spanloom.content.dropped_bytes` says how much is missing.
    pub held_bytes: usize,
    /// Calls that may wait to be read. Default 8,192. Beyond it they are recorded without their bodies; beyond twice as
    /// many their spans end with what was known at the start.
    pub waiting_calls: usize,
    /// Bytes of one call's request, and of its answer. Default 8 MiB each. Of a longer one the content is not recorded;
    /// beside a request too long the answer is.
    pub body_bytes: usize,
    /// How much later than its end a call may be read, when the recorder has time. Default 20 ms: waking a thread for each
    /// call would cost the caller more than everything else.
    pub reading_delay: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            held_bytes: 32 << 20,
            waiting_calls: 8_192,
            body_bytes: 8 << 20,
            reading_delay: Duration::from_millis(20),
        }
    }
}

/// What a recorder has done since it was started, in calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Calls whose span is finished.
    pub finished: u64,
    /// Of those, calls recorded without their bodies because a limit was reached.
    pub shed: u64,
    /// Calls whose reading failed by a fault of ours; their span is finished with what was known.
    pub faults: u64,
    /// Texts withheld because the user's redactor failed on them.
    pub withheld: u64,
    /// Calls waiting to be read.
    pub waiting: u64,
}

/// Reads observed calls on a thread of its own and finishes their spans. Cloning gives another handle to the same.
///
/// The thread ends, after the last call is read, when every handle (layers and calls that run hold one) is gone.
#[derive(Clone, Debug)]
pub struct Recorder {
    handle: Arc<Handle>,
}

/// Closes the queue when the last handle goes.
#[derive(Debug)]
struct Handle {
    queue: Arc<Queue>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Recorder {
    /// Starts a recorder with the default [`Limits`].
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start() -> io::Result<Self> {
        Self::start_with(Limits::default())
    }

    /// Starts a recorder with other limits.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start_with(limits: Limits) -> io::Result<Self> {
        let queue = Arc::new(Queue::new(limits));
        thread::start(&queue)?;
        Ok(Self {
            handle: Arc::new(Handle { queue }),
        })
    }

    /// Waits until every call that had ended before is on its span, or until `timeout`. Says whether it was in time.
    ///
    /// Works on any thread, inside and outside of any runtime; it blocks the thread it is called on.
    #[must_use = "calls may be missing when it is not in time"]
    pub fn flush(&self, timeout: Duration) -> bool {
        self.queue().flush(timeout)
    }

    /// Ends the recording, and waits as [`Recorder::flush`] does.
    ///
    /// Calls that still run are recorded with what has come of them so far, as `spanloom.outcome` = `unknown`; what comes later
    /// reaches their callers as before. Calls that begin from now on pass unobserved. Spans that a provider no longer takes need
    /// a [`Recorder::drain`]; so shut the recorder down before the provider, or have a drain, whose provider's shutdown ends the
    /// calls of that provider itself.
    #[must_use = "calls may be missing when it is not in time"]
    pub fn shutdown(&self, timeout: Duration) -> bool {
        self.queue().end_all();
        self.queue().flush(timeout)
    }

    /// What was recorded so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.queue().stats()
    }

    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.handle.queue
    }
}
