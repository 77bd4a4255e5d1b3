//! The environment's settings, read once and only in this module, when a monitor is built.
//!
//! Code overrides the environment, and the environment overrides the defaults; an empty variable counts as unset. The
//! faults of a variable are reported when the monitor starts, if the variable is used; see [`Fault`](crate::Fault).

mod collector;
mod netrc;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(not(feature = "otlp"))]
#[path = "no_otlp.rs"]
mod otlp;
mod own_names;
mod records;
mod secret;
mod signal;
mod stream;
mod variable;

use std::path::PathBuf;

use spanloom_core::data_folder;
use spanloom_core::semconv::CAPTURE_MESSAGE_CONTENT;
use spanloom_exporter::{Destination, SpoolMode, SpoolSettings};

use crate::error::{ErrorKind, Fault, Faults, Origin};
pub(crate) use collector::{Collector, Collectors, Source};
pub(crate) use otlp::Otlp;
pub(crate) use records::{Board, Records};
use records::{LOCAL_SERVER, Wandb};
pub(crate) use secret::Secret;
use signal::Signal;
pub(crate) use variable::{Variable, Variables};

/// The SDK's default of 128 would drop the last attributes of a span with many.
const ATTRIBUTE_LIMIT: u32 = 1_024;

/// The environment of a monitor.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// `WANDB_ENTITY`
    entity: Option<Variable>,
    /// `WANDB_PROJECT`
    project: Option<Variable>,
    /// `SPANLOOM_URL`: a spanloom server.
    server: Option<Variable>,
    wandb: Wandb,
    otlp: Otlp,
    metrics: Signal,
    logs: Signal,
    /// `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`, else `OTEL_ATTRIBUTE_COUNT_LIMIT`, else far more than a call has.
    pub(crate) attribute_limit: u32,
    /// `OTEL_SDK_DISABLED` or `WEAVE_DISABLED`
    pub(crate) disabled: bool,
    /// `SPANLOOM_QUIET`
    pub(crate) quiet: bool,
    /// `WEAVE_PRINT_CALL_LINK`
    pub(crate) call_links: bool,
    /// Whether `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` is set to a value that does not allow content on
    /// spans; this overrides every default, and even code.
    pub(crate) no_content: bool,
    /// `SPANLOOM_PRICES`: a file of the user's own prices.
    pub(crate) prices: Option<Variable>,
    /// `SPANLOOM_SPOOL`: `off`, `on` or `always`.
    spool: Option<Variable>,
    /// `SPANLOOM_SPOOL_DIR`, else `spanloom/spool` in `XDG_DATA_HOME`, else in `~/.local/share`.
    spool_folder: Option<PathBuf>,
    /// Hints for variables that nothing reads.
    pub(crate) hints: Vec<String>,
}

impl Environment {
    pub(crate) fn read() -> Self {
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        Self {
            hints: own_names::hints(names),
            ..Self::of(|name| std::env::var(name).ok())
        }
    }

    /// Reads any source of variables, so that tests need not change the process's environment.
    pub(crate) fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let variables = &Variables(&variable);
        let limit = |name| variables.get(name)?.text().parse().ok();
        let path = |name| variables.get(name).map(|path| PathBuf::from(path.text()));
        let [disabled, weave_disabled] =
            ["OTEL_SDK_DISABLED", "WEAVE_DISABLED"].map(|name| variables.is_on(name));
        let spool_folder = || Some(data_folder(path)?.join("spool"));
        let [of_spans, of_all] = [
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
            "OTEL_ATTRIBUTE_COUNT_LIMIT",
        ]
        .map(limit);
        Self {
            entity: variables.get("WANDB_ENTITY"),
            project: variables.get("WANDB_PROJECT"),
            server: variables.get("SPANLOOM_URL"),
            wandb: Wandb::of(variables),
            otlp: Otlp::for_traces(variables),
            metrics: Signal::metrics(variables),
            logs: Signal::logs(variables),
            attribute_limit: of_spans.or(of_all).unwrap_or(ATTRIBUTE_LIMIT),
            disabled: disabled || weave_disabled,
            quiet: variables.is_on("SPANLOOM_QUIET"),
            call_links: variables.is_on("WEAVE_PRINT_CALL_LINK"),
            no_content: variables.get(CAPTURE_MESSAGE_CONTENT).is_some_and(|value| {
                // An unknown word may have meant `off`.
                let with = ["SPAN_ONLY", "SPAN_AND_EVENT", "TRUE"];
                !with.iter().any(|mode| value.is(mode))
            }),
            prices: variables.get("SPANLOOM_PRICES"),
            spool: variables.get("SPANLOOM_SPOOL"),
            spool_folder: path("SPANLOOM_SPOOL_DIR").or_else(spool_folder),
            hints: Vec::new(),
        }
    }

    /// Returns where records that cannot be sent are kept; `None` if the spool is off, or if no spool was requested and
    /// there is no home folder.
    pub(crate) fn spool(&self) -> Result<Option<SpoolSettings>, Fault> {
        let mode = match &self.spool {
            None => Some(SpoolMode::default()),
            Some(word) if word.is("on") => Some(SpoolMode::OnTrouble),
            Some(word) if word.is("always") => Some(SpoolMode::Always),
            Some(word) if word.is("off") => None,
            Some(word) => {
                let why = format!("invalid word {}: expected off, on or always", word.word());
                return Err(word.fault(ErrorKind::Spool, why));
            }
        };
        let Some(mode) = mode else { return Ok(None) };
        match (&self.spool_folder, &self.spool) {
            (Some(folder), _) => {
                let mut settings = SpoolSettings::new(folder);
                settings.mode = mode;
                Ok(Some(settings))
            }
            // A spool that was requested by name must not turn out to be missing when it is needed.
            (None, Some(word)) => Err(word
                .fault(ErrorKind::Spool, "there is no home folder for a spool")
                .with_remedy("set SPANLOOM_SPOOL_DIR")),
            (None, None) => Ok(None),
        }
    }

    /// Returns the collector of spans: at the base address from code, else the environment's, unless code names all
    /// destinations (`alone`).
    pub(crate) fn collector(
        &self,
        address_from_code: Option<&str>,
        alone: bool,
        faults: &mut Faults,
    ) -> Option<Destination> {
        let destination = match address_from_code {
            Some(base) => self.otlp.collector_at(base, faults),
            None if alone => None,
            None => self.otlp.collector(faults),
        };
        let [metrics, logs] = self.signals(address_from_code, alone);
        for collector in [metrics, logs].into_iter().flatten() {
            // Built again where it is used; building it here reports its faults with all others.
            drop(collector.destination(faults));
        }
        destination
    }

    /// Returns the collectors of spans, metrics and logs; `address_from_code` is the address from code, and `alone` is whether
    /// code names all destinations.
    pub(crate) fn collectors<'a>(
        &'a self,
        spans: Option<&'a Destination>,
        address_from_code: Option<&'a str>,
        alone: bool,
    ) -> Collectors<'a> {
        let [metrics, logs] = self.signals(address_from_code, alone);
        let signals = [&self.metrics, &self.logs];
        Collectors {
            spans,
            metrics,
            logs,
            needs_grpc: !alone && signals.into_iter().any(Signal::needs_grpc),
        }
    }

    /// Returns where records go if code names the server.
    pub(crate) fn named(&self, server: &str) -> Result<Records, Fault> {
        self.wandb.named(Origin::Code("with_server"), server)
    }

    /// Returns a destination with the environment's credentials: the environment's own destination if it is the same,
    /// else the given destination with the key for its server.
    pub(crate) fn known(&self, destination: Destination) -> Destination {
        let records = self.records().ok().flatten();
        let collector = self.otlp.collector(&mut Faults::default());
        let known = records.map(|records| records.destination).into_iter();
        let mut known = known.chain(collector);
        if let Some(known) = known.find(|known| known.is_same_place(&destination)) {
            return known;
        }
        self.with_key(destination)
    }

    /// Returns a destination with the key for its server, unless it has one.
    pub(crate) fn with_key(&self, destination: Destination) -> Destination {
        if destination.has_key() {
            return destination;
        }
        match self.wandb.key_for(&destination.address()) {
            Some(key) => destination.with_api_key(key.expose()),
            None => destination,
        }
    }

    /// Returns the collectors of metrics and logs.
    fn signals<'a>(
        &'a self,
        address_from_code: Option<&'a str>,
        alone: bool,
    ) -> [Option<Collector<'a>>; 2] {
        [&self.metrics, &self.logs].map(|signal| {
            let (address, source) = match address_from_code {
                Some(base) => (Some(base).filter(|_| !signal.is_off), Source::Code),
                None if alone => return None,
                None => {
                    let endpoint = signal.used()?;
                    (
                        Some(endpoint.text()),
                        Source::Environment(endpoint.origin()),
                    )
                }
            };
            Some(Collector {
                address: address?,
                source,
                otlp: &signal.otlp,
            })
        })
    }

    /// Returns where records go if code names no destination; `None` if only a collector is configured.
    pub(crate) fn records(&self) -> Result<Option<Records>, Fault> {
        if let Some(server) = &self.server {
            return self.wandb.named(server.origin(), server.text()).map(Some);
        }
        match self.wandb.records()? {
            Some(records) => Ok(Some(records)),
            None if self.otlp.is_configured() => Ok(None),
            None => Records::server(Origin::System, LOCAL_SERVER).map(Some),
        }
    }
}

/// Adds the origin of a setting to the exporter's error about a destination.
fn address<T>(origin: Origin, made: Result<T, spanloom_exporter::Error>) -> Result<T, Fault> {
    made.map_err(|error| Fault::of(ErrorKind::Destination, origin, error))
}

#[cfg(test)]
mod tests;
