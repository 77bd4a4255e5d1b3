//! The recorder: one thread that reads the observations of the callers' threads and finishes the spans.

mod ending;
mod late_completion;
mod open;
mod operations;
mod paid;
mod queue;
mod read;
mod thread;
mod whole;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

pub(crate) use ending::{Ending, Failure};
pub(crate) use late_completion::LateCompletion;
pub(crate) use open::Open;
pub(crate) use queue::Queue;

/// The bounds on the data that a recorder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecorderLimits {
    /// The bytes of bodies held at once, in running calls and in calls that wait to be read. Default: 32 MiB. Beyond
    /// this limit calls are recorded without their bodies: only the last 8 KiB of an answer are kept, which contain its
    /// tokens, its finish reason and its end, and `spanloom.content.dropped_bytes` reports how much is missing.
    pub held_bytes: usize,
    /// The number of calls that may wait to be read. Default: 8,192. Beyond this limit calls are recorded without their
    /// bodies; beyond twice this limit their spans end with the data known at the start.
    pub waiting_calls: usize,
    /// The bytes of one call's request, and of its answer. Default: 8 MiB each. The content of a longer body is not
    /// recorded; the answer to a request that is too long still is.
    pub body_bytes: usize,
    /// The longest delay between a call's end and its reading, if the recorder has time. Default: 20 ms. Waking a
    /// thread for each call would cost the caller more than everything else.
    pub reading_delay: Duration,
}

impl Default for RecorderLimits {
    fn default() -> Self {
        Self {
            held_bytes: 32 << 20,
            waiting_calls: 8_192,
            body_bytes: 8 << 20,
            reading_delay: Duration::from_millis(20),
        }
    }
}

/// The counters of a recorder since it was started, in calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Calls whose span is finished.
    pub finished: u64,
    /// Finished calls that were recorded without their bodies because a limit was reached.
    pub shed: u64,
    /// Calls that could not be read because of an internal fault; their span is finished with the known data.
    pub faults: u64,
    /// Texts withheld because the user's redactor failed on them.
    pub withheld: u64,
    /// Calls waiting to be read.
    pub waiting: u64,
}

/// A handle to the thread that reads observed calls and finishes their spans. Clones share the thread.
///
/// The thread ends, after reading the last call, when every handle is dropped (layers and running calls hold handles).
#[derive(Clone, Debug)]
pub struct Recorder {
    handle: Arc<Handle>,
}

/// Closes the queue when the last handle is dropped.
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
    /// Starts a recorder with the default [`RecorderLimits`].
    ///
    /// # Errors
    /// Returns an error if the operating system cannot start a thread.
    pub fn start() -> io::Result<Self> {
        Self::start_with(RecorderLimits::default())
    }

    /// Starts a recorder with the given limits.
    ///
    /// # Errors
    /// Returns an error if the operating system cannot start a thread.
    pub fn start_with(limits: RecorderLimits) -> io::Result<Self> {
        let queue = Arc::new(Queue::new(limits));
        thread::start(&queue)?;
        Ok(Self {
            handle: Arc::new(Handle { queue }),
        })
    }

    /// Waits until every call that has already ended is on its span, or until `timeout`.
    ///
    /// Works on any thread, inside or outside an async runtime, and blocks the calling thread.
    ///
    /// # Errors
    /// [`OTelSdkError::Timeout`], as from a provider, if calls still wait to be read.
    pub fn flush(&self, timeout: Duration) -> OTelSdkResult {
        match self.queue().flush(timeout) {
            true => Ok(()),
            false => Err(OTelSdkError::Timeout(timeout)),
        }
    }

    /// Ends the recording and waits as [`Recorder::flush`] does.
    ///
    /// Calls that are still running are recorded with the data received so far, as `spanloom.outcome` = `unknown`;
    /// later data reaches their callers as before. Calls that begin afterwards pass unobserved. Spans that a provider
    /// no longer accepts need a [`Recorder::drain`]. So shut the recorder down before the provider, or use a drain,
    /// whose provider's shutdown itself ends that provider's calls.
    ///
    /// # Errors
    /// As [`Recorder::flush`].
    pub fn shutdown(&self, timeout: Duration) -> OTelSdkResult {
        self.queue().end_all();
        self.flush(timeout)
    }

    /// Returns the recorder's counters.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.queue().stats()
    }

    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.handle.queue
    }
}
