//! The monitor: a separate pipeline from calls to records.

mod builder;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use spanloom_core::StreamName;
use spanloom_exporter::{Destination, Receipt};
use spanloom_instrumentation::{Evaluation, GenAiLayer, RecordedCall};
#[cfg(feature = "tracing")]
use tracing_subscriber::{Layer as _, filter::Filtered, filter::LevelFilter, registry::LookupSpan};

pub use builder::MonitorBuilder;

use crate::config::Environment;
use crate::error::Error;
#[cfg(feature = "tracing")]
use crate::layer::MonitorLayer;
use crate::notice;
use crate::off_thread::{Permits, off_thread};
use crate::operation::Registration;
use crate::pipeline::Pipeline;
use crate::stats::MonitorStats;

/// The longest time for which dropping a monitor may block its thread.
const DROP_TIMEOUT: Duration = Duration::from_secs(5);

/// Starts monitoring into `entity/project/stream` as the environment configures it, and prints one line: the link to
/// the records, their destination, and whether content is recorded (`SPANLOOM_QUIET=1` silences the line).
///
/// `project/stream` takes its entity from `WANDB_ENTITY`, and `stream` its project from `WANDB_PROJECT`; if records go
/// to the server on this machine, a missing entity is `local`. For all other settings see [`Monitor::builder`].
///
/// An unreachable server or a missing key is not an error: the line reports it, and records wait. A key is checked in
/// the background, and another line reports a refused key. At the end, one line reports what was not delivered, if
/// anything, and why.
///
/// # Errors
/// Fails if the name has another shape, if an address or another setting in use is invalid, or if no thread could be
/// started. The [error](Error::faults) lists all faults of the configuration, not only the first.
pub fn init_monitor(stream: &str) -> Result<Monitor, Error> {
    Monitor::builder(stream).start()
}

/// A guard that monitors the calls of its clients until it is dropped.
///
/// Dropping the guard flushes for at most 5 seconds, blocks the current thread, and works inside and outside of any
/// runtime; [`Monitor::shutdown`] does the same with a given deadline, without blocking, and returns the account.
#[must_use = "calls are monitored until this guard is dropped"]
#[derive(Debug)]
pub struct Monitor {
    stream: StreamName,
    link: Option<String>,
    destination: Option<Destination>,
    /// `None` when `OTEL_SDK_DISABLED` or `WEAVE_DISABLED` is set: clients are left unchanged.
    pipeline: Option<Arc<Pipeline>>,
    /// The functions of `operation` record here while this is kept.
    registration: Option<Registration>,
    flushes: Permits,
    /// Prints a line, or nothing.
    announce: fn(&str),
}

impl Monitor {
    /// The most flushes that wait at the same time.
    pub const MOST_FLUSHES: usize = 16;

    /// Returns the builder of a monitor that records into `entity/project/stream`.
    pub fn builder(stream: &str) -> MonitorBuilder {
        MonitorBuilder::of(stream, Environment::read())
    }

    fn of(
        stream: StreamName,
        link: Option<String>,
        destination: Option<Destination>,
        pipeline: Option<Arc<Pipeline>>,
        announce: fn(&str),
    ) -> Self {
        Self {
            stream,
            link,
            destination,
            registration: pipeline.as_ref().map(|it| Registration::of(&it.layer)),
            pipeline,
            flushes: Permits::new(Self::MOST_FLUSHES),
            announce,
        }
    }

    /// Returns the stream that the records belong to.
    #[must_use]
    pub fn stream(&self) -> &StreamName {
        &self.stream
    }

    /// Returns the address of the page that shows the records; `None` when records go only to a collector.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// Returns the destination of the records; `None` when records go only to a collector.
    #[must_use]
    pub fn destination(&self) -> Option<&Destination> {
        self.destination.as_ref()
    }

    /// Returns the tower layer, for clients with their own tower stack; `None` when monitoring is disabled.
    #[must_use]
    pub fn instrumentation(&self) -> Option<&GenAiLayer> {
        self.pipeline.as_ref().map(|pipeline| &pipeline.layer)
    }

    /// Returns a layer that records the service's own `tracing` spans of level INFO and above as parents of the calls
    /// made in them; `None` when monitoring is disabled.
    ///
    /// The layer works alongside the service's own OpenTelemetry layer; add it after that layer, so that the spans of
    /// both are in one trace.
    #[cfg(feature = "tracing")]
    #[must_use]
    pub fn layer<S>(&self) -> Option<Filtered<MonitorLayer, LevelFilter, S>>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        let pipeline = self.pipeline.as_ref()?;
        let layer = MonitorLayer::new(&pipeline.provider, &pipeline.own_spans);
        // Without its own filter, the layer would enable every span and event of every library.
        Some(layer.with_filter(LevelFilter::INFO))
    }

    /// Records an evaluation of a call: a score or a label by a test, a model or a person. spanloom's server and W&B keep it
    /// with the call, as the result of a scorer; there it is delivered and counted as a call is. A collector gets the event
    /// `gen_ai.evaluation.result`, which is neither kept on disk nor counted. Its explanation is recorded only if content is.
    /// Returns `false` if nothing takes it: no call was recorded, or the destinations are files and W&B's OTLP doors.
    ///
    /// ```no_run
    /// # async fn f(client: async_openai::Client<async_openai::config::OpenAIConfig>, request: async_openai::types::chat::CreateChatCompletionRequest)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// use spanloom::{Evaluation, MonitorAttributes, MonitorAttributesExt as _, RecordedCall};
    ///
    /// let monitor = spanloom::init_monitor("acme/chatbot/openai_logs")?;
    /// let call = RecordedCall::default();
    /// let attributes = MonitorAttributes::default().recorded_as(&call);
    /// let answer = client.chat().create(request).monitor_attributes(attributes).await?;
    /// monitor.evaluate(&call, Evaluation::new("relevance").with_score(0.8).with_label("pass"));
    /// # drop(answer); Ok(()) }
    /// ```
    #[expect(clippy::must_use_candidate, reason = "most callers have no use for it")]
    pub fn evaluate(&self, call: &RecordedCall, evaluation: Evaluation) -> bool {
        let pipeline = self.pipeline.as_ref();
        pipeline.is_some_and(|pipeline| pipeline.evaluate(call, evaluation))
    }

    /// Returns the outcome of the calls so far, and of the spans at each destination.
    #[must_use]
    pub fn stats(&self) -> MonitorStats {
        self.pipeline
            .as_ref()
            .map(|pipeline| pipeline.stats())
            .unwrap_or_default()
    }

    /// Waits until every call that has already ended is delivered, or until `timeout`, and returns the account: what
    /// each destination acknowledged and what is still queued. Works on every runtime: a thread of its own waits.
    /// If [`MOST_FLUSHES`](Self::MOST_FLUSHES) flushes wait already, it returns the account so far.
    ///
    /// A span with two destinations is counted once for each; the receipt also lists the destinations separately. With
    /// a spool, the wait ends once an unreachable destination has been tried and everything is on disk.
    ///
    /// If the future is dropped, delivery goes on.
    #[must_use = "the receipt has what is still queued"]
    pub async fn flush(&self, timeout: Duration) -> Receipt {
        let Some(pipeline) = self.pipeline.clone() else {
            return Receipt::default();
        };
        match self.flushes.take() {
            Some(permit) => {
                let flush = move || {
                    let _permit = permit;
                    pipeline.flush(timeout)
                };
                off_thread(flush).await
            }
            None => pipeline.receipt(),
        }
    }

    /// Flushes as [`Monitor::flush`] does, and blocks the calling thread: for code that is not async. In async code it
    /// works too, on every runtime, but stops the thread's other tasks until it returns.
    #[must_use = "the receipt has what is still queued"]
    pub fn flush_blocking(&self, timeout: Duration) -> Receipt {
        let pipeline = self.pipeline.as_ref();
        pipeline.map_or_else(Receipt::default, |pipeline| pipeline.flush(timeout))
    }

    /// Flushes as [`Monitor::flush`] does and ends the monitoring. Calls that are still running are recorded with the data
    /// received so far.
    ///
    /// If the future is dropped, the shutdown goes on.
    #[must_use = "the receipt has what is still queued"]
    pub async fn shutdown(mut self, timeout: Duration) -> Receipt {
        match self.ending(timeout) {
            Some(end) => off_thread(end).await,
            None => Receipt::default(),
        }
    }

    /// Shuts down as [`Monitor::shutdown`] does, and blocks the calling thread, as [`Monitor::flush_blocking`] does.
    #[must_use = "the receipt has what is still queued"]
    pub fn shutdown_blocking(mut self, timeout: Duration) -> Receipt {
        let end = self.ending(timeout);
        end.map_or_else(Receipt::default, |end| end())
    }

    /// Returns the work that ends the monitoring; `None` if there is none, or once it was taken.
    fn ending(&mut self, timeout: Duration) -> Option<impl FnOnce() -> Receipt + Send + 'static> {
        drop(self.registration.take());
        let (pipeline, announce) = (self.pipeline.take()?, self.announce);
        Some(move || {
            let receipt = pipeline.shutdown(timeout);
            for line in notice::at_the_end(&receipt, &pipeline.stats().unpriced_models) {
                announce(&line);
            }
            receipt
        })
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        if let Some(end) = self.ending(DROP_TIMEOUT) {
            end();
        }
    }
}

impl fmt::Display for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stream.fmt(f)
    }
}
