//! The content of the model's answers.

mod argument;
mod math;
mod report;
mod story;
mod text;
mod tool;

pub(super) use tool::ToolCall;

use super::request::ChatRequest;
use super::seed::Seed;

/// The content of an assistant's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// Text.
    Text(String),
    /// Calls to the client's tools.
    ToolCalls(Vec<ToolCall>),
}

/// Returns the reply to a request: tool calls if the request asks for them, text otherwise.
pub(super) fn reply(request: &ChatRequest, seed: Seed) -> Reply {
    let calls = tool::calls(request, seed);
    if !calls.is_empty() {
        return Reply::ToolCalls(calls);
    }
    let text = report::report(request).unwrap_or_else(|| text::answer(request, seed));
    if request.wants_json() {
        return Reply::Text(serde_json::json!({ "answer": text }).to_string());
    }
    Reply::Text(text)
}
