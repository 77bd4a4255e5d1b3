use async_openai::types::responses::{CreateResponse, ResponseStreamEvent};
use futures_util::StreamExt as _;
use opentelemetry::Value as Attribute;
use opentelemetry::trace::{SpanKind, Status};
use serde_json::{Value, json};
use spanloom_testkit::{Sink, SinkAnswer, StatusCode, attribute};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::canned::{Canned, events, json, texts};
use crate::setup::{float, int, text};

fn request(more: &Value) -> CreateResponse {
    let mut request = json!({"model":"gpt-4o-mini","input":"hello world!"});
    request
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    serde_json::from_value(request).unwrap()
}

pub(crate) fn response(status: &str, text: &str) -> Value {
    json!({"id":"resp_1","object":"response","created_at":1_700_000_000,"status":status,"error":null,
        "incomplete_details":null,"instructions":"be brief","model":"gpt-4o-mini-2024-07-18","parallel_tool_calls":true,
        "service_tier":"default","tools":[],"metadata":{},
        "output":[{"type":"message","id":"msg_1","status":"completed","role":"assistant",
            "content":[{"type":"output_text","text":text,"annotations":[],"logprobs":[]}]}],
        "usage":{"input_tokens":20,"input_tokens_details":{"cached_tokens":16,"cache_write_tokens":2},
            "output_tokens":5,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":25}})
}

#[tokio::test]
async fn a_response_is_a_chat_span_of_the_responses_api() {
    let setup = Canned::new().await;
    setup.answer(&response("completed", "Hello!"));
    let asked = request(
        &json!({"instructions":"be brief","temperature":0.5,"top_p":0.25,"max_output_tokens":64,
        "reasoning":{"effort":"low"},"text":{"format":{"type":"json_object"}},"previous_response_id":"resp_0",
        "service_tier":"default","prompt":{"id":"pmpt_1","version":"3"},
        "tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":true},
            {"type":"mcp","server_label":"wiki","server_url":"https://x","authorization":"opaque-1","headers":{"X-Key":"opaque-2"}}]}),
    );
    let plain = setup.plain.responses().create(asked.clone()).await.unwrap();
    let answer = setup.client.responses().create(asked).await.unwrap();
    assert_eq!(answer, plain, "the caller gets what it would without us");

    let span = setup.span();
    assert_eq!(
        (span.name.as_ref(), &span.span_kind, &span.status),
        ("chat gpt-4o-mini", &SpanKind::Client, &Status::Unset)
    );
    for (name, value) in [
        ("gen_ai.operation.name", "chat"),
        ("openai.api.type", "responses"),
        ("gen_ai.request.model", "gpt-4o-mini"),
        ("gen_ai.request.reasoning.level", "low"),
        ("gen_ai.output.type", "json"),
        ("gen_ai.request.previous_response.id", "resp_0"),
        ("gen_ai.prompt.name", "pmpt_1"),
        ("gen_ai.prompt.version", "3"),
        ("openai.request.service_tier", "default"),
        ("gen_ai.response.id", "resp_1"),
        ("gen_ai.response.model", "gpt-4o-mini-2024-07-18"),
        ("openai.response.service_tier", "default"),
        ("spanloom.outcome", "completed"),
        ("spanloom.usage.source", "reported"),
    ] {
        assert_eq!(text(&span, name).as_deref(), Some(value), "{name}");
    }
    for (name, value) in [
        ("gen_ai.request.max_tokens", 64),
        ("gen_ai.usage.input_tokens", 20),
        ("gen_ai.usage.output_tokens", 5),
        ("gen_ai.usage.cache_read.input_tokens", 16),
        ("gen_ai.usage.cache_write.input_tokens", 2),
        ("gen_ai.usage.reasoning.output_tokens", 3),
    ] {
        assert_eq!(int(&span, name), Some(value), "{name}");
    }
    assert_eq!(float(&span, "gen_ai.request.top_p"), Some(0.25));
    assert_eq!(texts(&span, "gen_ai.response.finish_reasons"), ["stop"]);
    assert_eq!(
        attribute(&span, "gen_ai.response.status"),
        None,
        "the convention has it on fetched responses only"
    );
    assert!(float(&span, "spanloom.cost.total_usd").unwrap() > 0.0);
    assert_eq!(
        json(&span, "gen_ai.input.messages"),
        json!([{"role":"user","parts":[{"type":"text","content":"hello world!"}]}])
    );
    assert_eq!(
        json(&span, "gen_ai.output.messages"),
        json!([{"role":"assistant","parts":[{"type":"text","content":"Hello!"}],"finish_reason":"stop"}])
    );
    assert_eq!(
        json(&span, "gen_ai.system_instructions"),
        json!([{"type":"text","content":"be brief"}])
    );
    assert_eq!(
        json(&span, "gen_ai.tool.definitions"),
        json!([{"type":"function","name":"f","description":"d","parameters":{"type":"object"}},{"type":"mcp","name":"wiki"}])
    );
    assert_eq!(json(&span, "spanloom.response")["id"], "resp_1");
    let everything = format!("{span:?}");
    assert!(!everything.contains("opaque-"), "a tool's credentials");
}

#[tokio::test]
async fn the_conversation_is_the_providers() {
    let setup = Canned::new().await;
    setup.answer(&response("completed", "Hello!"));
    let asked = request(&json!({"conversation":{"id":"conv_1"},
        "input":[{"type":"compaction","id":"cmp_1","encrypted_content":"gAAAAsealed"},{"role":"user","content":"go on"}]}));
    setup.client.responses().create(asked).await.unwrap();
    let span = setup.span();
    assert_eq!(
        text(&span, "gen_ai.conversation.id").as_deref(),
        Some("conv_1")
    );
    assert_eq!(
        attribute(&span, "gen_ai.conversation.compacted"),
        Some(Attribute::Bool(true))
    );
    assert!(
        !text(&span, "gen_ai.input.messages")
            .unwrap()
            .contains("sealed")
    );
}

#[tokio::test]
async fn a_response_that_failed_is_an_error_with_the_providers_code() {
    let setup = Canned::new().await;
    let mut failed = response("failed", "Hel");
    failed["error"] = json!({"code":"server_error","message":"the model broke"});
    setup.answer(&failed);
    let answer = setup
        .client
        .responses()
        .create(request(&json!({})))
        .await
        .unwrap();
    assert_eq!(answer.id, "resp_1", "the caller has to look at the status");
    let span = setup.span();
    assert_eq!(span.status, Status::error("the model broke"));
    assert_eq!(text(&span, "error.type").as_deref(), Some("server_error"));
    assert_eq!(texts(&span, "gen_ai.response.finish_reasons"), ["error"]);
    assert_eq!(int(&span, "gen_ai.usage.output_tokens"), Some(5));
}

#[expect(clippy::indexing_slicing, reason = "members of a JSON object")]
pub(crate) fn opening() -> Vec<Value> {
    let mut created = response("in_progress", "");
    created["output"] = json!([]);
    created["usage"] = Value::Null;
    vec![
        json!({"type":"response.created","sequence_number":0,"response":created}),
        json!({"type":"response.output_item.added","sequence_number":1,"output_index":0,
            "item":{"type":"message","id":"msg_1","status":"in_progress","role":"assistant","content":[]}}),
        json!({"type":"response.content_part.added","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,
            "part":{"type":"output_text","text":"","annotations":[],"logprobs":[]}}),
        json!({"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,
            "delta":"Hel","logprobs":[]}),
        json!({"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,
            "delta":"lo!","logprobs":[]}),
    ]
}

/// Returns everything that the caller sees of a stream.
async fn seen(
    client: &async_openai::Client<async_openai::config::OpenAIConfig>,
) -> Vec<Option<ResponseStreamEvent>> {
    let mut stream = client
        .responses()
        .create_stream(request(&json!({})))
        .await
        .unwrap();
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        events.push(event.ok());
    }
    events
}

#[tokio::test]
async fn a_streamed_response_is_the_one_its_last_event_carries() {
    for (kind, status, reason) in [
        ("response.completed", "completed", "stop"),
        ("response.incomplete", "incomplete", "length"),
    ] {
        let setup = Canned::new().await;
        let mut last = response(status, "Hello!");
        if status == "incomplete" {
            last["incomplete_details"] = json!({"reason":"max_output_tokens"});
        }
        let mut stream = opening();
        stream.push(json!({"type":kind,"sequence_number":5,"response":last}));
        setup.stream(events(&stream));
        let plain = seen(&setup.plain).await;
        assert_eq!(seen(&setup.client).await, plain);
        assert_eq!(plain.len(), stream.len());

        let span = setup.span();
        assert_eq!(span.status, Status::Unset);
        assert_eq!(
            text(&span, "spanloom.outcome").as_deref(),
            Some("completed")
        );
        assert_eq!(
            attribute(&span, "gen_ai.request.stream"),
            Some(Attribute::Bool(true))
        );
        assert!(float(&span, "gen_ai.response.time_to_first_chunk").is_some());
        assert_eq!(texts(&span, "gen_ai.response.finish_reasons"), [reason]);
        assert_eq!(int(&span, "gen_ai.usage.output_tokens"), Some(5));
        assert_eq!(json(&span, "spanloom.response"), last);
        let output = json(&span, "gen_ai.output.messages");
        assert_eq!(output[0]["parts"][0]["content"], "Hello!");
        assert_eq!(output[0]["finish_reason"], reason);
    }
}

#[tokio::test]
async fn streams_that_fail_say_why_and_keep_what_had_come() {
    let mut failed = response("failed", "");
    failed["output"] = json!([]);
    failed["usage"] = Value::Null;
    failed["error"] = json!({"code":"server_error","message":"the model broke"});
    for (last, code) in [
        (
            Some(json!({"type":"response.failed","sequence_number":5,"response":failed})),
            "server_error",
        ),
        (
            Some(
                json!({"type":"error","sequence_number":5,"code":"rate_limit_exceeded","message":"slow down","param":null}),
            ),
            "rate_limit_exceeded",
        ),
        (None, "incomplete_stream"),
    ] {
        let setup = Canned::new().await;
        let mut stream = opening();
        stream.extend(last);
        setup.stream(events(&stream));
        let plain = seen(&setup.plain).await;
        assert_eq!(seen(&setup.client).await, plain);
        let span = setup.span();
        assert_eq!(text(&span, "spanloom.outcome").as_deref(), Some("error"));
        assert_eq!(text(&span, "error.type").as_deref(), Some(code));
        let kept = json(&span, "spanloom.response");
        assert_eq!(kept["output"][0]["content"][0]["text"], "Hello!", "{code}");
    }
}

/// Starts a server that sends the beginning of a stream and then nothing more.
async fn stalling(body: String) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut asked = [0_u8; 16 << 10];
        assert!(connection.read(&mut asked).await.unwrap() > 0);
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n",
            body.len()
        );
        connection.write_all(answer.as_bytes()).await.unwrap();
        // Until the client disconnects.
        while connection.read(&mut asked).await.is_ok_and(|read| read > 0) {}
    });
    base
}

// async-openai reads a stream on a separate task, which needs a thread while this one waits for the span.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_dropped_half_way_is_cancelled_with_what_had_come() {
    let base = stalling(events(&opening())).await;
    let setup = Canned::at(Sink::start().await.unwrap(), base);
    let mut stream = setup
        .client
        .responses()
        .create_stream(request(&json!({})))
        .await
        .unwrap();
    for _ in opening() {
        stream.next().await.unwrap().unwrap();
    }
    drop(stream);
    let span = setup.span();
    assert_eq!(
        text(&span, "spanloom.outcome").as_deref(),
        Some("cancelled")
    );
    assert_eq!(span.status, Status::Unset);
    assert_eq!(text(&span, "error.type"), None);
    let kept = json(&span, "spanloom.response");
    assert_eq!(kept["status"], "in_progress");
    assert_eq!(kept["output"][0]["content"][0]["text"], "Hello!");
    assert_eq!(text(&span, "gen_ai.response.id").as_deref(), Some("resp_1"));
}

#[tokio::test]
async fn the_state_of_a_prompts_cache_and_of_rate_limits_are_facts() {
    let setup = Canned::new().await;
    let mut body = response("completed", "Hello!");
    body["prompt_cache_diagnostics"] = json!({"type":"cache_miss","reason":"tools_changed","cache_missed_tokens":4,
        "comparison_reusable_tokens":20});
    let header = |name| http::HeaderName::from_static(name);
    let answer = SinkAnswer::status(StatusCode::OK)
        .with_header(header("content-type"), "application/json".parse().unwrap())
        .with_header(
            header("x-ratelimit-remaining-requests"),
            "59".parse().unwrap(),
        )
        .with_body(body.to_string());
    setup.sink.answer_always(answer);
    let responses = setup.client.responses();
    responses.create(request(&json!({}))).await.unwrap();
    let span = setup.span();
    for (name, value) in [
        ("spanloom.prompt_cache.result", "cache_miss"),
        ("spanloom.prompt_cache.miss_reason", "tools_changed"),
    ] {
        assert_eq!(text(&span, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(int(&span, "spanloom.prompt_cache.missed_tokens"), Some(4));
    assert_eq!(
        int(&span, "spanloom.prompt_cache.reusable_tokens"),
        Some(20)
    );
    // 16 of 20 tokens were read from the cache, 2 of the others written to it: 4 x (0.15 - 0.075) per million.
    let missed = float(&span, "spanloom.prompt_cache.missed_usd").unwrap();
    assert!((missed - 4.0 * 0.075e-6).abs() < 1e-12, "{missed}");
    assert_eq!(
        texts(&span, "http.response.header.x-ratelimit-remaining-requests"),
        ["59"]
    );
}
