//! Starting a monitor: names, and the errors in them.

use spanloom::{ErrorKind, Monitor};

#[test]
fn a_wrong_name_is_an_error_that_says_what_was_expected() {
    for name in ["", "openai_logs", "a/b/c/d", "a//c"] {
        let error = Monitor::builder(name)
            .with_server("http://127.0.0.1:9")
            .without_spool()
            .without_notices()
            .start()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StreamName);
        assert!(
            error.to_string().contains("expected entity/project/stream"),
            "{error}"
        );
    }
}

#[test]
fn a_wrong_address_is_an_error_that_names_it() {
    let error = Monitor::builder("acme/chatbot/logs")
        .with_server("htp://x")
        .without_spool()
        .without_notices()
        .start()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Destination);
    assert_eq!(
        error.to_string(),
        "invalid endpoint \"htp://x\": expected http:// or https:// and a host"
    );
}

#[test]
fn the_link_is_the_streams_table() {
    let monitor = Monitor::builder("acme/chatbot/logs")
        .with_server("http://127.0.0.1:9/")
        .without_spool()
        .without_notices()
        .start()
        .unwrap();
    assert_eq!(
        monitor.link(),
        Some("http://127.0.0.1:9/acme/chatbot/table/logs")
    );
    assert_eq!(monitor.stream().to_string(), "acme/chatbot/logs");
}
