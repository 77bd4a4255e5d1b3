//! `spanloom sync`, for records that a service has left on disk.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use spanloom::{Monitor, SpoolSettings};
use spanloom_testkit::{Sink, SinkAnswer, StatusCode};

use crate::{serving, spanloom, stderr, stdout};

/// Spools two calls of a service whose server is down. `Monitor::layer` would do, but spans of the provider are enough.
fn left_behind(folder: &Path) {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let monitor = Monitor::builder("acme/chatbot/logs")
        .with_server(&format!("http://{nobody}"))
        .with_spool(SpoolSettings::new(folder))
        .without_notices()
        .start()
        .unwrap();
    let model = spanloom_testkit::ModelServer::builder()
        .start_on_thread()
        .unwrap();
    let config = async_openai::config::OpenAIConfig::new().with_api_base(model.base_url());
    let client =
        spanloom::Monitored::monitored(async_openai::Client::with_config(config), &monitor);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for question in ["one", "two"] {
        let request = serde_json::json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": question}]});
        let request = serde_json::from_value(request).unwrap();
        runtime.block_on(client.chat().create(request)).unwrap();
    }
    let receipt = monitor.shutdown_blocking(Duration::from_secs(5));
    assert_eq!((receipt.spooled, receipt.queued), (2, 0), "{receipt}");
}

#[test]
fn what_was_left_is_sent_once() {
    let folder = tempfile::tempdir().unwrap();
    left_behind(folder.path());
    let (server, spool) = (serving(), folder.path().display().to_string());
    // The original destination has no server.
    let vain = spanloom(&["sync", &spool]);
    assert_eq!(vain.status.code(), Some(1), "{}", stderr(&vain));
    assert!(
        stderr(&vain).contains("2 records could not be sent"),
        "{}",
        stderr(&vain)
    );

    let output = spanloom(&["sync", &spool, "--to", server.url()]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stdout(&output);
    assert!(
        said.contains("2 of 2 records sent to http://127.0.0.1:"),
        "{said}"
    );
    let again = spanloom(&["sync", &spool, "--to", server.url(), "--json"]);
    let sent: Vec<Value> = serde_json::from_str(&stdout(&again)).unwrap();
    assert_eq!(
        (&sent[0]["found"], &sent[0]["left"]),
        (&0.into(), &0.into())
    );
}

#[test]
fn what_was_refused_is_sent_when_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    left_behind(folder.path());
    let (server, spool) = (serving(), folder.path().display().to_string());
    let refusing = Sink::start_on_thread().unwrap();
    refusing.answer_always(SinkAnswer::status(StatusCode::BAD_REQUEST));
    let output = spanloom(&["sync", &spool, "--to", &refusing.url()]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stdout(&output);
    assert!(said.contains("0 of 2 records sent"), "{said}");
    assert!(said.contains("2 rejected"), "{said}");
    let told = stderr(&output);
    assert!(told.contains("2 records that http://127.0.0.1:"), "{told}");
    assert!(told.contains("rejected.jsonl"), "{told}");

    // Rejected records are not sent by default.
    let without = spanloom(&["sync", &spool, "--to", server.url()]);
    assert!(
        stderr(&without).contains("no records are waiting"),
        "{}",
        stderr(&without)
    );
    let output = spanloom(&["sync", &spool, "--rejected", "--to", server.url()]);
    let said = stdout(&output);
    assert!(said.contains("2 of 2 records sent"), "{said}");
    let none = spanloom(&["sync", &spool, "--rejected", "--to", server.url()]);
    assert!(!stderr(&none).contains("refused"), "{}", stderr(&none));
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let output = spanloom(&["sync", "no-such-folder"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("there is no folder no-such-folder"));
}
