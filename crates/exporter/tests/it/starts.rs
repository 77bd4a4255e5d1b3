//! Start records of calls in progress.

use std::time::Duration;

use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use spanloom_exporter::{Destination, Exporter, Limits};
use spanloom_testkit::{Sink, SinkAnswer, StatusCode};

use crate::setup::PATIENCE;

fn exporter(sink: &Sink, limits: Limits) -> (Exporter, SdkTracerProvider) {
    let destination = Destination::spanloom(&sink.url()).unwrap();
    let destination = destination.with_limits(limits).with_calls_in_progress();
    let exporter = Exporter::builder("acme/chatbot/openai_logs".parse().unwrap())
        .with_destination(destination)
        .start()
        .unwrap();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(exporter.processor())
        .build();
    (exporter, provider)
}

#[test]
fn a_span_that_runs_has_a_start_and_a_short_one_has_none() {
    let sink = Sink::start_on_thread().unwrap();
    let mut limits = Limits::default();
    // The ended span waits for the flush.
    limits.batch_age = Duration::from_secs(60);
    let (exporter, provider) = exporter(&sink, limits);
    let tracer = provider.tracer("test");
    let mut long = tracer.start("long");
    tracer.start("short").end();
    let start = sink.wait_for_blocking(1).unwrap().remove(0);
    assert_eq!(start.path, "/call/upsert_batch");
    let body = start.json().unwrap();
    let batch = body["batch"].as_array().unwrap();
    assert_eq!(batch.len(), 1, "{body:#}");
    assert_eq!(batch[0]["mode"], "start");
    let begun = &batch[0]["req"]["start"];
    assert_eq!(begun["id"], long.span_context().span_id().to_string());
    assert_eq!(begun["attributes"]["stream"], "openai_logs");
    assert!(begun["started_at"].is_string(), "{begun}");
    long.end();
    let receipt = exporter.flush(PATIENCE);
    assert_eq!((receipt.received, receipt.delivered), (2, 2), "{receipt}");
    let end = sink.requests().pop().unwrap();
    assert_eq!(end.path, "/v2/acme/chatbot/calls/complete");
    let ended = end.json().unwrap();
    let ended = ended["batch"].as_array().unwrap().iter();
    let mut ended = ended.filter(|call| call["id"] == begun["id"]);
    assert_eq!(ended.next().unwrap()["started_at"], begun["started_at"]);
}

#[test]
fn a_server_that_refuses_starts_gets_the_records_all_the_same() {
    let sink = Sink::start_on_thread().unwrap();
    sink.answer_next_with(SinkAnswer::status(StatusCode::INTERNAL_SERVER_ERROR));
    let (exporter, provider) = exporter(&sink, Limits::default());
    let mut span = provider.tracer("test").start("long");
    sink.wait_for_blocking(1).unwrap();
    span.end();
    let receipt = exporter.shutdown(PATIENCE);
    assert!(receipt.is_complete(), "{receipt}");
    assert_eq!(receipt.destinations[0].trouble, None);
}
