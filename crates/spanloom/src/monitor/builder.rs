//! The settings of a monitor, and its start.

use std::sync::Arc;

use spanloom_core::StreamName;
use spanloom_exporter::{Destination, Sampling, SpoolSettings};
use spanloom_instrumentation::{ContentPolicy, MonitorAttributes, PriceBook};

use super::Monitor;
use crate::banner::Banner;
use crate::config::{Environment, Records, Secret};
use crate::error::{Error, ErrorKind, Faults};
use crate::links::CallLinks;
use crate::notice;
use crate::pipeline::{Pipeline, Settings};
use crate::prices;

/// Settings of a [`Monitor`].
#[must_use = "nothing is monitored until `start`"]
#[derive(Debug)]
pub struct MonitorBuilder {
    stream: String,
    environment: Environment,
    server: Option<Secret>,
    collector: Option<Secret>,
    destinations: Vec<Destination>,
    content: bool,
    prices: Option<PriceBook>,
    content_policy: ContentPolicy,
    attributes: MonitorAttributes,
    provider: Option<String>,
    request_usage: bool,
    prompt_segments: bool,
    calls_in_progress: bool,
    sampling: Option<Sampling>,
    spool: Spool,
}

/// The resolved settings.
struct Plan {
    stream: StreamName,
    records: Option<Records>,
    spans: Option<Destination>,
    destinations: Vec<Destination>,
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

impl MonitorBuilder {
    pub(crate) fn of(stream: &str, environment: Environment) -> Self {
        Self {
            stream: stream.to_owned(),
            environment,
            server: None,
            collector: None,
            destinations: Vec::new(),
            content: true,
            prices: None,
            content_policy: ContentPolicy::default(),
            attributes: MonitorAttributes::default(),
            provider: None,
            request_usage: false,
            prompt_segments: false,
            calls_in_progress: false,
            sampling: None,
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

    /// Sends calls to this destination as well as to the others that code names; may be called any number of times. Each
    /// has its own queue, retries, spool, limits and content. The environment's key is added if it is for the destination's
    /// server and the destination has none. Metrics and events go only to [`with_collector`](Self::with_collector), or
    /// where the environment sends them.
    ///
    /// ```
    /// use spanloom::{Destination, Monitor};
    ///
    /// # fn f() -> Result<(), Box<dyn std::error::Error>> {
    /// let monitor = Monitor::builder("acme/chatbot/openai_logs")
    ///     .with_destination(Destination::spanloom("http://127.0.0.1:7440")?)
    ///     .with_destination(Destination::json_lines("calls.jsonl").without_content())
    ///     .start()?;
    /// # Ok(()) }
    /// ```
    pub fn with_destination(mut self, destination: Destination) -> Self {
        self.destinations.push(destination);
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
    pub fn with_provider(mut self, provider: &str) -> Self {
        self.provider = Some(provider.to_owned());
        self
    }

    /// Requests the usage of streamed completions if the request leaves it open; the caller then receives the chunk
    /// with the usage. Default: requests are never changed, and such streams get estimates. See
    /// [`GenAiLayerBuilder::with_requested_usage`](spanloom_instrumentation::GenAiLayerBuilder::with_requested_usage).
    pub fn with_requested_usage(mut self) -> Self {
        self.request_usage = true;
        self
    }

    /// Records a hash of each segment of a prompt, so that a break of the provider's cache can be found without its text.
    /// Default: none. See
    /// [`GenAiLayerBuilder::with_prompt_segments`](spanloom_instrumentation::GenAiLayerBuilder::with_prompt_segments).
    pub fn with_prompt_segments(mut self) -> Self {
        self.prompt_segments = true;
        self
    }

    /// Sends content by a rule to every destination: of a share of the traces, and of errors, dear and slow calls. All calls are
    /// sent, so that counts, tokens and costs stay exact. Default: all content. Events for a collector are not sampled. See
    /// [`Sampling`] and, for one destination, [`Destination::with_sampling`].
    pub fn with_sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = Some(sampling);
        self
    }

    /// Shows calls on the boards of spanloom servers while they run, if they take longer than half a second. Default: once
    /// they have ended. See [`Destination::with_calls_in_progress`].
    pub fn with_calls_in_progress(mut self) -> Self {
        self.calls_in_progress = true;
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
    /// The same as for [`init_monitor`](crate::init_monitor).
    pub fn start(self) -> Result<Monitor, Error> {
        let Plan {
            stream,
            records,
            spans,
            destinations,
            prices,
            spool,
        } = self.plan()?;
        let environment = &self.environment;
        let collector = self.collector.as_ref().map(Secret::expose);
        let from_code = self.names_destinations();
        let collectors = environment.collectors(spans.as_ref(), collector, from_code);
        let banner = Banner {
            stream: &stream,
            records: records.as_ref(),
            collectors,
            others: &destinations,
            content: self.content && !environment.no_content,
            spooled: spool.is_some(),
        };
        let link = records.as_ref().map(|records| banner.link(records));
        let announce = match environment.quiet {
            true => |_: &str| {},
            false => notice::print,
        };
        if !environment.disabled {
            announce(&banner.line());
            announce_hints(environment, announce);
        }
        let has_links = environment.call_links && !environment.quiet;
        let pages = records.as_ref();
        let pages = pages.filter(|it| has_links && it.have_call_pages());
        let links = pages.map(|records| CallLinks::new(banner.project(records), announce));
        let pipeline = match environment.disabled {
            true => None,
            false => Some(Arc::new(Pipeline::start(Settings {
                stream: &stream,
                records: records.as_ref(),
                collectors,
                destinations: &destinations,
                environment,
                content: self.content,
                content_policy: self.content_policy,
                attributes: self.attributes,
                provider: self.provider,
                request_usage: self.request_usage,
                prompt_segments: self.prompt_segments,
                prices,
                spool,
                links,
                announce,
            })?)),
        };
        let destination = records.map(|records| records.destination);
        Ok(Monitor::of(stream, link, destination, pipeline, announce))
    }

    /// Returns whether code names a destination: then it names all of them.
    fn names_destinations(&self) -> bool {
        self.server.is_some() || self.collector.is_some() || !self.destinations.is_empty()
    }

    /// Applies the settings that all destinations share.
    fn apply_to_all<'a>(&self, destinations: impl Iterator<Item = &'a mut Destination>) {
        for destination in destinations {
            if self.calls_in_progress {
                *destination = destination.clone().with_calls_in_progress();
            }
            if let Some(sampling) = self.sampling {
                *destination = destination.clone().with_sampling(sampling);
            }
        }
    }

    /// Resolves the settings of code and environment, or returns all their faults.
    fn plan(&self) -> Result<Plan, Error> {
        let environment = &self.environment;
        let [server, collector] =
            [&self.server, &self.collector].map(|address| address.as_ref().map(Secret::expose));
        let from_code = self.names_destinations();
        let given = self.destinations.iter().cloned();
        let mut destinations: Vec<Destination> =
            given.map(|given| environment.with_key(given)).collect();
        // The first one with pages has the link.
        let mut shown = || {
            let records = destinations.iter().enumerate();
            let mut records = records.filter_map(|(at, it)| Some((at, Records::given(it)?)));
            let (at, records) = records.next()?;
            destinations.remove(at);
            Some(records)
        };
        let records = match server {
            Some(address) => environment.named(address).map(Some),
            None if from_code => Ok(shown()),
            None => environment.records(),
        };
        // An entity is required only if records are known to go elsewhere.
        let is_local = environment.disabled
            || match &records {
                Ok(records) => {
                    let are_local = records.as_ref().is_some_and(Records::are_local);
                    let is_remote = |other: &Destination| {
                        !other.is_loopback() && Records::given(other).is_some()
                    };
                    are_local && !self.destinations.iter().any(is_remote)
                }
                Err(_) => true,
            };
        let mut faults = Faults::default();
        let stream = faults.keep(environment.stream(&self.stream, is_local));
        let mut records = faults.keep(records).flatten();
        let mut spans = environment.collector(collector, from_code, &mut faults);
        let own = records.iter_mut().map(|records| &mut records.destination);
        self.apply_to_all(own.chain(&mut spans).chain(&mut destinations));
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
            destinations,
            prices: prices.unwrap_or_default(),
            spool,
        })
    }
}

/// Prints a line for each variable that nothing reads.
fn announce_hints(environment: &Environment, announce: fn(&str)) {
    for hint in &environment.hints {
        announce(&format!("spanloom: {hint}"));
    }
}
