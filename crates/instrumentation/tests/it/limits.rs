//! Bodies that exceed the limits: their content is not recorded, their figures are.

use std::time::Duration;

use futures_util::StreamExt as _;
use opentelemetry_sdk::trace::SpanData;
use serde_json::{Value, json};
use spanloom_instrumentation::RecorderLimits;

use crate::canned::Canned;
use crate::setup::{float, int, request, text};

const ROOM: usize = 20_000;

/// Returns how many calls lost their content. A span arrives slightly before its call is counted.
fn shed(setup: &Canned) -> u64 {
    setup.recorder.flush(Duration::from_secs(10)).unwrap();
    setup.recorder.stats().shed
}

fn small() -> RecorderLimits {
    let mut limits = RecorderLimits::default();
    limits.body_bytes = ROOM;
    limits
}

fn chunk(delta: &Value, finish: Option<&str>, usage: Option<&Value>) -> String {
    let chunk = json!({"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], "usage": usage});
    format!("data: {chunk}\n\n")
}

/// Returns a stream that is longer than the limit.
fn long_stream() -> String {
    let mut stream = String::new();
    while stream.len() < 4 * ROOM {
        stream += &chunk(&json!({"content": "on and on "}), None, None);
    }
    let usage = json!({"prompt_tokens": 11, "completion_tokens": 2_000, "total_tokens": 2_011});
    stream + &chunk(&json!({}), Some("stop"), Some(&usage)) + "data: [DONE]\n\n"
}

/// Returns the figures of the answer, which are the provider's.
fn reported(span: &SpanData) -> (Option<String>, Option<String>, Option<i64>, Option<i64>) {
    (
        text(span, "spanloom.outcome"),
        text(span, "spanloom.usage.source"),
        int(span, "gen_ai.usage.input_tokens"),
        int(span, "gen_ai.usage.output_tokens"),
    )
}

fn whole(input: i64, output: i64) -> (Option<String>, Option<String>, Option<i64>, Option<i64>) {
    let known = |text: &str| Some(text.to_owned());
    (
        known("completed"),
        known("reported"),
        Some(input),
        Some(output),
    )
}

#[tokio::test]
async fn a_stream_too_long_to_keep_has_its_tokens_and_its_end() {
    let setup = Canned::within(small()).await;
    let stream = long_stream();
    let len = stream.len();
    setup.stream(stream);
    let mut asked = request("go on");
    asked.stream = Some(true);
    let mut answer = setup.client.chat().create_stream(asked).await.unwrap();
    let mut chunks = 0;
    while let Some(chunk) = answer.next().await {
        chunk.unwrap();
        chunks += 1;
    }
    assert!(chunks > 100, "the caller gets all of it");
    let span = setup.span();
    assert_eq!(reported(&span), whole(11, 2_000));
    assert_eq!(
        text(&span, "spanloom.response"),
        None,
        "no part is taken for the whole"
    );
    assert_eq!(text(&span, "gen_ai.output.messages"), None);
    assert_eq!(
        text(&span, "gen_ai.response.model").as_deref(),
        Some("gpt-4o-mini-2024-07-18")
    );
    assert!(
        text(&span, "spanloom.request").is_some(),
        "there was room for it"
    );
    assert_eq!(
        int(&span, "spanloom.content.dropped_bytes"),
        Some(i64::try_from(len).unwrap())
    );
    assert!(text(&span, "spanloom.cost.source").is_some());
    assert_eq!(shed(&setup), 1);
}

#[tokio::test]
async fn a_stream_too_long_to_keep_that_breaks_off_is_not_counted() {
    let setup = Canned::within(small()).await;
    let stream = long_stream();
    let cut = stream.rfind("data: {").unwrap();
    setup.stream(stream[..cut].to_owned());
    let mut asked = request("go on");
    asked.stream = Some(true);
    let answer = setup.client.chat().create_stream(asked).await.unwrap();
    answer.for_each(async |_| {}).await;
    let span = setup.span();
    let nothing = (Some("error".to_owned()), None, None, None);
    assert_eq!(
        reported(&span),
        nothing,
        "a part is no estimate of the whole"
    );
}

#[tokio::test]
async fn a_body_too_long_to_keep_has_its_tokens() {
    let setup = Canned::within(small()).await;
    setup.answer(&json!({"id": "c-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini", "choices":
        [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "x".repeat(2 * ROOM)}}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 2_000, "total_tokens": 2_011}}));
    setup.client.chat().create(request("go on")).await.unwrap();
    let span = setup.span();
    assert_eq!(reported(&span), whole(11, 2_000));
    assert_eq!(text(&span, "spanloom.response"), None);
}

#[tokio::test]
async fn a_request_too_long_to_keep_costs_nothing_but_its_content() {
    let setup = Canned::within(small()).await;
    setup.answer(&json!({"id": "c-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini", "choices":
        [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "yes"}}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 2_000, "total_tokens": 2_011}}));
    let long = "x".repeat(2 * ROOM);
    setup.client.chat().create(request(&long)).await.unwrap();
    let span = setup.span();
    assert_eq!(reported(&span), whole(11, 2_000));
    assert_eq!(text(&span, "spanloom.request"), None);
    assert!(text(&span, "spanloom.response").unwrap().contains("yes"));
    let dropped = int(&span, "spanloom.content.dropped_bytes").unwrap();
    assert!(dropped > i64::try_from(2 * ROOM).unwrap(), "{dropped}");
}

#[tokio::test]
async fn a_request_too_long_to_keep_is_priced_by_its_model() {
    let setup = Canned::within(small()).await;
    // Some compatible servers omit the model.
    setup.answer(&json!({"usage": {"prompt_tokens": 1_000, "completion_tokens": 100, "total_tokens": 1_100}}));
    let long = "x".repeat(2 * ROOM);
    let refused = setup.client.chat().create(request(&long)).await;
    assert!(refused.is_err(), "async-openai wants more of an answer");
    let span = setup.span();
    assert_eq!(
        text(&span, "gen_ai.request.model").as_deref(),
        Some("gpt-4o-mini")
    );
    // $0.15 and $0.60 per million tokens.
    assert_eq!(
        float(&span, "spanloom.cost.total_usd"),
        Some(0.000_21),
        "{span:#?}"
    );
}

#[tokio::test]
async fn a_budget_that_is_used_up_serves_other_calls_again() {
    let mut limits = RecorderLimits::default();
    limits.held_bytes = 2 * ROOM;
    let setup = Canned::within(limits).await;
    setup.stream(long_stream());
    for number in 1..=3 {
        let mut asked = request("go on");
        asked.stream = Some(true);
        let answer = setup.client.chat().create_stream(asked).await.unwrap();
        answer.for_each(async |chunk| drop(chunk.unwrap())).await;
        let spans = setup.spans.wait_for(number).unwrap();
        assert_eq!(reported(spans.last().unwrap()), whole(11, 2_000));
    }
    setup.answer(&json!({"id": "c-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini", "choices": []}));
    setup.client.chat().create(request("short")).await.unwrap();
    let spans = setup.spans.wait_for(4).unwrap();
    let last = spans.last().unwrap();
    assert!(text(last, "spanloom.request").is_some() && text(last, "spanloom.response").is_some());
    assert_eq!(shed(&setup), 3);
}
