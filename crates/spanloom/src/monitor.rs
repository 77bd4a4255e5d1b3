//! The monitor: a separate pipeline from calls to records.

use std::fmt;
use std::time::Duration;

use spanloom_core::StreamName;
use spanloom_exporter::{Destination, Receipt, SpoolSettings};
use spanloom_instrumentation::{ContentPolicy, GenAiLayer, MonitorAttributes, PriceBook};

#[cfg(feature = "tracing")]
use tracing_subscriber::{Layer as _, filter::Filtered, filter::LevelFilter, registry::LookupSpan};

use crate::banner::Banner;
use crate::config::{Environment, Records, Secret};
use crate::error::{Error, ErrorKind, Faults};
#[cfg(feature = "tracing")]
use crate::layer::MonitorLayer;
use crate::links::CallLinks;
use crate::notice;
use crate::pipeline::{Pipeline, Settings};
use crate::prices;
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
/// runtime; [`Monitor::shutdown`] does the same with a given deadline and returns the account.
#[must_use = "calls are monitored until this guard is dropped"]
#[derive(Debug)]
pub struct Monitor {
    stream: StreamName,
    link: Option<String>,
    destination: Option<Destination>,
    /// `None` when `OTEL_SDK_DISABLED` or `WEAVE_DISABLED` is set: clients are left unchanged.
    pipeline: Option<Pipeline>,
    /// Prints a line, or nothing.
    announce: fn(&str),
}

/// Settings of a [`Monitor`].
#[must_use = "nothing is monitored until `start`"]
#[derive(Debug)]
pub struct MonitorBuilder {
    stream: String,
    environment: Environment,
    server: Option<Secret>,
    collector: Option<Secret>,
    content: bool,
    prices: Option<PriceBook>,
    content_policy: ContentPolicy,
    attributes: MonitorAttributes,
    provider: Option<&'static str>,
    request_usage: bool,
    spool: Spool,
}

/// The resolved settings.
struct Plan {
    stream: StreamName,
    records: Option<Records>,
    spans: Option<Destination>,
    prices: PriceBook,
    spool: Option<SpoolSettings>,
}

/// Whether records that cannot be sent are kept on disk.
#[derive(Debug, Default)]
enum Spool {
    /// As set by the environment, else in the user's data folder.
    #[default]
    Default,
    At(SpoolSettings),
    Off,
}

impl Monitor {
    /// Returns the builder of a monitor that records into `entity/project/stream`.
    pub fn builder(stream: &str) -> MonitorBuilder {
        MonitorBuilder::of(stream, Environment::read())
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

    /// Returns the outcome of the calls so far, and of the spans at each destination.
    #[must_use]
    pub fn stats(&self) -> MonitorStats {
        self.pipeline
            .as_ref()
            .map(Pipeline::stats)
            .unwrap_or_default()
    }

    /// Waits until every call that has already ended is delivered, or until `timeout`, and returns the account: what
    /// the destination acknowledged and what is still queued. Blocks the calling thread.
    ///
    /// A span with two destinations is counted once for each; the receipt also lists the destinations separately. With
    /// a spool, the wait ends once an unreachable destination has been tried and everything is on disk.
    #[must_use = "the receipt says what is still queued"]
    pub fn flush(&self, timeout: Duration) -> Receipt {
        let Some(pipeline) = &self.pipeline else {
            return Receipt::default();
        };
        pipeline.flush(timeout)
    }

    /// Flushes like [`Monitor::flush`] and ends the monitoring.
    #[must_use = "the receipt says what is still queued"]
    pub fn shutdown(mut self, timeout: Duration) -> Receipt {
        self.close(timeout)
    }

    fn close(&mut self, timeout: Duration) -> Receipt {
        let Some(pipeline) = self.pipeline.take() else {
            return Receipt::default();
        };
        let receipt = pipeline.shutdown(timeout);
        for line in notice::at_the_end(&receipt, &pipeline.stats().unpriced_models) {
            (self.announce)(&line);
        }
        receipt
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.close(DROP_TIMEOUT);
    }
}

impl MonitorBuilder {
    pub(crate) fn of(stream: &str, environment: Environment) -> Self {
        Self {
            stream: stream.to_owned(),
            environment,
            server: None,
            collector: None,
            content: true,
            prices: None,
            content_policy: ContentPolicy::default(),
            attributes: MonitorAttributes::default(),
            provider: None,
            request_usage: false,
            spool: Spool::Default,
        }
    }

    /// Sends records to the spanloom server at this address, such as `http://127.0.0.1:7440`, or to W&B's hosted
    /// service ([`Destination::WANDB`]), regardless of the environment. `WANDB_API_KEY` is sent to W&B, and to a server
    /// that the environment also names; any other server gets its key from a netrc file, or none.
    pub fn with_server(mut self, address: &str) -> Self {
        self.server = Some(Secret::new(address));
        self
    }

    /// Sends spans over HTTP to the OTLP collector at this base address, such as `http://127.0.0.1:4318`, in addition
    /// to the server if one is given too, and regardless of the environment. The convention's client metrics and events
    /// go to the collector as well, unless the environment sets `OTEL_METRICS_EXPORTER=none` or
    /// `OTEL_LOGS_EXPORTER=none`. The environment still sets what code cannot: headers, timeout, compression and
    /// certificates (`OTEL_EXPORTER_OTLP_HEADERS`, …).
    #[cfg(feature = "otlp")]
    pub fn with_collector(mut self, address: &str) -> Self {
        self.collector = Some(Secret::new(address));
        self
    }

    /// Records neither prompts nor answers. Default: both are recorded, unless the environment sets
    /// `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=NO_CONTENT`.
    pub fn without_content(mut self) -> Self {
        self.content = false;
        self
    }

    /// Calculates costs from the service's own prices before the built-in list. The service may keep a clone of the
    /// handle and replace the prices while it runs. Default: the file that `SPANLOOM_PRICES` names (format:
    /// [`price`](crate::price)), else only the built-in list.
    pub fn with_prices(mut self, prices: PriceBook) -> Self {
        self.prices = Some(prices);
        self
    }

    /// Sets attributes of every call of this monitor, outside all scopes: a scope's attribute of the same name wins.
    pub fn with_attributes(mut self, attributes: impl Into<MonitorAttributes>) -> Self {
        self.attributes = attributes.into();
        self
    }

    /// Sets `gen_ai.provider.name`, such as `ollama`. Default: derived from the request's host, else `openai`.
    pub fn with_provider(mut self, provider: &'static str) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Requests the usage of streamed completions if the request leaves it open; the caller then receives the chunk
    /// with the usage. Default: requests are never changed, and such streams get estimates. See
    /// [`GenAiLayerBuilder::with_requested_usage`](spanloom_instrumentation::GenAiLayerBuilder::with_requested_usage).
    pub fn with_requested_usage(mut self) -> Self {
        self.request_usage = true;
        self
    }

    /// Sets which recorded content is kept, and in which form. Default: all of it, with secrets of known shapes masked
    /// and texts cut at `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` or `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT` bytes, else
    /// [`ContentPolicy::DEFAULT_VALUE_LIMIT`]. The policy also applies to monitor attributes when content is not
    /// recorded.
    pub fn with_content_policy(mut self, policy: ContentPolicy) -> Self {
        self.content_policy = policy;
        self
    }

    /// Keeps records that cannot be sent as specified by `settings`. Default: in `spanloom/spool` of the user's data
    /// folder (`XDG_DATA_HOME`, else `~/.local/share`), once there is a record to keep; see [`SpoolSettings`].
    pub fn with_spool(mut self, settings: SpoolSettings) -> Self {
        self.spool = Spool::At(settings);
        self
    }

    /// Keeps nothing on disk: records that cannot be sent wait in memory and are lost when the process ends.
    pub fn without_spool(mut self) -> Self {
        self.spool = Spool::Off;
        self
    }

    /// Prints nothing, as with `SPANLOOM_QUIET=1`: no line at the start, no line about a refused key, and no lines at
    /// the end about undelivered records and models without a price.
    pub fn without_notices(mut self) -> Self {
        self.environment.quiet = true;
        self
    }

    /// Starts the monitor.
    ///
    /// # Errors
    /// The same as for [`init_monitor`].
    pub fn start(self) -> Result<Monitor, Error> {
        let Plan {
            stream,
            records,
            spans,
            prices,
            spool,
        } = self.plan()?;
        let environment = &self.environment;
        let collector = self.collector.as_ref().map(Secret::expose);
        let by_code = self.server.is_some() || collector.is_some();
        let collectors = environment.collectors(spans.as_ref(), collector, by_code);
        let content = self.content && !environment.no_content;
        let banner = Banner {
            stream: &stream,
            records: records.as_ref(),
            collectors,
            content,
            spooled: spool.is_some(),
        };
        let link = records.as_ref().map(|records| banner.link(records));
        let announce = match environment.quiet {
            true => |_: &str| {},
            false => notice::print,
        };
        if !environment.disabled {
            announce(&banner.line());
        }
        let links = records
            .as_ref()
            .filter(|_| environment.call_links && !environment.quiet)
            .map(|records| CallLinks::new(banner.project(records), announce));
        let pipeline = match environment.disabled {
            true => None,
            false => Some(Pipeline::start(Settings {
                stream: &stream,
                records: records.as_ref(),
                collectors,
                environment,
                content: self.content,
                content_policy: self.content_policy,
                attributes: self.attributes,
                provider: self.provider,
                request_usage: self.request_usage,
                prices,
                spool,
                links,
                announce,
            })?),
        };
        Ok(Monitor {
            stream,
            link,
            destination: records.map(|records| records.destination),
            pipeline,
            announce,
        })
    }

    /// Resolves the settings of code and environment, or returns all their faults.
    fn plan(&self) -> Result<Plan, Error> {
        let environment = &self.environment;
        let [server, collector] =
            [&self.server, &self.collector].map(|address| address.as_ref().map(Secret::expose));
        // If code names a destination, it names all of them.
        let by_code = server.is_some() || collector.is_some();
        let records = match server {
            Some(address) => environment.named(address).map(Some),
            None if by_code => Ok(None),
            None => environment.records(),
        };
        // An entity is required only if records are known to go elsewhere.
        let is_local = environment.disabled
            || match &records {
                Ok(records) => records.as_ref().is_some_and(Records::are_local),
                Err(_) => true,
            };
        let mut faults = Faults::default();
        let stream = faults.keep(environment.stream(&self.stream, is_local));
        let records = faults.keep(records).flatten();
        let spans = environment.collector(collector, by_code, &mut faults);
        let prices = match (&self.prices, &environment.prices) {
            (Some(prices), _) => Some(prices.clone()),
            (None, Some(file)) => faults.keep(prices::read(file)),
            (None, None) => None,
        };
        let spool = match &self.spool {
            Spool::Default => faults.keep(environment.spool()).flatten(),
            Spool::At(settings) => Some(settings.clone()),
            Spool::Off => None,
        };
        if environment.disabled {
            faults.only(ErrorKind::StreamName);
        }
        Ok(Plan {
            stream: faults.settle(stream)?,
            records,
            spans,
            prices: prices.unwrap_or_default(),
            spool,
        })
    }
}

impl fmt::Display for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stream.fmt(f)
    }
}
