//! One call of each kind, made by the real client.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::CreateChatCompletionRequest;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use spanloom::{MonitorAttributes, MonitorAttributesExt as _};
use spanloom_testkit::{Fault, ModelServer, Sink, SinkAnswer};

use crate::model::{plain, streamed, user};

/// The label of each call.
pub(super) const LABELS: [&str; 7] = [
    "plain",
    "streamed",
    "tool",
    "response",
    "embedding",
    "failed",
    "cancelled",
];

pub(super) const USER: &str = "jane@example.org";
pub(super) const SESSION: &str = "session-1";
pub(super) const MODEL: &str = "gpt-4o-mini-2024-07-18";

/// Returns the user's own attributes of the call with this label.
pub(super) fn attributes(label: &str) -> Value {
    json!({"label": label, "params": {"temperature": 0.5, "tags": ["a", 1, null]}})
}

pub(super) fn tool_request() -> Value {
    let mut request = user("What is the weather in Paris?");
    request["tools"] = json!([{"type": "function", "function": {"name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]);
    request
}

pub(super) fn response_request() -> Value {
    json!({"model": "gpt-4o-mini", "input": "Say hello.", "instructions": "Be short."})
}

/// Returns an answer for which half of the prompt was in the provider's cache.
pub(super) fn response_answer() -> Value {
    json!({"id": "resp_1", "object": "response", "created_at": 1_790_000_000, "model": MODEL, "status": "completed",
        "output": [{"type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
            "content": [{"type": "output_text", "text": "Hello.", "annotations": []}]}],
        "usage": {"input_tokens": 2048, "input_tokens_details": {"cached_tokens": 1024}, "output_tokens": 40,
            "output_tokens_details": {"reasoning_tokens": 30}, "total_tokens": 2088}})
}

/// The servers for the calls.
pub(super) struct Kinds {
    pub(super) model: ModelServer,
    responses: Sink,
}

impl Kinds {
    pub(super) async fn start() -> Self {
        let responses = Sink::start().await.unwrap();
        let answer = SinkAnswer::status(reqwest::StatusCode::OK);
        responses.answer_always(answer.with_body(response_answer().to_string()));
        Self {
            model: ModelServer::builder().start().await.unwrap(),
            responses,
        }
    }

    /// Makes the calls, in the order of their labels, with clients that are `monitored`.
    pub(super) async fn ask(
        &self,
        monitored: impl Fn(Client<OpenAIConfig>) -> Client<OpenAIConfig>,
    ) {
        let client = monitored(plain(&self.model.base_url()));
        let chat = client.chat();
        for (label, request) in [("plain", user("what is 2+2?")), ("tool", tool_request())] {
            let answer = chat.create(typed(request)).monitor_attributes(said(label));
            answer.await.unwrap();
        }
        for (label, patience) in [("streamed", usize::MAX), ("cancelled", 1)] {
            let request = typed(streamed(user("Tell me a story.")));
            let stream = chat.create_stream(request).monitor_attributes(said(label));
            let stream = stream.await.unwrap();
            stream
                .take(patience)
                .for_each(async |chunk| drop(chunk))
                .await;
        }
        let request = json!({"model": "text-embedding-3-small", "input": "life", "dimensions": 8});
        let embeddings = client.embeddings();
        let embedding = embeddings.create(serde_json::from_value(request).unwrap());
        embedding
            .monitor_attributes(said("embedding"))
            .await
            .unwrap();
        self.model.fail_next(Fault::ContextLength { limit: 8 });
        let refused = chat.create(typed(user("Summarise the whole library.")));
        assert!(refused.monitor_attributes(said("failed")).await.is_err());
        let client = monitored(plain(&format!("{}/v1", self.responses.url())));
        let responses = client.responses();
        let response = responses.create(serde_json::from_value(response_request()).unwrap());
        // The client's own parsing of the answer does not matter.
        drop(response.monitor_attributes(said("response")).await);
    }
}

fn said(label: &str) -> MonitorAttributes {
    MonitorAttributes::new(attributes(label))
        .user(USER)
        .session(SESSION)
}

fn typed(request: Value) -> CreateChatCompletionRequest {
    serde_json::from_value(request).unwrap()
}

/// Returns the call with this label; `attributes` reads a call's attributes.
pub(super) fn labelled<'a>(
    calls: &'a [Value],
    attributes: impl Fn(&Value) -> &Value,
    label: &str,
) -> &'a Value {
    let found = calls.iter().find(|call| attributes(call)["label"] == label);
    found.unwrap_or_else(|| panic!("no {label} in {calls:#?}"))
}
