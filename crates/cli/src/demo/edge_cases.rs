//! Calls beyond a plain answer: tools, embeddings, a stream without usage, an abandoned stream, a model without a price, an
//! error.
//!
//! These calls go only to the local server: on a real server they would cost money and prove nothing.

use async_openai::types::chat::CreateChatCompletionRequest;
use serde_json::{Value, json};
use spanloom::MonitorAttributesExt as _;
use spanloom_testkit::{Fault, ModelServer};

use super::example::{request, streamed};
use super::session::Session;

pub(super) async fn all(session: &Session, server: &ModelServer) {
    session.expect(6);
    session.heading("Calls beyond a plain answer");
    // Every outcome is shown as it is, including failures, since the board must show them.
    let outcomes = [
        ("tool call", tool_call(session).await),
        ("embedding", embedding(session).await),
        ("stream without usage", story(session, usize::MAX).await),
        ("abandoned stream", story(session, 4).await),
        ("unpriced model", unpriced(session).await),
        ("error", context_too_long(session, server).await),
    ];
    for (title, outcome) in outcomes {
        session.answered(title, outcome.as_deref().unwrap_or_else(|error| error));
    }
}

type CaseResult = Result<String, String>;

async fn chat(session: &Session, request: Value) -> CaseResult {
    let request: CreateChatCompletionRequest =
        serde_json::from_value(request).map_err(|error| error.to_string())?;
    let answer = session
        .client
        .chat()
        .create(request)
        .monitor_attributes(json!({"feature": "assistant"}))
        .await;
    let answer = answer.map_err(|error| error.to_string())?;
    let message = answer
        .choices
        .into_iter()
        .next()
        .map(|choice| choice.message);
    let message = serde_json::to_value(message).map_err(|error| error.to_string())?;
    let call = message.pointer("/tool_calls/0/function").map(|function| {
        let part = |name: &str| {
            function
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        format!("{}({})", part("name"), part("arguments"))
    });
    let content = message
        .get("content")
        .and_then(Value::as_str)
        .map(str::to_owned);
    Ok(call.or(content).unwrap_or_default())
}

async fn tool_call(session: &Session) -> CaseResult {
    let parameters =
        json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let tool = json!({"type": "function", "function": {
        "name": "get_weather", "description": "Current weather of a city", "parameters": parameters}});
    let messages = json!([{"role": "user", "content": "What is the weather in Paris?"}]);
    chat(
        session,
        json!({"model": session.model, "messages": messages, "tools": [tool]}),
    )
    .await
}

async fn unpriced(session: &Session) -> CaseResult {
    let messages = json!([{"role": "user", "content": "hello world!"}]);
    chat(
        session,
        json!({"model": "house-model-1", "messages": messages}),
    )
    .await
}

async fn context_too_long(session: &Session, server: &ModelServer) -> CaseResult {
    server.fail_next(Fault::ContextLength { limit: 8 });
    let messages = json!([{"role": "user", "content": "Summarise the whole library for me, book by book, please."}]);
    chat(
        session,
        json!({"model": session.model, "messages": messages}),
    )
    .await
}

async fn embedding(session: &Session) -> CaseResult {
    let request = json!({"model": "text-embedding-3-small", "input": "the meaning of life", "dimensions": 256});
    let request = serde_json::from_value(request).map_err(|error| error.to_string())?;
    let answer = session
        .client
        .embeddings()
        .create(request)
        .await
        .map_err(|error| error.to_string())?;
    let numbers = answer
        .data
        .first()
        .map_or(0, |embedding| embedding.embedding.len());
    Ok(format!("{numbers} numbers"))
}

/// Streams an answer without `include_usage`, and abandons it after a number of chunks.
async fn story(session: &Session, chunks: usize) -> CaseResult {
    let mut request = request(&session.model, &[("user", "Tell me a 50-word story.")])
        .map_err(|error| error.to_string())?;
    request.stream = Some(true);
    streamed(session, request, chunks)
        .await
        .map_err(|error| error.to_string())
}
