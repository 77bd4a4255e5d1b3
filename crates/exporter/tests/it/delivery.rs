use std::time::Duration;

use serde_json::Value;
use spanloom_exporter::{Limits, SpoolSettings};
use spanloom_testkit::StatusCode;

use crate::setup::{PATIENCE, Setup};

#[test]
fn spans_arrive_as_complete_calls() {
    let setup = Setup::new();
    setup.spans(3);
    let receipt = setup.exporter.flush(PATIENCE);
    assert!(receipt.is_complete(), "{receipt}");
    assert_eq!(receipt.delivered, 3);
    let request = setup.sink.requests().remove(0);
    assert_eq!(request.path, "/v2/acme/chatbot/calls/complete");
    assert_eq!(
        request.header("authorization"),
        Some("Basic YXBpOnNlY3JldC1rZXk=")
    );
    let records = setup.records();
    assert_eq!(records.len(), 3);
    let record = &records[0];
    assert_eq!(record["project_id"], "acme/chatbot");
    assert_eq!(record["op_name"], "openai.chat.completions.create");
    assert_eq!(record["attributes"]["stream"], "openai_logs");
    assert_eq!(record["inputs"]["model"], "m");
    assert_eq!(record["id"].as_str().unwrap().len(), 16);
    assert_eq!(record["trace_id"].as_str().unwrap().len(), 32);
}

#[test]
fn a_server_that_is_away_and_comes_back_gets_everything() {
    let setup = Setup::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    setup.spans(2);
    assert_eq!(setup.exporter.flush(PATIENCE).delivered, 2);

    runtime.block_on(setup.sink.stop());
    setup.spans(3);
    let kept = setup.exporter.flush(Duration::from_millis(50));
    assert_eq!(
        (kept.delivered, kept.queued, kept.dropped.total()),
        (2, 3, 0),
        "{kept}"
    );

    runtime.block_on(setup.sink.restart()).unwrap();
    let receipt = setup.exporter.flush(PATIENCE);
    assert_eq!((receipt.delivered, receipt.queued), (5, 0), "{receipt}");
    assert_eq!(setup.records().len(), 5);
}

#[test]
fn a_server_that_knows_only_parts_gets_parts() {
    let setup = Setup::new();
    setup.sink.answer_next(StatusCode::NOT_FOUND);
    setup.spans(2);
    let receipt = setup.exporter.flush(PATIENCE);
    assert!(receipt.is_complete(), "{receipt}");
    setup.spans(1);
    assert!(setup.exporter.flush(PATIENCE).is_complete());
    let requests = setup.sink.requests();
    let paths: Vec<&str> = requests.iter().map(|request| &*request.path).collect();
    assert_eq!(
        paths,
        [
            "/v2/acme/chatbot/calls/complete",
            "/call/upsert_batch",
            "/call/upsert_batch"
        ]
    );
    let parts = requests[1].json().unwrap();
    let modes: Vec<&Value> = parts["batch"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| &part["mode"])
        .collect();
    assert_eq!(modes, ["start", "end", "start", "end"]);
}

#[test]
fn busy_servers_are_asked_again() {
    let setup = Setup::new();
    for status in [
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::INTERNAL_SERVER_ERROR,
    ] {
        setup.sink.answer_next(status);
    }
    setup.spans(1);
    let receipt = setup.exporter.flush(PATIENCE);
    assert_eq!(
        (receipt.delivered, setup.sink.requests().len()),
        (1, 4),
        "{receipt}"
    );
}

/// Returns the number of records and of bytes in each request, for 95 spans within these limits.
fn batches(limits: Limits) -> Vec<(usize, usize)> {
    let setup = Setup::with_limits(limits);
    setup.sink.answer_next(StatusCode::SERVICE_UNAVAILABLE);
    setup.spans(95);
    let receipt = setup.exporter.flush(PATIENCE);
    assert_eq!(receipt.delivered, 95, "{receipt}");
    let requests = setup.sink.requests().into_iter();
    let sizes = requests.map(|request| {
        let json = request.json().unwrap();
        let batch = json["batch"].as_array().unwrap();
        (
            batch.len(),
            batch.iter().map(|it| it.to_string().len()).sum(),
        )
    });
    sizes.collect()
}

#[test]
fn batches_are_cut_by_count() {
    let mut limits = Limits::default();
    limits.batch_spans = 10;
    let batches = batches(limits);
    assert!(
        batches.len() > 9 && batches.iter().all(|(records, _)| *records <= 10),
        "{batches:?}"
    );
}

#[test]
fn batches_are_cut_by_bytes() {
    let mut limits = Limits::default();
    limits.batch_bytes = 8_000;
    let batches = batches(limits);
    let most = batches.iter().map(|(records, _)| *records).max();
    assert!(
        most > Some(1) && batches.iter().all(|(_, bytes)| *bytes <= 8_000),
        "{batches:?}"
    );
}

#[test]
fn every_span_is_in_the_account_when_the_queue_is_full() {
    let mut limits = Limits::default();
    limits.queue_bytes = 10_000;
    let setup = Setup::with_limits(limits);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(setup.sink.stop());
    setup.spans(100);
    let receipt = setup.exporter.receipt();
    assert_eq!(receipt.received, 100);
    assert!(receipt.dropped.queue_full > 0 && receipt.queued > 0);
    assert_eq!(receipt.queued + receipt.dropped.total(), 100, "{receipt}");
    let line = receipt.to_string();
    assert!(line.contains("dropped (queue full)"), "{line}");
}

#[test]
fn what_comes_after_shutdown_is_counted() {
    let setup = Setup::new();
    setup.spans(1);
    assert!(setup.exporter.shutdown(PATIENCE).is_complete());
    setup.spans(1);
    let receipt = setup.exporter.receipt();
    assert_eq!(
        (
            receipt.received,
            receipt.delivered,
            receipt.dropped.shutdown
        ),
        (2, 1, 1)
    );
}

#[test]
fn what_is_left_at_the_end_is_not_blamed_on_the_destination() {
    let folder = tempfile::tempdir().unwrap();
    // A file where the spool's folder should be.
    let path = folder.path().join("spool");
    std::fs::write(&path, "").unwrap();
    let setup = Setup::with(Limits::default(), Some(SpoolSettings::new(path)));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(setup.sink.stop());
    setup.spans(3);
    let receipt = setup.exporter.shutdown(PATIENCE);
    assert_eq!(receipt.dropped.shutdown, 3, "{receipt}");
    assert_eq!(receipt.dropped.total(), 3, "{receipt}");
}
