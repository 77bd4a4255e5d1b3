//! The monitor: a pipeline of its own from calls to records.

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

/// How long a monitor that is dropped may hold its thread up.
const DROP_TIMEOUT: Duration = Duration::from_secs(5);

/// Starts monitoring into `entity/project/stream`, as the environment says, and prints one line: where to look, where
/// records go, and whether content is recorded (`SPANLOOM_QUIET=1` silences it).
///
/// `project/stream` takes its entity from `WANDB_ENTITY`, and `stream` its project from `WANDB_PROJECT`; where records go
/// to the server on this machine, a missing entity is `local`. For everything else see [`Monitor::builder`].
///
/// A server that is away, and a key that is missing, are no errors: the line says so, and records wait. A key is tried in the
/// background; when it is refused, another line says so. At the end one line says what was not delivered, if anything was
/// not, and why.
///
/// # Errors
/// When the name has another shape, an address or another setting that is used cannot be, or no thread could be started.
/// The [error](Error::faults) has everything that is wrong with the configuration, not only the first.
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
    destination: Option<Destination>,
    /// `None` when `OTEL_SDK_DISABLED` or `WEAVE_DISABLED` is set: clients are left as they are.
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

/// What the settings come to.
struct Plan {
    stream: StreamName,
    records: Option<Records>,
    spans: Option<Destination>,
    prices: PriceBook,
    spool: Option<SpoolSettings>,
}

/// Whether what cannot be sent is kept on disk.
#[derive(Debug, Default)]
enum Spool {
    /// As the environment says, else in the user's data folder.
    #[default]
    Default,
    At(SpoolSettings),
    Off,
}

impl Monitor {
    /// Begins a monitor into `entity/project/stream`.
    pub fn builder(stream: &str) -> MonitorBuilder {
        MonitorBuilder::of(stream, Environment::read())
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

    /// Where its records go; `None` when they only go to a collector.
    #[must_use]
    pub fn destination(&self) -> Option<&Destination> {
        self.destination.as_ref()
    }

    /// The tower layer, for clients with a tower stack of their own; `None` when monitoring is disabled.
    #[must_use]
    pub fn instrumentation(&self) -> Option<&GenAiLayer> {
        self.pipeline.as_ref().map(|pipeline| &pipeline.layer)
    }

    /// A layer that takes the service's own `tracing` spans, those of level INFO and above, along, as parents of the calls made in them; `None` when
    /// monitoring is disabled.
    ///
    /// It may stand beside the service's own OpenTelemetry layer; add it after that one, so that both are in one trace.
    #[cfg(feature = "tracing")]
    #[must_use]
    pub fn layer<S>(&self) -> Option<Filtered<MonitorLayer, LevelFilter, S>>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        let pipeline = self.pipeline.as_ref()?;
        let layer = MonitorLayer::new(&pipeline.provider, &pipeline.own_spans);
        // A filter of its own: without one it would switch on every span and event of every library.
        Some(layer.with_filter(LevelFilter::INFO))
    }

    /// What became of the calls so far, and of the spans at each destination.
    #[must_use]
    pub fn stats(&self) -> MonitorStats {
        self.pipeline
            .as_ref()
            .map(Pipeline::stats)
            .unwrap_or_default()
    }

    /// Waits until every call that had ended before is delivered, or until `timeout`, and returns the account: what the
    /// destination acknowledged and what is still queued. Blocks the thread it is called on.
    ///
    /// A span that goes to two destinations is counted for each; the receipt has them apart, too. With a spool, it
    /// returns once a destination that is away has been tried and everything is on disk.
    #[must_use = "the receipt says what is still queued"]
    pub fn flush(&self, timeout: Duration) -> Receipt {
        let Some(pipeline) = &self.pipeline else {
            return Receipt::default();
        };
        pipeline.flush(timeout)
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

    /// Sends records to the spanloom server at this address, such as `http://127.0.0.1:7440`, or to W&B's hosted service
    /// ([`Destination::WANDB`]), whatever the environment says. `WANDB_API_KEY` goes along to W&B, and to a server that
    /// the environment names as well; another gets the key that a netrc file has for it, or none.
    pub fn with_server(mut self, address: &str) -> Self {
        self.server = Some(Secret::new(address));
        self
    }

    /// Sends spans to the OTLP collector at this base address, such as `http://127.0.0.1:4318`, over HTTP; beside the
    /// server if one is given too, and whatever the environment says. The convention's client metrics and events go there
    /// as well, unless the environment says `OTEL_METRICS_EXPORTER=none`, `OTEL_LOGS_EXPORTER=none`. What code cannot say
    /// here is still the environment's: headers, time, compression and certificates (`OTEL_EXPORTER_OTLP_HEADERS`, …).
    #[cfg(feature = "otlp")]
    pub fn with_collector(mut self, address: &str) -> Self {
        self.collector = Some(Secret::new(address));
        self
    }

    /// Records no prompts and no answers. By default they are recorded; the environment's
    /// `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=NO_CONTENT` has the same effect.
    pub fn without_content(mut self) -> Self {
        self.content = false;
        self
    }

    /// Reckons costs with the service's own prices before the built-in list. The service may keep a clone of the handle
    /// and replace the prices while it runs. Default: the file `SPANLOOM_PRICES` names (its form: [`price`](crate::price)),
    /// else the built-in list alone.
    pub fn with_prices(mut self, prices: PriceBook) -> Self {
        self.prices = Some(prices);
        self
    }

    /// Attributes of every call of this monitor, outside all scopes: what those say under the same name wins.
    pub fn with_attributes(mut self, attributes: impl Into<MonitorAttributes>) -> Self {
        self.attributes = attributes.into();
        self
    }

    /// Sets `gen_ai.provider.name`, such as `ollama`. Default: recognised by the request's host, else `openai`.
    pub fn with_provider(mut self, provider: &'static str) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Asks for the usage of streamed completions where the request leaves it open; the chunk with it then reaches the
    /// caller. Default: requests are never changed, and such streams get estimates. See
    /// [`GenAiLayerBuilder::with_requested_usage`](spanloom_instrumentation::GenAiLayerBuilder::with_requested_usage).
    pub fn with_requested_usage(mut self) -> Self {
        self.request_usage = true;
        self
    }

    /// What is kept of the content that is recorded, and in which form. Default: all of it, with secrets of known shapes
    /// masked and texts cut at `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` or `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT` bytes, else
    /// [`ContentPolicy::DEFAULT_VALUE_LIMIT`]. It holds for monitor attributes without content, too.
    pub fn with_content_policy(mut self, policy: ContentPolicy) -> Self {
        self.content_policy = policy;
        self
    }

    /// Keeps what cannot be sent as `settings` say. Default: in `spanloom/spool` of the user's data folder
    /// (`XDG_DATA_HOME`, else `~/.local/share`), once there is something to keep; see [`SpoolSettings`].
    pub fn with_spool(mut self, settings: SpoolSettings) -> Self {
        self.spool = Spool::At(settings);
        self
    }

    /// Keeps nothing on disk: what cannot be sent waits in memory, and ends with the process.
    pub fn without_spool(mut self) -> Self {
        self.spool = Spool::Off;
        self
    }

    /// Prints nothing, as `SPANLOOM_QUIET=1` does: neither the line at the start, nor the one about a key that is refused, nor
    /// those at the end about what was not delivered and which models have no price.
    pub fn without_notices(mut self) -> Self {
        self.environment.quiet = true;
        self
    }

    /// Starts the monitor.
    ///
    /// # Errors
    /// As [`init_monitor`].
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

    /// What code and environment come to, or all that is wrong with them.
    fn plan(&self) -> Result<Plan, Error> {
        let environment = &self.environment;
        let [server, collector] =
            [&self.server, &self.collector].map(|address| address.as_ref().map(Secret::expose));
        // Code that names a destination names all of them.
        let by_code = server.is_some() || collector.is_some();
        let records = match server {
            Some(address) => environment.named(address).map(Some),
            None if by_code => Ok(None),
            None => environment.records(),
        };
        // What is not known to go elsewhere is no reason to ask for an entity.
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
