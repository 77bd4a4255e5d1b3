//! Several destinations, each with its share of the records.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
use opentelemetry_sdk::trace::SpanExporter as _;
use serde_json::Value;
use spanloom_exporter::{Destination, Exporter, Limits};
use spanloom_testkit::{Sink, SinkAnswer, SpanRecorder};

use crate::setup::{PATIENCE, block_on};

const SECRET: &str = "what only some may read";

fn exporter(destinations: impl IntoIterator<Item = Destination>) -> Exporter {
    let mut builder = Exporter::builder("acme/chatbot/logs".parse().unwrap());
    for destination in destinations {
        builder = builder.with_destination(destination);
    }
    builder.start().unwrap()
}

/// Exports a call of at least this many bytes.
fn call(exporter: &Exporter, bytes: usize) {
    let recorder = SpanRecorder::new();
    let provider = recorder.provider();
    let mut span = provider.tracer("test").start("chat m");
    let prompt = format!("{SECRET} {}", "x".repeat(bytes));
    for (name, value) in [
        ("gen_ai.operation.name", "chat".to_owned()),
        ("gen_ai.provider.name", "openai".to_owned()),
        ("gen_ai.request.model", "gpt-4o-mini".to_owned()),
        ("spanloom.outcome", "completed".to_owned()),
        (
            "gen_ai.input.messages",
            format!(r#"[{{"role":"user","parts":[{{"type":"text","content":"{prompt}"}}]}}]"#),
        ),
        (
            "spanloom.request",
            format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{prompt}"}}]}}"#),
        ),
    ] {
        span.set_attribute(KeyValue::new(name, value));
    }
    span.set_attribute(KeyValue::new("gen_ai.usage.input_tokens", 7));
    span.end();
    // Not through a processor: its provider would wait for a destination that hangs.
    block_on(exporter.span_exporter().export(recorder.spans())).unwrap();
}

#[test]
fn one_that_hangs_takes_nothing_from_the_others() {
    let (good, bad) = (
        Sink::start_on_thread().unwrap(),
        Sink::start_on_thread().unwrap(),
    );
    bad.answer_always(SinkAnswer::hang());
    let exporter = exporter([
        Destination::spanloom(&bad.url()).unwrap(),
        Destination::otlp_http(&good.url()).unwrap(),
    ]);
    for _ in 0..3 {
        call(&exporter, 0);
    }
    let sum = exporter.flush(Duration::from_millis(300));
    assert_eq!(
        (sum.received, sum.delivered, sum.queued),
        (6, 3, 3),
        "{sum}"
    );
    let receipts = exporter.receipt().destinations;
    assert_eq!(
        (receipts[0].account.delivered, receipts[1].account.delivered),
        (0, 3)
    );
    assert_eq!(receipts[1].name, good.url());
    assert!(receipts.iter().all(|one| one.account.is_conserved()));
}

#[test]
fn content_goes_only_where_it_may() {
    let (with, without) = (
        Sink::start_on_thread().unwrap(),
        Sink::start_on_thread().unwrap(),
    );
    let exporter = exporter([
        Destination::spanloom(&with.url()).unwrap(),
        Destination::spanloom(&without.url())
            .unwrap()
            .without_content(),
        Destination::otlp_http(&without.url())
            .unwrap()
            .without_content(),
    ]);
    call(&exporter, 0);
    assert!(exporter.flush(PATIENCE).is_complete());
    let told = |sink: &Sink| {
        let bodies: Vec<u8> = sink
            .requests()
            .iter()
            .flat_map(|it| it.body.to_vec())
            .collect();
        String::from_utf8_lossy(&bodies).into_owned()
    };
    assert!(told(&with).contains(SECRET));
    let bare = told(&without);
    assert_eq!(without.requests().len(), 2);
    assert!(
        !bare.contains(SECRET) && bare.contains("gpt-4o-mini"),
        "{bare}"
    );
}

#[test]
fn a_file_has_a_line_for_each_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    let exporter = exporter([Destination::json_lines(&path)]);
    call(&exporter, 0);
    call(&exporter, 0);
    let receipt = exporter.shutdown(PATIENCE);
    assert!(receipt.is_complete() && receipt.delivered == 2, "{receipt}");
    let text = std::fs::read_to_string(path).unwrap();
    let records: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(records.len(), 2);
    assert_eq!(
        records[0]["summary"]["usage"]["gpt-4o-mini"]["prompt_tokens"],
        7
    );
}

#[test]
fn a_large_span_goes_alone_and_one_that_is_too_large_is_counted() {
    let sink = Sink::start_on_thread().unwrap();
    let mut limits = Limits::default();
    limits.batch_bytes = 10_000;
    limits.span_bytes = 100_000;
    let exporter = exporter([Destination::spanloom(&sink.url())
        .unwrap()
        .with_limits(limits)]);
    for bytes in [0, 20_000, 0, 200_000] {
        call(&exporter, bytes);
    }
    let receipt = exporter.flush(PATIENCE);
    assert_eq!(
        (receipt.delivered, receipt.dropped.too_large),
        (3, 1),
        "{receipt}"
    );
    let alone = |request: &spanloom_testkit::SinkRequest| {
        let body = request.json().unwrap();
        let calls = body["batch"].as_array().unwrap().len();
        request.body.len() < 20_000 || calls == 1
    };
    assert!(sink.requests().iter().all(alone));
}

#[test]
fn the_account_is_told_as_metrics() {
    let sink = Sink::start_on_thread().unwrap();
    let exporter = exporter([Destination::spanloom(&sink.url()).unwrap()]);
    let told = InMemoryMetricExporter::default();
    let meters = SdkMeterProvider::builder()
        .with_periodic_exporter(told.clone())
        .build();
    exporter.observe(&meters);
    call(&exporter, 0);
    assert!(exporter.flush(PATIENCE).is_complete());
    meters.force_flush().unwrap();
    let metrics = told.get_finished_metrics().unwrap();
    let scopes = metrics
        .iter()
        .flat_map(opentelemetry_sdk::metrics::data::ResourceMetrics::scope_metrics);
    let metric = scopes
        .flat_map(|scope| scope.metrics())
        .find(|metric| metric.name() == "spanloom.export.spans");
    let Some(AggregatedMetrics::U64(MetricData::Sum(sum))) = metric.map(|metric| metric.data())
    else {
        panic!("{metrics:?}");
    };
    let delivered = KeyValue::new("spanloom.export.outcome", "delivered");
    let point = sum
        .data_points()
        .find(|point| point.attributes().any(|it| *it == delivered))
        .unwrap();
    assert_eq!(point.value(), 1);
    assert!(
        point
            .attributes()
            .any(|it| *it == KeyValue::new("spanloom.export.destination", sink.url()))
    );
}
