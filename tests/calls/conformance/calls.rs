//! Calls of every kind that the testkit's server answers, and the check of all their spans, metrics and events.

use async_openai::middleware::ReqwestService;
use http::StatusCode;
use serde_json::{Value, json};
use spanloom_instrumentation::Content;
use spanloom_testkit::{Fault, ModelServer};
use tower::Layer as _;

use super::Case;
use crate::ask::{Patience, Question, ask};
use crate::observe::Observer;

fn chat(more: &Value) -> Value {
    let mut body = json!({
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "Tell me a 50-word story."}],
    });
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    body
}

/// Returns requests that cover every attribute and message format.
fn questions() -> Vec<Question> {
    let weather = json!({"type": "function", "function": {"name": "get_weather",
        "description": "The weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}});
    let usage = json!({"include_usage": true});
    let chats = [
        json!({}),
        json!({"stream": true}),
        json!({"stream": true, "stream_options": usage}),
        json!({"n": 1, "seed": 7, "temperature": 0.5, "top_p": 1, "frequency_penalty": 0, "presence_penalty": 0.1,
            "max_completion_tokens": 20, "stop": "END", "reasoning_effort": "low", "service_tier": "auto"}),
        json!({"n": 3, "seed": 0, "max_tokens": 20, "stop": ["a", "b"], "service_tier": "flex"}),
        json!({"n": 2, "stream": true, "stream_options": usage, "service_tier": "default"}),
        json!({"response_format": {"type": "json_object"}}),
        json!({"response_format": {"type": "text"}}),
        json!({"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}}),
        json!({"tools": [weather], "messages": [{"role": "user", "content": "What is the weather in Oslo?"}]}),
        json!({"tools": [weather], "stream": true, "messages": [{"role": "user", "content": "What is the weather in Oslo?"}]}),
        json!({"tools": [weather], "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "name": "ann", "content": "What is the weather in Oslo?"},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\":\"Oslo\"}"}},
                {"id": "call_2", "type": "function", "function": {"name": "get_weather", "arguments": "no JSON"}}]},
            {"role": "tool", "tool_call_id": "call_1", "content": "Rain"},
            {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "Snow"}]}]}),
        json!({"messages": [
            {"role": "system", "content": [{"type": "text", "text": "Look closely."}]},
            {"role": "user", "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
                {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
                {"type": "file", "file": {"file_id": "file-1"}},
                {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"}}]},
            {"role": "assistant", "refusal": "I cannot.", "content": null},
            {"role": "user", "content": ""}]}),
        json!({"model": ""}),
        json!({"messages": []}),
        json!({"messages": "none"}),
    ];
    let mut questions: Vec<Question> = chats
        .iter()
        .map(|more| Question::post("/chat/completions", chat(more)))
        .collect();
    let inputs = [
        json!({"model": "text-embedding-3-small", "input": "hello"}),
        json!({"model": "text-embedding-3-small", "input": ["a", "b"], "dimensions": 8, "encoding_format": "float"}),
        json!({"model": "text-embedding-3-small", "input": [1, 2, 3], "encoding_format": "base64"}),
        json!({"input": "no model"}),
    ];
    questions.extend(inputs.map(|body| Question::post("/embeddings", body)));
    questions
}

/// Returns the faults that fit a question.
fn faults(question: &Question) -> Vec<Option<Fault>> {
    let after_chunks = 3;
    let mut faults = vec![
        None,
        Some(Fault::Status(StatusCode::INTERNAL_SERVER_ERROR)),
        Some(Fault::RateLimited { retry_after: None }),
        Some(Fault::ContextLength { limit: 4 }),
        Some(Fault::InsufficientQuota),
        Some(Fault::Disconnect),
        Some(Fault::NoUsage),
    ];
    if question.streamed() {
        faults.extend([
            Some(Fault::CutStream { after_chunks }),
            Some(Fault::ErrorEvent { after_chunks }),
            Some(Fault::MalformedChunk { after_chunks }),
        ]);
    }
    faults
}

async fn walk(questions: &[Question], content: Content, provider: Option<&'static str>) -> usize {
    let mut calls = 0;
    for (number, question) in questions.iter().enumerate() {
        // Faults do not depend on the question: the first few questions meet every fault.
        let faults = if number < 6 {
            faults(question)
        } else {
            vec![None, Some(Fault::NoUsage)]
        };
        let server = ModelServer::builder().start().await.unwrap();
        for fault in faults {
            for patience in [Patience::Endless, Patience::Chunks(2)] {
                // A refused question leaves its fault to its next attempt, which is refused as well.
                if let Some(fault) = fault.clone() {
                    server.fail_next(fault);
                }
                let observer = Observer::with(|builder| {
                    let builder = builder.with_content(content);
                    match provider {
                        Some(provider) => builder.with_provider(provider),
                        None => builder,
                    }
                });
                let http = ReqwestService::new(reqwest::Client::new());
                let mut service = observer.layer.layer(http);
                let answer = ask(&mut service, &server.base_url(), question, patience).await;
                let observed = observer.observed();
                let case = Case {
                    question,
                    answer: &answer,
                    observed: &observed,
                };
                case.assert_conforms();
                calls += 1;
            }
        }
    }
    calls
}

#[tokio::test]
async fn without_content() {
    assert!(walk(&questions(), Content::Off, None).await > 120);
}

#[tokio::test]
async fn with_content_as_messages_and_as_bodies() {
    assert!(walk(&questions(), Content::Both, None).await > 120);
}

#[tokio::test]
async fn of_other_providers() {
    for provider in ["azure.ai.openai", "groq", "openrouter"] {
        assert!(walk(&questions()[..6], Content::Messages, Some(provider)).await > 50);
    }
}
