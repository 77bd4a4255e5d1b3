//! The monitor: a pipeline of its own from calls to records.

use std::fmt;
use std::io::{Write as _, stderr};
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanProcessor};
use spanloom_core::StreamName;
use spanloom_exporter::{Exporter, Receipt, RecordProcessor};
use spanloom_instrumentation::{Content, GenAiLayer, Recorder, Stats};

use crate::banner::Banner;
use crate::config::{Environment, Records};
use crate::error::{Error, ErrorKind};
use crate::lineage::Lineage;

/// How long a monitor that is dropped may hold its thread up.
const DROP_TIMEOUT: Duration = Duration::from_secs(5);

/// Starts monitoring into `entity/project/stream`, as the environment says, and prints one line: where to look, where
/// records go, and whether content is recorded (`SPANLOOM_QUIET=1` silences it).
///
/// `project/stream` takes its entity from `WANDB_ENTITY`. For everything else see [`Monitor::builder`].
///
/// # Errors
/// When the name has another shape, an address in the environment cannot be used, or no thread could be started.
pub fn init_monitor(stream: &str) -> Result<Monitor, Error> {
    Monitor::builder(stream).start()
}

/// Monitors the calls of the clients it was given to, until it is dropped.
///
/// Dropping it flushes, for at most 5 seconds. It blocks the dropping thread and works inside and outside of any
/// runtime; [`Monitor::shutdown`] does the same with a deadline of your own and returns the account.
#[must_use = "calls are monitored until this guard is dropped"]
#[derive(Debug)]
pub struct Monitor {
    stream: StreamName,
    link: Option<String>,
    /// `None` when `OTEL_SDK_DISABLED` is set: clients are left as they are.
    pipeline: Option<Pipeline>,
}

#[derive(Debug)]
struct Pipeline {
    layer: GenAiLayer,
    recorder: Recorder,
    provider: SdkTracerProvider,
    exporter: Option<Exporter>,
}

/// Settings of a [`Monitor`].
#[must_use = "nothing is monitored until `start`"]
#[derive(Debug)]
pub struct MonitorBuilder {
    stream: String,
    environment: Environment,
    server: Option<String>,
    content: bool,
}

impl Monitor {
    /// Begins a monitor into `entity/project/stream`.
    pub fn builder(stream: &str) -> MonitorBuilder {
        MonitorBuilder {
            stream: stream.to_owned(),
            environment: Environment::read(),
            server: None,
            content: true,
        }
    }

    /// Where its records go.
    #[must_use]
    pub fn stream(&self) -> &StreamName {
        &self.stream
    }

    /// The page that shows its records; `None` when they only go to a collector.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// The tower layer, for clients with a tower stack of their own; `None` when monitoring is disabled.
    #[must_use]
    pub fn instrumentation(&self) -> Option<&GenAiLayer> {
        self.pipeline.as_ref().map(|pipeline| &pipeline.layer)
    }

    /// A layer that takes the service's own `tracing` spans along, as parents of the calls made in them; `None` when
    /// monitoring is disabled.
    ///
    /// For services that have no OpenTelemetry layer yet: two of them on one subscriber get into each other's way.
    #[cfg(feature = "tracing")]
    #[must_use]
    pub fn layer<S>(
        &self,
    ) -> Option<tracing_opentelemetry::OpenTelemetryLayer<S, opentelemetry_sdk::trace::SdkTracer>>
    where
        S: for<'span> tracing_subscriber::registry::LookupSpan<'span> + tracing::Subscriber,
    {
        use opentelemetry::trace::TracerProvider as _;
        let tracer = self.pipeline.as_ref()?.provider.tracer("spanloom.tracing");
        Some(tracing_opentelemetry::layer().with_tracer(tracer))
    }

    /// What the recorder has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.pipeline
            .as_ref()
            .map(|pipeline| pipeline.recorder.stats())
            .unwrap_or_default()
    }

    /// Waits until every call that had ended before is delivered, or until `timeout`, and returns the account: what the
    /// destination acknowledged and what is still queued. Blocks the thread it is called on.
    #[must_use = "the receipt says what is still queued"]
    pub fn flush(&self, timeout: Duration) -> Receipt {
        let Some(pipeline) = &self.pipeline else {
            return Receipt::default();
        };
        let receipt = pipeline.settle(timeout, Exporter::flush);
        // Reaches the collector's batch processor only: ours has been flushed, and says so at once.
        drop(pipeline.provider.force_flush());
        receipt
    }

    /// Flushes as [`Monitor::flush`] does, and ends the monitoring.
    #[must_use = "the receipt says what is still queued"]
    pub fn shutdown(mut self, timeout: Duration) -> Receipt {
        self.close(timeout)
    }

    fn close(&mut self, timeout: Duration) -> Receipt {
        let Some(pipeline) = self.pipeline.take() else {
            return Receipt::default();
        };
        let deadline = Instant::now() + timeout;
        let receipt = pipeline.settle(timeout, Exporter::shutdown);
        let left = deadline.saturating_duration_since(Instant::now());
        drop(pipeline.provider.shutdown_with_timeout(left));
        receipt
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.close(DROP_TIMEOUT);
    }
}

impl MonitorBuilder {
    /// Sends records to the spanloom server at this address, such as `http://127.0.0.1:7440`, whatever the environment
    /// says.
    pub fn with_server(mut self, address: &str) -> Self {
        self.server = Some(address.to_owned());
        self
    }

    /// Records no prompts and no answers. By default they are recorded; the environment's
    /// `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=NO_CONTENT` has the same effect.
    pub fn without_content(mut self) -> Self {
        self.content = false;
        self
    }

    /// Prints nothing, as `SPANLOOM_QUIET=1` does.
    pub fn quiet(mut self) -> Self {
        self.environment.quiet = true;
        self
    }

    /// Starts the monitor.
    ///
    /// # Errors
    /// As [`init_monitor`].
    pub fn start(self) -> Result<Monitor, Error> {
        let environment = &self.environment;
        let stream = StreamName::parse(&self.stream, environment.entity.as_deref())
            .map_err(|error| Error::new(ErrorKind::StreamName, error))?;
        let records = match &self.server {
            Some(address) => Some(Records::server(address)?),
            None => environment.records()?,
        };
        // Code that names a server names the only destination.
        let otlp = environment
            .otlp
            .as_deref()
            .filter(|_| self.server.is_none() && cfg!(feature = "otlp"));
        let content = self.content && !environment.no_content;
        let banner = Banner {
            stream: &stream,
            records: records.as_ref(),
            otlp,
            content,
        };
        let link = records.as_ref().map(|records| banner.link(records));
        if !environment.quiet && !environment.disabled {
            announce(&banner);
        }
        let pipeline = match environment.disabled {
            true => None,
            false => Some(Pipeline::start(
                &stream,
                records.as_ref(),
                otlp.is_some(),
                content,
            )?),
        };
        Ok(Monitor {
            stream,
            link,
            pipeline,
        })
    }
}

/// Not on stdout, which may be a program's output; and a closed stderr is no reason for a panic.
fn announce(banner: &Banner<'_>) {
    drop(writeln!(stderr(), "{}", banner.line()));
}

impl Pipeline {
    fn start(
        stream: &StreamName,
        records: Option<&Records>,
        otlp: bool,
        content: bool,
    ) -> Result<Self, Error> {
        let recorder = Recorder::start().map_err(|error| Error::new(ErrorKind::Start, error))?;
        let lineage = Lineage::default();
        let exporter = records
            .map(|records| Exporter::start(records.destination.clone(), stream.clone()))
            .transpose()?;
        let content = match (content, exporter.is_some(), otlp) {
            (false, ..) => Content::Off,
            (true, true, true) => Content::Both,
            (true, true, false) => Content::Bodies,
            (true, false, _) => Content::Messages,
        };
        let mut provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::AlwaysOn)
            // Prompts are long: the number of attributes is bounded by us, not by cutting off what comes last.
            .with_max_attributes_per_span(1_024)
            .with_span_processor(lineage.clone());
        if let Some(exporter) = &exporter {
            provider = provider.with_span_processor(Flushed(exporter.processor()));
        }
        #[cfg(feature = "otlp")]
        if otlp {
            provider = provider.with_span_processor(collector()?);
        }
        let provider = provider.build();
        let layer = GenAiLayer::builder(&recorder)
            .with_tracer_provider(&provider)
            .with_content(content)
            .with_parent_policy(lineage)
            .build();
        Ok(Self {
            layer,
            recorder,
            provider,
            exporter,
        })
    }
}

impl Pipeline {
    /// Waits for the recorder and then for the exporter, both within `timeout`. Calls that the recorder has still to
    /// read are in the account as queued.
    fn settle(
        &self,
        timeout: Duration,
        exporter: impl Fn(&Exporter, Duration) -> Receipt,
    ) -> Receipt {
        let deadline = Instant::now() + timeout;
        let recorded = self.recorder.flush(timeout);
        let left = deadline.saturating_duration_since(Instant::now());
        let mut receipt = self
            .exporter
            .as_ref()
            .map(|own| exporter(own, left))
            .unwrap_or_default();
        if !recorded {
            let waiting = self.recorder.stats().waiting;
            receipt.received += waiting;
            receipt.queued += waiting;
        }
        receipt
    }
}

/// The stock pipeline to the collector the environment names.
#[cfg(feature = "otlp")]
fn collector() -> Result<opentelemetry_sdk::trace::BatchSpanProcessor, Error> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .build()
        .map_err(|error| Error::new(ErrorKind::Destination, error))?;
    let exporter = spanloom_exporter::WithoutBodies::new(exporter);
    Ok(opentelemetry_sdk::trace::BatchSpanProcessor::builder(exporter).build())
}

/// The exporter's processor, flushed and shut down by the monitor itself, with its own deadline and receipt.
#[derive(Debug)]
struct Flushed(RecordProcessor);

impl SpanProcessor for Flushed {
    fn on_start(
        &self,
        span: &mut opentelemetry_sdk::trace::Span,
        context: &opentelemetry::Context,
    ) {
        self.0.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        self.0.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn set_resource(&mut self, resource: &opentelemetry_sdk::Resource) {
        self.0.set_resource(resource);
    }
}

impl fmt::Display for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stream.fmt(f)
    }
}
