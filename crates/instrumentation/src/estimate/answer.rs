//! What of an answer was generated.

use std::borrow::Cow;

use serde_json::Value;

/// Fields of a message, a tool call or an output item whose text the model wrote.
const WRITTEN: [&str; 10] = [
    "content",
    "refusal",
    "reasoning_content",
    "text",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "message",
    "summary",
];

/// The generated texts of all choices, of a chat completion, a completion or a response.
pub(super) fn texts(answer: &Value) -> Vec<Cow<'_, str>> {
    let mut texts = Vec::new();
    for list in ["choices", "output"] {
        if let Some(items) = answer.get(list) {
            written(items, &mut texts);
        }
    }
    texts
}

/// Whether an answer in one piece holds vectors.
pub(super) fn embeds(answer: &Value) -> bool {
    let first = answer.get("data").and_then(|data| data.get(0));
    first.is_some_and(|item| item.get("embedding").is_some())
}

fn written<'a>(value: &'a Value, texts: &mut Vec<Cow<'a, str>>) {
    match value {
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => texts.push(Cow::Borrowed(text)),
        Value::Array(items) => items.iter().for_each(|item| written(item, texts)),
        Value::Object(fields) => {
            for (_, field) in fields
                .iter()
                .filter(|(name, _)| WRITTEN.contains(&name.as_str()))
            {
                written(field, texts);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
