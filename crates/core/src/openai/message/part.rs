//! The parts a message is made of.

use serde_json::{Map, Value, json};

/// Types the convention gives a shape to. Another part must not go by their names.
const SHAPED: [&str; 10] = [
    "text",
    "reasoning",
    "tool_call",
    "tool_call_response",
    "server_tool_call",
    "server_tool_call_response",
    "blob",
    "uri",
    "file",
    "compaction",
];

/// A field that holds a text with something in it.
pub(super) fn field<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

pub(super) fn text(content: &str) -> Value {
    json!({"type": "text", "content": content})
}

pub(super) fn reasoning(content: &str) -> Value {
    json!({"type": "reasoning", "content": content})
}

/// The convention has no shape for a refusal of its own.
pub(super) fn refusal(content: &str) -> Value {
    json!({"type": "refusal", "content": content})
}

/// What a URL points to, or holds itself.
pub(super) fn media(modality: &str, url: &str) -> Value {
    let data = url
        .strip_prefix("data:")
        .and_then(|data| data.split_once(";base64,"));
    match data {
        Some((mime_type, content)) => blob(modality, Some(mime_type), content),
        None => json!({"type": "uri", "modality": modality, "uri": url}),
    }
}

pub(super) fn blob(modality: &str, mime_type: Option<&str>, content: &str) -> Value {
    let mut part = json!({"type": "blob", "modality": modality, "content": content});
    set(&mut part, "mime_type", mime_type.map(Value::from));
    part
}

pub(super) fn file(modality: &str, file_id: &str) -> Value {
    json!({"type": "file", "modality": modality, "file_id": file_id})
}

/// `input_audio` of both APIs.
pub(super) fn audio(item: &Value) -> Value {
    let audio = item.get("input_audio").unwrap_or(item);
    let format = field(audio, "format").unwrap_or("wav");
    blob(
        "audio",
        Some(&format!("audio/{format}")),
        field(audio, "data").unwrap_or_default(),
    )
}

/// A document: what it holds (`file_data`), where it is (`file_url`) or the id it was stored under (`file_id`).
pub(super) fn document(item: &Value) -> Value {
    if let Some(data) = field(item, "file_data") {
        return match data.starts_with("data:") {
            true => media("document", data),
            false => blob("document", None, data),
        };
    }
    if let Some(url) = field(item, "file_url") {
        return media("document", url);
    }
    match field(item, "file_id") {
        Some(id) => file("document", id),
        None => json!({"type": "unknown", "content": item}),
    }
}

pub(super) fn tool_call(id: Option<&str>, name: &str, arguments: Value) -> Value {
    let mut part = json!({"type": "tool_call", "name": name});
    set(&mut part, "id", id.map(Value::from));
    set(&mut part, "arguments", Some(arguments));
    part
}

pub(super) fn tool_response(id: Option<&str>, response: Option<&Value>) -> Value {
    let mut part =
        json!({"type": "tool_call_response", "response": response.unwrap_or(&Value::Null)});
    set(&mut part, "id", id.map(Value::from));
    part
}

/// Arguments travel as a JSON text; a model may also write something that is none.
pub(super) fn arguments(value: Option<&Value>) -> Value {
    match value.and_then(Value::as_str) {
        Some(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
        None => value.cloned().unwrap_or(Value::Null),
    }
}

/// Any other part as it is, without what is encrypted: the convention allows every object with a type of its own.
pub(super) fn generic(item: &Value) -> Value {
    let own_type = field(item, "type").filter(|kind| !SHAPED.contains(kind));
    let mut item = item.clone();
    set(&mut item, "encrypted_content", None);
    match own_type {
        Some(_) => item,
        None => json!({"type": "unknown", "content": item}),
    }
}

/// Sets a field, or removes it.
pub(super) fn set(object: &mut Value, name: &str, value: Option<Value>) {
    let Some(fields) = object.as_object_mut() else {
        return;
    };
    match value {
        Some(value) => fields.insert(name.to_owned(), value),
        None => fields.remove(name),
    };
}

/// A message of parts.
pub(super) fn message(role: &str, parts: Vec<Value>) -> Map<String, Value> {
    let mut message = Map::new();
    message.insert("role".to_owned(), role.into());
    message.insert("parts".to_owned(), Value::Array(parts));
    message
}
