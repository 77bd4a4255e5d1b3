//! The settings that result from variables.

use spanloom_core::semconv::CAPTURE_MESSAGE_CONTENT;
use spanloom_exporter::{Destination, SpoolMode};

use super::environment;
#[cfg(feature = "otlp")]
use crate::config::ATTRIBUTE_LIMIT;
use crate::config::Board;
use crate::config::records::LOCAL_SERVER;
#[cfg(feature = "otlp")]
use crate::error::Faults;

fn destination(variables: &[(&str, &str)]) -> Option<(String, Board)> {
    let records = environment(variables).records().unwrap()?;
    Some((records.destination.to_string(), records.board))
}

#[test]
fn destinations_follow_the_environment() {
    let weave = |base: &str| Board::Weave(base.to_owned());
    let local = Board::Spanloom(LOCAL_SERVER.to_owned());
    assert_eq!(destination(&[]), Some((LOCAL_SERVER.to_owned(), local)));
    #[cfg(feature = "otlp")]
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
    let address = "http://10.0.0.7:7440";
    let named = destination(&[("SPANLOOM_URL", address), ("WANDB_API_KEY", "k")]);
    let board = Board::Spanloom(address.to_owned());
    assert_eq!(named, Some((address.to_owned(), board)));
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
    let signals = |variables: &[(&str, &str)], from_code, alone| {
        let environment = environment(variables);
        let mut faults = Faults::default();
        let spans = environment.collector(from_code, alone, &mut faults);
        faults.settle(Some(())).unwrap();
        let to = environment.collectors(spans.as_ref(), from_code, alone);
        [to.spans.is_some(), to.metrics.is_some(), to.logs.is_some()]
    };
    assert_eq!(signals(&[endpoint], None, false), [true, false, false]);
    assert_eq!(signals(&[endpoint], None, true), [false; 3]);
    assert_eq!(signals(&[], Some("http://127.0.0.1:4318"), true), [true; 3]);
    let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
    assert_eq!(signals(&[all], None, false), [true; 3]);
    let quiet = [
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ];
    let base = Some("http://127.0.0.1:4318");
    assert_eq!(signals(&quiet, base, true), [true, false, false]);
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

#[test]
fn a_spool_is_in_the_folder_of_the_environment() {
    let spool = |variables: &[(&str, &str)]| {
        let settings = environment(variables).spool().unwrap()?;
        Some((settings.folder, settings.mode))
    };
    let at = |folder: &str, mode| Some((folder.into(), mode));
    let home = ("HOME", "/home/me");
    let data = ("XDG_DATA_HOME", "/data");
    let folder = ("SPANLOOM_SPOOL_DIR", "/spool");
    let on_trouble = SpoolMode::OnTrouble;
    let of_home = "/home/me/.local/share/spanloom/spool";
    assert_eq!(spool(&[]), None);
    assert_eq!(spool(&[home]), at(of_home, on_trouble));
    assert_eq!(spool(&[home, data]), at("/data/spanloom/spool", on_trouble));
    assert_eq!(spool(&[home, data, folder]), at("/spool", on_trouble));
    for (word, mode) in [
        ("On", Some(on_trouble)),
        ("ALWAYS", Some(SpoolMode::Always)),
        ("off", None),
    ] {
        let found = spool(&[home, ("SPANLOOM_SPOOL", word)]);
        assert_eq!(found, mode.and_then(|mode| at(of_home, mode)), "{word}");
    }
}
