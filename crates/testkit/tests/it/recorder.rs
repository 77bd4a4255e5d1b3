//! The recorder with the real SDK.

use std::time::Duration;

use opentelemetry::trace::{Span, Tracer, TracerProvider};
use opentelemetry::{KeyValue, Value};
use spanloom_testkit::{ErrorKind, SpanRecorder, attribute};

#[test]
fn spans_arrive_from_another_thread_and_tell_their_attributes() {
    let recorder = SpanRecorder::new();
    let provider = recorder.provider();
    let tracer = provider.tracer("test");
    let thread = std::thread::spawn(move || {
        let mut span = tracer.start("chat gpt-4o-mini");
        span.set_attribute(KeyValue::new("gen_ai.usage.input_tokens", 14));
        span.end();
        tracer.start("second").end();
    });
    let spans = recorder.wait_for(2).unwrap();
    thread.join().unwrap();
    assert_eq!(spans[0].name, "chat gpt-4o-mini");
    assert_eq!(
        attribute(&spans[0], "gen_ai.usage.input_tokens"),
        Some(Value::I64(14))
    );
    assert_eq!(attribute(&spans[0], "gen_ai.usage"), None);
    assert!(recorder.resource().is_some());
    recorder.clear();
    assert!(recorder.spans().is_empty());
}

#[test]
fn a_wait_for_spans_that_never_come_has_a_deadline() {
    let error = SpanRecorder::new()
        .wait_for_within(1, Duration::ZERO)
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Deadline, "0 of 1 spans arrived within 0ns")
    );
}

#[test]
fn shutdown_reaches_the_recorder() {
    let recorder = SpanRecorder::new();
    recorder.provider().shutdown().unwrap();
    assert!(recorder.is_shut_down());
}
