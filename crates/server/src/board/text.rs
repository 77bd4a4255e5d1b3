//! What is shown of a prompt and of an answer in one line.

use serde_json::Value;

/// Longest preview, in characters.
const LONGEST: usize = 200;

/// The text of a call's last message, or of its embedding's input.
pub(super) fn prompt(inputs: &Value) -> Option<String> {
    let messages = inputs.get("messages").and_then(Value::as_array);
    let last = messages.and_then(|messages| messages.last());
    cut(&last
        .map(words)
        .unwrap_or_else(|| inputs.get("input").map(words).unwrap_or_default()))
}

/// The text of a call's answer; of a tool call, the call.
pub(super) fn completion(output: &Value) -> Option<String> {
    let first = |value: &Value| value.as_array().and_then(|items| items.first().cloned());
    let choice = output
        .get("choices")
        .and_then(first)
        .and_then(|choice| choice.get("message").cloned());
    if let Some(message) = choice {
        let text = words(&message);
        return cut(&if text.is_empty() {
            tool_call(&message)
        } else {
            text
        });
    }
    let embeddings = output.get("data").and_then(Value::as_array)?;
    cut(&format!(
        "{} embedding{}",
        embeddings.len(),
        if embeddings.len() == 1 { "" } else { "s" }
    ))
}

/// The texts in a message, a part of one, or a list of them.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items
            .iter()
            .map(words)
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
        Value::Object(fields) => ["content", "text", "refusal"]
            .iter()
            .filter_map(|name| fields.get(*name))
            .map(words)
            .find(|text| !text.is_empty())
            .unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

fn tool_call(message: &Value) -> String {
    let part = |name: &str| {
        message
            .pointer(&format!("/tool_calls/0/function/{name}"))
            .and_then(Value::as_str)
    };
    part("name")
        .map(|name| format!("{name}({})", part("arguments").unwrap_or_default()))
        .unwrap_or_default()
}

/// The beginning of a text on one line; `None` for nothing.
fn cut(text: &str) -> Option<String> {
    let line: String = text.chars().take(4 * LONGEST).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then(|| line.chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn previews_of_every_shape() {
        let call = json!({"inputs": {"messages": [{"role": "user", "content": [{"type": "text", "text": "two\nlines"}]}]},
            "output": {"choices": [{"message": {"content": null, "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}}]}});
        assert_eq!(prompt(&call["inputs"]).as_deref(), Some("two lines"));
        assert_eq!(completion(&call["output"]).as_deref(), Some("f({})"));
        let embedding = json!({"inputs": {"input": ["a", "b"]}, "output": {"data": [{}, {}]}});
        assert_eq!(prompt(&embedding["inputs"]).as_deref(), Some("a b"));
        assert_eq!(
            completion(&embedding["output"]).as_deref(),
            Some("2 embeddings")
        );
        assert_eq!(prompt(&json!({})), None);
    }
}
