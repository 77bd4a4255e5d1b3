//! The exporter's thread: spans become records, records are sent until they are acknowledged.

mod backoff;
mod batch;
mod verdict;

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::Context;
use spanloom_core::StreamName;
use tokio::runtime::Builder;

use crate::destination::Destination;
use crate::error::{Error, ErrorKind};
use crate::processor::{Doors, RecordExporter, RecordProcessor};
use crate::queue::{Limits, Queue};
use crate::receipt::Receipt;
use batch::Sender;

/// Sends spans as records, on a thread of its own, whatever runtime the service has or has not. Cloning gives another
/// handle to the same.
///
/// The thread ends when [`Exporter::shutdown`] is called or the last handle is dropped, after one last try.
#[derive(Clone, Debug)]
pub struct Exporter {
    handle: Arc<Handle>,
}

#[derive(Debug)]
struct Handle {
    doors: Arc<Doors>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.doors.queue.close();
    }
}

impl Exporter {
    /// Starts an exporter with the default [`Limits`]. `stream` is where spans go that do not say otherwise.
    ///
    /// # Errors
    /// When the operating system gives no thread, or the HTTP client cannot be made.
    pub fn start(destination: Destination, stream: StreamName) -> Result<Self, Error> {
        Self::start_with(destination, stream, Limits::default())
    }

    /// Starts an exporter with other limits.
    ///
    /// # Errors
    /// When the operating system gives no thread, or the HTTP client cannot be made.
    pub fn start_with(
        destination: Destination,
        stream: StreamName,
        limits: Limits,
    ) -> Result<Self, Error> {
        let failed = |what: &str| {
            Error::new(
                ErrorKind::Start,
                format!("cannot start the exporter: {what}"),
            )
        };
        let client = reqwest::Client::builder()
            .timeout(limits.request_timeout)
            // A redirect could carry the key to another origin.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("spanloom/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| failed("no HTTP client").with_source(error))?;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed("no runtime").with_source(error))?;
        let doors = Arc::new(Doors {
            queue: Queue::new(limits),
            resource: OnceLock::new(),
        });
        let sender = Sender::new(client, destination, stream, Arc::clone(&doors));
        std::thread::Builder::new()
            .name("spanloom-exporter".to_owned())
            .spawn(move || {
                // The exporter's own requests must make no spans.
                let _suppressed = Context::enter_telemetry_suppressed_scope();
                while let Some(batch) = sender.queue().batch() {
                    sender.send(&runtime, batch);
                }
            })
            .map_err(|error| failed("no thread").with_source(error))?;
        Ok(Self {
            handle: Arc::new(Handle { doors }),
        })
    }

    /// A span processor that gives finished spans to this exporter.
    #[must_use]
    pub fn processor(&self) -> RecordProcessor {
        RecordProcessor(Arc::clone(&self.handle.doors))
    }

    /// A span exporter for a stock batch processor.
    #[must_use]
    pub fn span_exporter(&self) -> RecordExporter {
        RecordExporter(Arc::clone(&self.handle.doors))
    }

    /// Waits until every span received before is delivered, refused or given up, or until `timeout`; cuts the pause
    /// before a next try short. Blocks the thread it is called on. The receipt says what is still queued.
    #[must_use = "the receipt says what is still queued"]
    pub fn flush(&self, timeout: Duration) -> Receipt {
        self.handle.doors.queue.flush(timeout)
    }

    /// Flushes, then takes nothing more. What could not be delivered in time is tried once more in the background.
    #[must_use = "the receipt says what is still queued"]
    pub fn shutdown(&self, timeout: Duration) -> Receipt {
        let receipt = self.flush(timeout);
        self.handle.doors.queue.close();
        receipt
    }

    /// The account so far.
    #[must_use]
    pub fn receipt(&self) -> Receipt {
        self.handle.doors.queue.receipt()
    }
}
