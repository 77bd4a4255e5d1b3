//! Bad configurations: each reports all its faults at once, without any secret.

#[cfg(feature = "otlp")]
mod collectors;
mod names;
mod records;

use super::builder;
use crate::error::Error;

/// Planted wherever a key may appear. No output contains it.
const CANARY: &str = "c4n4ry";

/// The stream, the settings (variables, and code's `server` and `collector`), and the expected faults.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

const GOOD: &str = "acme/chatbot/logs";
/// Returns the error of a configuration, with all other output that could show a secret.
fn error(stream: &str, settings: &[(&str, &str)]) -> (Option<Error>, String) {
    let of_code = |name: &str| settings.iter().find(|(known, _)| *known == name);
    let mut builder = builder(stream, settings);
    if let Some((_, address)) = of_code("server") {
        builder = builder.with_server(address);
    }
    #[cfg(feature = "otlp")]
    if let Some((_, address)) = of_code("collector") {
        builder = builder.with_collector(address);
    }
    let mut shown = format!("{builder:?} {builder:#?}");
    let error = builder.start().err();
    if let Some(error) = &error {
        shown += &format!(
            "{error} {error:?} {error:#?} {:?}",
            std::error::Error::source(error)
        );
    }
    (error, shown)
}

fn check(rows: &[Row<'_>]) {
    let mut wrong = String::new();
    for (stream, settings, expected) in rows {
        let (error, shown) = error(stream, settings);
        let messages =
            error.map(|error| error.faults().map(ToString::to_string).collect::<Vec<_>>());
        let messages = messages.unwrap_or_default();
        if messages != *expected {
            wrong += &format!("{stream} {settings:?}:\n  {messages:#?}\n");
        }
        if shown.contains(CANARY) {
            wrong += &format!("{stream} {settings:?} shows a secret:\n  {shown}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn spools_and_prices() {
    let word =
        |word: &str| format!("SPANLOOM_SPOOL: invalid word {word:?}: expected off, on or always");
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    let missing = format!("{here}/missing.json");
    let no_file =
        format!("SPANLOOM_PRICES: the price file {here:?} cannot be used:\nit is not a file");
    let homeless = "SPANLOOM_SPOOL: there is no home folder for a spool; set SPANLOOM_SPOOL_DIR";
    let not_found = format!(
        "SPANLOOM_PRICES: the price file {missing:?} cannot be used:\nNo such file or directory (os error 2)"
    );
    check(&[
        (GOOD, &[("SPANLOOM_SPOOL", "yes")], &[&word("yes")]),
        (GOOD, &[("SPANLOOM_SPOOL", "allways")], &[&word("allways")]),
        (GOOD, &[("SPANLOOM_SPOOL", "always")], &[homeless]),
        (GOOD, &[("SPANLOOM_SPOOL", "on")], &[homeless]),
        (GOOD, &[("SPANLOOM_PRICES", &missing)], &[&not_found]),
        (GOOD, &[("SPANLOOM_PRICES", here)], &[&no_file]),
    ]);
}

#[test]
fn a_monitor_that_is_switched_off_asks_for_nothing_but_a_name() {
    for switch in ["OTEL_SDK_DISABLED", "WEAVE_DISABLED"] {
        let bad = [
            (switch, "true"),
            ("WF_TRACE_SERVER_URL", "htp://x"),
            ("SPANLOOM_SPOOL", "maybe"),
            ("SPANLOOM_PRICES", "/missing/prices.json"),
        ];
        let monitor = builder("chatbot/logs", &bad).start().unwrap();
        assert!(monitor.instrumentation().is_none());
        let error = builder("a//c", &bad).start().unwrap_err();
        assert_eq!(error.faults().count(), 1, "{error}");
    }
}
