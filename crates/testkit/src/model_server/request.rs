//! The part of a chat request that determines its answer.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

/// The body of `POST /v1/chat/completions`. Clients send `null` for absent fields, so every field is optional.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ChatRequest {
    pub(super) model: Option<String>,
    messages: Option<Vec<Message>>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    tools: Option<Vec<Value>>,
    pub(super) tool_choice: Option<Value>,
    parallel_tool_calls: Option<bool>,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
    n: Option<u32>,
    stop: Option<Value>,
    service_tier: Option<String>,
    reasoning_effort: Option<String>,
    response_format: Option<Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Message {
    pub(super) role: String,
    content: Option<Content>,
    pub(super) name: Option<String>,
    tool_calls: Option<Vec<PastCall>>,
    pub(super) tool_call_id: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Value>),
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct PastCall {
    pub(super) id: String,
    #[serde(default)]
    pub(super) function: PastFunction,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PastFunction {
    pub(super) name: String,
    pub(super) arguments: String,
}

impl ChatRequest {
    pub(super) fn model(&self) -> &str {
        self.model.as_deref().unwrap_or_default()
    }

    pub(super) fn messages(&self) -> &[Message] {
        self.messages.as_deref().unwrap_or_default()
    }

    /// Returns the offered tools, of any kind.
    pub(super) fn tools(&self) -> &[Value] {
        self.tools.as_deref().unwrap_or_default()
    }

    pub(super) fn is_streamed(&self) -> bool {
        self.stream == Some(true)
    }

    pub(super) fn wants_usage_chunk(&self) -> bool {
        self.stream_options
            .as_ref()
            .is_some_and(|options| options.include_usage == Some(true))
    }

    pub(super) fn allows_parallel_tool_calls(&self) -> bool {
        self.parallel_tool_calls != Some(false)
    }

    pub(super) fn output_limit(&self) -> Option<usize> {
        self.max_completion_tokens.or(self.max_tokens)
    }

    /// Returns the number of answers requested, within 1..=128 as with OpenAI.
    pub(super) fn choices(&self) -> u32 {
        self.n.unwrap_or(1).clamp(1, 128)
    }

    pub(super) fn stops(&self) -> Vec<&str> {
        match &self.stop {
            Some(Value::String(stop)) => vec![stop],
            Some(Value::Array(stops)) => stops.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the tier that served the request: `default`, as with OpenAI, if the client left the choice open.
    pub(super) fn service_tier(&self) -> &str {
        match self.service_tier.as_deref() {
            None | Some("auto") => "default",
            Some(tier) => tier,
        }
    }

    /// Returns whether the model may reason; `minimal` and `none` switch reasoning off.
    pub(super) fn may_reason(&self) -> bool {
        !matches!(self.reasoning_effort.as_deref(), Some("minimal" | "none"))
    }

    pub(super) fn wants_json(&self) -> bool {
        let kind = self
            .response_format
            .as_ref()
            .and_then(|format| format.get("type"))
            .and_then(Value::as_str);
        matches!(kind, Some("json_object" | "json_schema"))
    }

    /// Returns the text of the last message with this role; empty when there is none.
    pub(super) fn last_of(&self, role: &str) -> Cow<'_, str> {
        self.messages()
            .iter()
            .rev()
            .find(|message| message.role == role)
            .map(Message::text)
            .unwrap_or_default()
    }

    /// Returns the text of the instructions, under either of their roles.
    pub(super) fn instructions(&self) -> String {
        let is_instruction =
            |message: &&Message| matches!(message.role.as_str(), "system" | "developer");
        self.messages()
            .iter()
            .filter(is_instruction)
            .map(Message::text)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl Message {
    /// Returns the text of the content; for content in parts, the text parts, one per line.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match &self.content {
            None => Cow::Borrowed(""),
            Some(Content::Text(text)) => Cow::Borrowed(text),
            Some(Content::Parts(parts)) => {
                let texts = parts
                    .iter()
                    .filter_map(|part| part.get("text").and_then(Value::as_str));
                Cow::Owned(texts.collect::<Vec<_>>().join("\n"))
            }
        }
    }

    pub(super) fn tool_calls(&self) -> &[PastCall] {
        self.tool_calls.as_deref().unwrap_or_default()
    }
}
