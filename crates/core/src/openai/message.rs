//! Chat messages in the convention's shape (`gen_ai.input.messages`, `gen_ai.output.messages`).
//!
//! Source: GenAI semantic conventions, `gen-ai-input-messages.json` and `gen-ai-output-messages.json`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    messages: Vec<Value>,
}

#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    message: Value,
    #[serde(default)]
    finish_reason: Option<String>,
}

/// The messages of a chat request, as the JSON text of `gen_ai.input.messages`; `None` when the body has none.
#[must_use]
pub fn input_messages(body: &[u8]) -> Option<String> {
    let request: Request = serde_json::from_slice(body).ok()?;
    let messages: Vec<Value> = request
        .messages
        .iter()
        .map(|message| Value::Object(convert(message)))
        .collect();
    (!messages.is_empty()).then(|| Value::Array(messages).to_string())
}

/// The choices of a chat answer, as the JSON text of `gen_ai.output.messages`; `None` when the body has none.
#[must_use]
pub fn output_messages(body: &[u8]) -> Option<String> {
    let response: Response = serde_json::from_slice(body).ok()?;
    let messages: Vec<Value> = response
        .choices
        .iter()
        .map(|choice| {
            let mut message = convert(&choice.message);
            message.insert(
                "finish_reason".into(),
                finish_reason(choice.finish_reason.as_deref()).into(),
            );
            Value::Object(message)
        })
        .collect();
    (!messages.is_empty()).then(|| Value::Array(messages).to_string())
}

/// The convention's word for a provider's finish reason; an answer that was cut off has none of its own and is an `error`.
fn finish_reason(reason: Option<&str>) -> &str {
    match reason {
        Some("tool_calls" | "function_call") => "tool_call",
        Some(reason) => reason,
        None => "error",
    }
}

fn convert(message: &Value) -> Map<String, Value> {
    let role = message
        .get("role")
        .and_then(Value::as_str)
        .unwrap_or("assistant");
    let mut parts = Vec::new();
    if let Some(reasoning) = text(message.get("reasoning_content")) {
        parts.push(json!({"type": "reasoning", "content": reasoning}));
    }
    if role == "tool" {
        parts.push(
            json!({"type": "tool_call_response", "id": message.get("tool_call_id"),
            "response": message.get("content").unwrap_or(&Value::Null)}),
        );
    } else {
        content(message.get("content"), &mut parts);
    }
    if let Some(refusal) = text(message.get("refusal")) {
        parts.push(json!({"type": "refusal", "content": refusal}));
    }
    for call in message
        .get("tool_calls")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        parts.push(tool_call(call));
    }
    let mut converted = Map::new();
    converted.insert("role".into(), role.into());
    converted.insert("parts".into(), Value::Array(parts));
    if let Some(name) = text(message.get("name")) {
        converted.insert("name".into(), name.into());
    }
    converted
}

fn text(value: Option<&Value>) -> Option<&str> {
    value
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

fn content(content: Option<&Value>, parts: &mut Vec<Value>) {
    match content {
        Some(Value::String(text)) => parts.push(json!({"type": "text", "content": text})),
        Some(Value::Array(items)) => parts.extend(items.iter().map(part)),
        _ => {}
    }
}

fn part(item: &Value) -> Value {
    let field = |path: &str| item.pointer(path).and_then(Value::as_str);
    match field("/type") {
        Some("text") => json!({"type": "text", "content": field("/text").unwrap_or_default()}),
        Some("refusal") => {
            json!({"type": "refusal", "content": field("/refusal").unwrap_or_default()})
        }
        Some("image_url") => image(field("/image_url/url").unwrap_or_default()),
        Some("input_audio") => json!({"type": "blob", "modality": "audio",
            "mime_type": format!("audio/{}", field("/input_audio/format").unwrap_or("wav")),
            "content": field("/input_audio/data").unwrap_or_default()}),
        Some("file") => {
            json!({"type": "file", "modality": "document", "file_id": field("/file/file_id").unwrap_or_default()})
        }
        // The convention allows any object with a type of its own.
        Some(_) => item.clone(),
        None => json!({"type": "unknown", "content": item}),
    }
}

fn image(url: &str) -> Value {
    match url
        .strip_prefix("data:")
        .and_then(|data| data.split_once(";base64,"))
    {
        Some((mime_type, content)) => {
            json!({"type": "blob", "modality": "image", "mime_type": mime_type, "content": content})
        }
        None => json!({"type": "uri", "modality": "image", "uri": url}),
    }
}

fn tool_call(call: &Value) -> Value {
    let arguments = call.pointer("/function/arguments");
    // Arguments travel as a JSON text; a model may also write something that is none.
    let arguments = match arguments.and_then(Value::as_str) {
        Some(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
        None => arguments.cloned().unwrap_or(Value::Null),
    };
    json!({"type": "tool_call", "id": call.get("id"), "name": call.pointer("/function/name").unwrap_or(&Value::Null),
        "arguments": arguments})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: Option<String>) -> Value {
        serde_json::from_str(&text.unwrap()).unwrap()
    }

    #[test]
    fn a_tool_loop() {
        let body = json!({"messages":[
            {"role":"system","content":"be brief"},
            {"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"https://x/y.png"}}]},
            {"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
            {"role":"tool","tool_call_id":"t1","content":"42"}]});
        assert_eq!(
            parsed(input_messages(body.to_string().as_bytes())),
            json!([
                {"role":"system","parts":[{"type":"text","content":"be brief"}]},
                {"role":"user","parts":[{"type":"text","content":"look"},{"type":"uri","modality":"image","uri":"https://x/y.png"}]},
                {"role":"assistant","parts":[{"type":"tool_call","id":"t1","name":"f","arguments":{"a":1}}]},
                {"role":"tool","parts":[{"type":"tool_call_response","id":"t1","response":"42"}]}])
        );
    }

    #[test]
    fn an_answer_has_the_conventions_finish_reason() {
        let body = json!({"choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":"hi"}}]});
        assert_eq!(
            parsed(output_messages(body.to_string().as_bytes())),
            json!([{"role":"assistant","parts":[{"type":"text","content":"hi"}],"finish_reason":"tool_call"}])
        );
        assert_eq!(output_messages(b"{}"), None);
        assert_eq!(input_messages(b"nonsense"), None);
    }
}
