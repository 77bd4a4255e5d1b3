//! The parts a message is made of, in all dialects: what each is by its `type`, and where its fields stand.
//!
//! Source: GenAI semantic conventions (`gen-ai-input-messages.json`), and the shapes of rig 0.44, rust-genai 0.7, the Vercel AI
//! SDK 5 and Anthropic's messages, which differ from it in words.

use serde_json::{Map, Value, json};

/// What a part says.
pub(super) enum Part {
    /// Content of the message, in the shape of a chat completion's.
    Content(Value),
    Reasoning(String),
    Refusal(String),
    ToolCall(Value),
    /// A message of its own: the tool's.
    ToolResult(Map<String, Value>),
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Reasoning,
    Refusal,
    ToolCall,
    ToolResult,
    Uri,
    Blob,
    File,
}

const KINDS: &[(&str, Kind)] = &[
    ("text", Kind::Text),
    ("input_text", Kind::Text),
    ("output_text", Kind::Text),
    ("reasoning", Kind::Reasoning),
    ("thinking", Kind::Reasoning),
    ("refusal", Kind::Refusal),
    ("tool_call", Kind::ToolCall),
    ("tool-call", Kind::ToolCall),
    ("tool_use", Kind::ToolCall),
    ("tool_call_response", Kind::ToolResult),
    ("tool-result", Kind::ToolResult),
    ("tool_result", Kind::ToolResult),
    ("uri", Kind::Uri),
    ("blob", Kind::Blob),
    ("file", Kind::File),
];
const WORDS: &[&str] = &["content", "text", "thinking", "refusal"];
const ID: &[&str] = &["id", "toolCallId", "tool_use_id"];
const NAME: &[&str] = &["name", "toolName"];
const ARGUMENTS: &[&str] = &["arguments", "args", "input"];
const RESULT: &[&str] = &["response", "result", "output", "content"];

/// Reads a part. One of another kind, or without what its kind should have, is content as it came.
pub(super) fn read(part: Value) -> Part {
    let fields = match part {
        Value::Object(fields) => fields,
        Value::String(text) => return Part::Content(text_of(text, Map::new())),
        other => return Part::Content(other),
    };
    let said = fields.get("type").and_then(Value::as_str);
    let kind = KINDS.iter().find(|(word, _)| Some(*word) == said);
    let as_it_came = |fields: &Map<String, Value>| Part::Content(Value::Object(fields.clone()));
    let mut rest = fields.clone();
    rest.remove("type");
    let mut take = |names: &[&str]| names.iter().find_map(|name| rest.remove(*name));
    match kind.map(|(_, kind)| *kind) {
        Some(kind @ (Kind::Text | Kind::Reasoning | Kind::Refusal)) => {
            let Some(Value::String(words)) = take(WORDS) else {
                return as_it_came(&fields);
            };
            match kind {
                Kind::Reasoning if rest.is_empty() => Part::Reasoning(words),
                Kind::Refusal if rest.is_empty() => Part::Refusal(words),
                // As our own messages say it.
                Kind::Text if rest.len() == 1 && rest.get("refusal") == Some(&json!(true)) => {
                    Part::Refusal(words)
                }
                Kind::Text => Part::Content(text_of(words, rest)),
                _ => as_it_came(&fields),
            }
        }
        Some(Kind::ToolCall) => {
            let [id, name, arguments] = [take(ID), take(NAME), take(ARGUMENTS)];
            Part::ToolCall(tool_call(id, name, arguments, rest))
        }
        Some(Kind::ToolResult) => {
            let [id, result] = [take(ID), take(RESULT)];
            Part::ToolResult(tool_result(id, result, rest))
        }
        Some(kind) => Part::Content(media(kind, &fields).unwrap_or(Value::Object(fields))),
        None => Part::Content(Value::Object(fields)),
    }
}

fn text_of(text: String, rest: Map<String, Value>) -> Value {
    let mut part = Map::new();
    part.insert("type".to_owned(), json!("text"));
    part.insert("text".to_owned(), Value::String(text));
    part.extend(rest);
    Value::Object(part)
}

/// A tool call of a chat completion, which has its arguments as JSON text.
pub(super) fn tool_call(
    id: Option<Value>,
    name: Option<Value>,
    arguments: Option<Value>,
    rest: Map<String, Value>,
) -> Value {
    let arguments = arguments.map(text);
    let mut call = Map::new();
    call.extend(id.map(|id| ("id".to_owned(), id)));
    call.insert("type".to_owned(), json!("function"));
    let function = Map::from_iter([
        ("name".to_owned(), name.unwrap_or_default()),
        ("arguments".to_owned(), arguments.unwrap_or_default()),
    ]);
    call.insert("function".to_owned(), Value::Object(function));
    call.extend(rest);
    Value::Object(call)
}

fn tool_result(
    id: Option<Value>,
    result: Option<Value>,
    rest: Map<String, Value>,
) -> Map<String, Value> {
    let mut message = Map::new();
    message.insert("role".to_owned(), json!("tool"));
    message.extend(id.map(|id| ("tool_call_id".to_owned(), id)));
    message.insert(
        "content".to_owned(),
        result.map_or(Value::Null, |result| match result {
            list @ Value::Array(_) if is_parts(&list) => list,
            Value::Null => Value::Null,
            result => text(result),
        }),
    );
    message.extend(rest);
    message
}

/// Whether a tool answered in parts of a chat completion already.
fn is_parts(list: &Value) -> bool {
    let mut items = list.as_array().into_iter().flatten().peekable();
    let is_text =
        |item: &Value| item.get("type") == Some(&json!("text")) && item["text"].is_string();
    items.peek().is_some() && items.all(is_text)
}

/// A text as it is, anything else as JSON.
fn text(value: Value) -> Value {
    match value {
        text @ Value::String(_) => text,
        other => Value::String(other.to_string()),
    }
}

/// What is sent along with the words; `None` for what a chat completion has no shape for.
fn media(kind: Kind, fields: &Map<String, Value>) -> Option<Value> {
    let field = |name: &str| fields.get(name).and_then(Value::as_str);
    let mime = field("mime_type");
    match (kind, field("modality")?) {
        (Kind::Uri, "image") => Some(image(field("uri")?)),
        (Kind::Blob, "image") => {
            let mime = mime.unwrap_or("image/png");
            Some(image(&format!("data:{mime};base64,{}", field("content")?)))
        }
        (Kind::Blob, "audio") => {
            let format = mime.and_then(|mime| mime.strip_prefix("audio/"))?;
            let audio = json!({"data": field("content")?, "format": format});
            Some(json!({"type": "input_audio", "input_audio": audio}))
        }
        (Kind::Blob, "document") => {
            let data = match mime {
                Some(mime) => format!("data:{mime};base64,{}", field("content")?),
                None => field("content")?.to_owned(),
            };
            Some(json!({"type": "file", "file": {"file_data": data}}))
        }
        (Kind::File, "document") => {
            Some(json!({"type": "file", "file": {"file_id": field("file_id")?}}))
        }
        _ => None,
    }
}

fn image(url: &str) -> Value {
    json!({"type": "image_url", "image_url": {"url": url}})
}
