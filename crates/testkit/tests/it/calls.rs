//! Recorded calls, from spans of several instrumentations and from the records that a sink received.

use std::io::Write;
use std::time::{Duration, SystemTime};

use flate2::{Compression, write::GzEncoder};
use opentelemetry::trace::{Span, SpanBuilder, Status, Tracer, TracerProvider};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde_json::json;
use spanloom_testkit::{ErrorKind, RecordedCall, Sink, SpanRecorder};

/// Records a span of two seconds with these attributes.
fn span(provider: &SdkTracerProvider, name: &'static str, attributes: &[(&'static str, Value)]) {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let builder = SpanBuilder::from_name(name).with_start_time(start);
    let mut span = provider.tracer("test").build(builder);
    for (key, value) in attributes {
        span.set_attribute(KeyValue::new(*key, value.clone()));
    }
    if name == "fails" {
        span.set_status(Status::error("too many requests"));
    }
    span.end_with_timestamp(start + Duration::from_secs(2));
}

fn only(recorder: &SpanRecorder) -> RecordedCall {
    let calls = recorder.wait_for_calls(1).unwrap();
    assert_eq!(calls.len(), 1);
    calls[0].clone()
}

#[test]
fn a_span_of_the_convention_tells_all_there_is() {
    let recorder = SpanRecorder::new();
    let provider = recorder.provider();
    let reasons = Array::from(vec![StringValue::from("stop")]);
    span(
        &provider,
        "chat gpt-4o-mini",
        &[
            ("gen_ai.operation.name", "chat".into()),
            ("gen_ai.provider.name", "openai".into()),
            ("gen_ai.request.model", "gpt-4o-mini".into()),
            ("gen_ai.response.model", "gpt-4o-mini-2024-07-18".into()),
            ("gen_ai.response.finish_reasons", Value::Array(reasons)),
            ("gen_ai.usage.input_tokens", 1_000.into()),
            ("gen_ai.usage.output_tokens", 100.into()),
            ("gen_ai.usage.cache_read.input_tokens", 512.into()),
            ("gen_ai.response.time_to_first_chunk", 0.25.into()),
            ("spanloom.outcome", "completed".into()),
            ("spanloom.attempts", 2.into()),
            ("spanloom.cost.total_usd", 0.000_21.into()),
            ("spanloom.cost.source", "priced".into()),
            ("spanloom.price.date", "2026-11-01".into()),
            ("spanloom.attributes", r#"{"tenant": "acme"}"#.into()),
            ("spanloom.request", r#"{"model": "gpt-4o-mini"}"#.into()),
            ("spanloom.response", r#"{"choices": []}"#.into()),
        ],
    );
    let call = only(&recorder);
    assert_eq!(call.op_name, "openai.chat.completions.create");
    assert_eq!(call.model.as_deref(), Some("gpt-4o-mini-2024-07-18"));
    assert_eq!(call.request_model.as_deref(), Some("gpt-4o-mini"));
    assert_eq!(call.provider.as_deref(), Some("openai"));
    assert_eq!(
        (call.input_tokens, call.output_tokens, call.total_tokens),
        (Some(1_000), Some(100), Some(1_100))
    );
    assert_eq!(
        (call.cached_tokens, call.reasoning_tokens),
        (Some(512), None)
    );
    assert_eq!(call.cost_usd, Some(0.000_21));
    assert_eq!(call.cost_source.as_deref(), Some("priced"));
    assert_eq!(call.price_date.as_deref(), Some("2026-11-01"));
    assert_eq!(call.latency, Some(Duration::from_secs(2)));
    assert_eq!(call.time_to_first_chunk, Some(Duration::from_millis(250)));
    assert_eq!(
        (call.outcome.as_str(), call.attempts),
        ("completed", Some(2))
    );
    assert_eq!(call.finish_reasons, ["stop"]);
    assert_eq!(json!(call.attributes), json!({"tenant": "acme"}));
    assert_eq!(call.inputs, Some(json!({"model": "gpt-4o-mini"})));
    assert_eq!(call.output, Some(json!({"choices": []})));
    assert_eq!(
        call.to_string(),
        "chat gpt-4o-mini-2024-07-18: $0.00021, 1000 in + 100 out tokens (512 cached), 2s, completed (prices of 2026-11-01)"
    );
}

#[test]
fn other_instrumentations_are_understood_and_priced() {
    let recorder = SpanRecorder::new();
    let provider = recorder.provider();
    // OpenInference.
    span(
        &provider,
        "ChatCompletion",
        &[
            ("openinference.span.kind", "LLM".into()),
            ("llm.system", "openai".into()),
            ("llm.model_name", "gpt-4o-mini".into()),
            ("llm.token_count.prompt", 2_000.into()),
            ("llm.token_count.completion", 1_000.into()),
        ],
    );
    let call = only(&recorder);
    assert_eq!(call.total_tokens, Some(3_000));
    assert_eq!((call.inputs, call.output), (None, None));
    // 2,000 tokens at $0.15 and 1,000 at $0.60 per million.
    assert_eq!(call.cost_usd, Some(0.0009));
    assert!(call.price_date.is_some());
}

#[test]
fn what_is_no_model_call_is_left_out() {
    let recorder = SpanRecorder::new();
    let provider = recorder.provider();
    span(&provider, "GET /", &[("http.route", "/".into())]);
    for operation in ["invoke_agent", "execute_tool"] {
        let tokens = ("gen_ai.usage.input_tokens", 500.into());
        let operation = ("gen_ai.operation.name", operation.into());
        span(&provider, "around", &[operation, tokens]);
    }
    assert_eq!(recorder.spans().len(), 3);
    assert!(recorder.calls().is_empty());
}

#[test]
fn a_call_that_failed_says_so_and_its_cost_is_unknown() {
    let recorder = SpanRecorder::new();
    let provider = recorder.provider();
    let operation = ("gen_ai.operation.name", "chat".into());
    let kind = ("error.type", "rate_limit_exceeded".into());
    span(&provider, "fails", &[operation, kind]);
    let call = only(&recorder);
    assert_eq!(call.outcome, "error");
    let error = "rate_limit_exceeded: too many requests";
    assert_eq!(call.error.as_deref(), Some(error));
    assert_eq!((call.cost_usd, call.input_tokens), (None, None));
}

#[test]
fn a_wait_for_calls_is_not_ended_by_other_spans() {
    let recorder = SpanRecorder::new();
    let provider = recorder.provider();
    let thread = std::thread::spawn(move || {
        span(&provider, "GET /", &[]);
        span(
            &provider,
            "chat",
            &[("gen_ai.operation.name", "chat".into())],
        );
    });
    assert_eq!(recorder.wait_for_calls(1).unwrap().len(), 1);
    thread.join().unwrap();
}

#[tokio::test(start_paused = true)]
async fn calls_that_never_come_end_the_wait() {
    let sink = Sink::start().await.unwrap();
    let error = sink.wait_for_calls(1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert_eq!(error.to_string(), "0 of 1 calls arrived within 10s");
}

#[tokio::test]
async fn records_in_a_sink_are_calls_plain_or_compressed() {
    let sink = Sink::start().await.unwrap();
    let record = |id: &str, input: u64| {
        json!({"project_id": "acme/chatbot", "id": id, "op_name": "openai.chat.completions.create",
            "started_at": "2026-11-22T10:00:00Z", "ended_at": "2026-11-22T10:00:01Z",
            "inputs": {"model": "gpt-4o-mini"},
            "attributes": {"stream": "openai_logs", "tenant": id,
                "spanloom": {"operation": "chat", "response_model": "gpt-4o-mini"}},
            "summary": {"usage": {"gpt-4o-mini": {"prompt_tokens": input}}, "status_code": "SUCCESS"}})
    };
    let path = format!("{}/v2/acme/chatbot/calls/complete", sink.url());
    let client = reqwest::Client::new();
    let batch = json!({"batch": [record("one", 10), {"not": "a call"}, record("two", 20)]});
    client.post(&path).json(&batch).send().await.unwrap();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    let batch = json!({"batch": [record("three", 30)]});
    gzip.write_all(batch.to_string().as_bytes()).unwrap();
    let request = client.post(&path).header("content-encoding", "gzip");
    request.body(gzip.finish().unwrap()).send().await.unwrap();
    client.post(&path).body("no json").send().await.unwrap();

    let calls = sink.wait_for_calls(3).await.unwrap();
    assert_eq!(calls.len(), 3);
    calls.input_tokens().sum().at_least(60).unwrap();
    calls.input_tokens().sum().at_most(60).unwrap();
    let second = calls.with_attribute("tenant", "two");
    assert_eq!(second[0].input_tokens, Some(20));
    assert!(calls.with_attribute("tenant", 2).is_empty());
    assert_eq!(calls.of_model("gpt-4o-mini").len(), 3);
    assert!(calls.of_model("gpt-4o").is_empty());
    let large = calls.only(|call| call.input_tokens > Some(15));
    assert_eq!(large.len(), 2);
    assert_eq!(calls[0].outcome, "completed");
    assert_eq!(calls[0].inputs, Some(json!({"model": "gpt-4o-mini"})));
}
