//! What the environment says; read once, here, when a monitor is built.

mod records;
mod secret;

use spanloom_core::semconv::CAPTURE_MESSAGE_CONTENT;
use std::path::PathBuf;

use spanloom_exporter::{SpoolMode, SpoolSettings};

use crate::collector::{Collector, Collectors};
pub(crate) use records::{Board, Records};
use records::{LOCAL_SERVER, Wandb};
pub(crate) use secret::Secret;

/// The SDK's own 128 would cut off what comes last on a span with many attributes.
const ATTRIBUTE_LIMIT: u32 = 1_024;

/// The environment of a monitor.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// `WANDB_ENTITY`
    pub(crate) entity: Option<String>,
    wandb: Wandb,
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, or the endpoint of all signals, `OTEL_EXPORTER_OTLP_ENDPOINT`; the stock
    /// exporters read them.
    pub(crate) otlp: Option<String>,
    /// The same of metrics.
    otlp_metrics: Option<String>,
    /// The same of logs.
    otlp_logs: Option<String>,
    /// `OTEL_METRICS_EXPORTER=none`
    no_metrics: bool,
    /// `OTEL_LOGS_EXPORTER=none`
    no_logs: bool,
    /// `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`, else `OTEL_ATTRIBUTE_COUNT_LIMIT`, else far above what a call has.
    pub(crate) attribute_limit: u32,
    /// `OTEL_SDK_DISABLED=true`
    pub(crate) disabled: bool,
    /// `SPANLOOM_QUIET=1`
    pub(crate) quiet: bool,
    /// `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` is set, and not to a word that allows content on spans: beats
    /// every default, and code as well.
    pub(crate) no_content: bool,
    /// `SPANLOOM_PRICES`: a file of the user's own prices.
    pub(crate) prices: Option<String>,
    /// `SPANLOOM_SPOOL`: `off`, `on` or `always`.
    spool: Option<String>,
    /// `SPANLOOM_SPOOL_DIR`, else `spanloom/spool` in `XDG_DATA_HOME`, else in `~/.local/share`.
    spool_folder: Option<PathBuf>,
}

impl Environment {
    pub(crate) fn read() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    /// From any source of variables, so that tests need not change the process's own.
    pub(crate) fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| {
            variable(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let endpoint = |signal: &str| {
            set(&format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"))
                .or_else(|| set("OTEL_EXPORTER_OTLP_ENDPOINT"))
        };
        let none = |name: &str| set(name).is_some_and(|value| value.eq_ignore_ascii_case("none"));
        let truthy = |name: &str| {
            set(name).is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
        };
        Self {
            entity: set("WANDB_ENTITY"),
            wandb: Wandb {
                key: set("WANDB_API_KEY").map(Secret::new),
                trace_server: set("WF_TRACE_SERVER_URL"),
                base: set("WANDB_BASE_URL"),
            },
            otlp: endpoint("TRACES"),
            otlp_metrics: endpoint("METRICS"),
            otlp_logs: endpoint("LOGS"),
            no_metrics: none("OTEL_METRICS_EXPORTER"),
            no_logs: none("OTEL_LOGS_EXPORTER"),
            attribute_limit: [
                "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
                "OTEL_ATTRIBUTE_COUNT_LIMIT",
            ]
            .into_iter()
            .find_map(|name| set(name)?.parse().ok())
            .unwrap_or(ATTRIBUTE_LIMIT),
            disabled: truthy("OTEL_SDK_DISABLED"),
            quiet: truthy("SPANLOOM_QUIET"),
            no_content: set(CAPTURE_MESSAGE_CONTENT).is_some_and(|value| {
                // A word nobody knows may have been meant to say no.
                let with = ["SPAN_ONLY", "SPAN_AND_EVENT", "TRUE"];
                !with.iter().any(|mode| value.eq_ignore_ascii_case(mode))
            }),
            prices: set("SPANLOOM_PRICES"),
            spool: set("SPANLOOM_SPOOL"),
            spool_folder: set("SPANLOOM_SPOOL_DIR").map(PathBuf::from).or_else(|| {
                let home = || set("HOME").map(|home| PathBuf::from(home).join(".local/share"));
                let data = set("XDG_DATA_HOME").map(PathBuf::from).or_else(home)?;
                Some(data.join("spanloom/spool"))
            }),
        }
    }

    /// Where what cannot be sent is kept; `None` when nothing is, or there is no home.
    pub(crate) fn spool(&self) -> Option<SpoolSettings> {
        let mut settings = SpoolSettings::new(self.spool_folder.clone()?);
        match self.spool.as_deref() {
            Some("off") => return None,
            Some("always") => settings.mode = SpoolMode::Always,
            _ => {}
        }
        Some(settings)
    }

    /// Where spans, metrics and logs go besides; `by_code` is the address code names, `alone` whether code names all
    /// destinations.
    pub(crate) fn collectors<'a>(
        &'a self,
        by_code: Option<&'a str>,
        alone: bool,
    ) -> Collectors<'a> {
        if !cfg!(feature = "otlp") {
            return Collectors::default();
        }
        let at = |address: &'a Option<String>| match (by_code, address) {
            (Some(address), _) => Some(Collector::At(address)),
            (None, Some(address)) if !alone => Some(Collector::OfEnvironment(address)),
            _ => None,
        };
        Collectors {
            spans: at(&self.otlp),
            metrics: at(&self.otlp_metrics).filter(|_| !self.no_metrics),
            logs: at(&self.otlp_logs).filter(|_| !self.no_logs),
        }
    }

    /// Where records go when code does not say it; `None` when only a collector is configured.
    pub(crate) fn records(&self) -> Result<Option<Records>, spanloom_exporter::Error> {
        if let Some(records) = self.wandb.records()? {
            return Ok(Some(records));
        }
        if self.otlp.is_some() {
            return Ok(None);
        }
        Records::server(LOCAL_SERVER).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use spanloom_exporter::Destination;

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::of(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    fn destination(variables: &[(&str, &str)]) -> Option<(String, Board)> {
        let records = environment(variables).records().unwrap()?;
        Some((records.destination.to_string(), records.board))
    }

    #[test]
    fn destinations_follow_the_environment() {
        let weave = |base: &str| Board::Weave(base.to_owned());
        let local = Board::Spanloom(LOCAL_SERVER.to_owned());
        assert_eq!(destination(&[]), Some((LOCAL_SERVER.to_owned(), local)));
        assert_eq!(
            destination(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")]),
            None
        );
        let wandb = Some((Destination::WANDB.to_owned(), weave("https://wandb.ai")));
        assert_eq!(destination(&[("WANDB_API_KEY", "k")]), wandb);
        assert_eq!(
            destination(&[
                ("WANDB_API_KEY", "k"),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
            ]),
            wandb
        );
        let private = destination(&[
            ("WANDB_API_KEY", "k"),
            ("WANDB_BASE_URL", "https://wandb.example.com/"),
        ]);
        assert_eq!(
            private,
            Some((
                "https://wandb.example.com".to_owned(),
                weave("https://wandb.example.com")
            ))
        );
        let ours = destination(&[("WF_TRACE_SERVER_URL", "http://127.0.0.1:9")]);
        assert_eq!(
            ours,
            Some((
                "http://127.0.0.1:9".to_owned(),
                Board::Spanloom("http://127.0.0.1:9".to_owned())
            ))
        );
    }

    #[test]
    #[cfg(feature = "otlp")]
    fn limits_and_signals_follow_the_environment() {
        assert_eq!(environment(&[]).attribute_limit, ATTRIBUTE_LIMIT);
        let general = ("OTEL_ATTRIBUTE_COUNT_LIMIT", "64");
        assert_eq!(environment(&[general]).attribute_limit, 64);
        let of_spans = ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "32");
        assert_eq!(environment(&[general, of_spans]).attribute_limit, 32);
        let nonsense = ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "many");
        assert_eq!(environment(&[general, nonsense]).attribute_limit, 64);
        let endpoint = (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "http://127.0.0.1:4318",
        );
        let said = |variables: &[(&str, &str)], by_code, alone| {
            let environment = environment(variables);
            let to = environment.collectors(by_code, alone);
            [to.spans, to.metrics, to.logs].map(|to| to.is_some())
        };
        assert_eq!(said(&[endpoint], None, false), [true, false, false]);
        assert_eq!(said(&[endpoint], None, true), [false; 3]);
        assert_eq!(said(&[], Some("http://127.0.0.1:4318"), true), [true; 3]);
        let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        assert_eq!(said(&[all], None, false), [true; 3]);
        let quiet = [
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ];
        let base = Some("http://127.0.0.1:4318");
        assert_eq!(said(&quiet, base, true), [true, false, false]);
    }

    #[test]
    fn content_is_recorded_unless_the_environment_says_otherwise() {
        assert!(!environment(&[]).no_content);
        for (value, without) in [
            ("", false),
            ("span_only", false),
            ("SPAN_AND_EVENT", false),
            ("True", false),
            ("NO_CONTENT", true),
            ("false", true),
            ("event_only", true),
            ("nothing please", true),
        ] {
            let environment = environment(&[(CAPTURE_MESSAGE_CONTENT, value)]);
            assert_eq!(environment.no_content, without, "{value}");
        }
    }

    #[test]
    fn keys_are_never_shown() {
        let environment = environment(&[("WANDB_API_KEY", "canary")]);
        assert!(environment.wandb.key.is_some());
        assert!(!format!("{environment:?} {environment:#?}").contains("canary"));
    }

    #[test]
    fn empty_variables_are_unset() {
        let environment = environment(&[
            ("WANDB_API_KEY", ""),
            ("SPANLOOM_QUIET", "1"),
            ("OTEL_SDK_DISABLED", "TRUE"),
        ]);
        assert!(environment.quiet && environment.disabled && !environment.no_content);
        assert_eq!(
            environment
                .records()
                .unwrap()
                .unwrap()
                .destination
                .to_string(),
            LOCAL_SERVER
        );
    }
}
