//! The conversion of parts of any dialect to those of a chat completion.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::json::Node;
use crate::message::{Arguments, Modality, Part, Text};

/// More levels than any message has; deeper values become texts.
const DEEPEST: usize = 64;

/// A part, as it appears in a chat completion.
pub(super) enum ChatPart {
    /// A part of the message's content.
    Content(Value),
    Reasoning(String),
    Refusal(String),
    ToolCall(Value),
    /// A message of its own, by the tool.
    ToolResult(Map<String, Value>),
}

impl ChatPart {
    /// Reads a part. A part that has no shape in a chat completion, or would lose a member, becomes content unchanged.
    pub(super) fn of(node: Node<'_>) -> Self {
        Self::from_part(&Part::read(node), node)
    }

    /// Reads a member of a list of tool calls.
    pub(super) fn of_call(node: Node<'_>) -> Self {
        let part = Part::read_call(node).unwrap_or(Part::Unknown(node));
        Self::from_part(&part, node)
    }

    fn from_part(part: &Part<'_>, node: Node<'_>) -> Self {
        let mut rest = part
            .rest(node)
            .into_iter()
            .map(member)
            .collect::<Map<_, _>>();
        match part {
            Part::Text(text) => Self::Content(plain(&text.get(), rest)),
            Part::Reasoning(text) if rest.is_empty() => Self::Reasoning(text.get().into_owned()),
            Part::Refusal(text) if rest.is_empty() => Self::Refusal(text.get().into_owned()),
            Part::ToolCall {
                id,
                name,
                arguments,
            } => {
                let arguments = arguments.map(|arguments| match arguments {
                    Arguments::Written(node) | Arguments::Given(node) => text(node),
                });
                let id = id.as_ref().map(|id| json!(id.get()));
                Self::ToolCall(tool_call(id, Some(json!(name.get())), arguments, rest))
            }
            Part::ToolResult { id, result } => {
                let mut message = Map::new();
                message.insert("role".to_owned(), json!("tool"));
                message.extend(
                    id.as_ref()
                        .map(|id| ("tool_call_id".to_owned(), json!(id.get()))),
                );
                message.insert(
                    "content".to_owned(),
                    result.map_or(Value::Null, result_value),
                );
                message.append(&mut rest);
                Self::ToolResult(message)
            }
            // A chat completion's own media parts have no modality.
            media if node.get("modality").is_some() => {
                Self::Content(self::media(media).unwrap_or_else(|| value(node)))
            }
            _ => Self::Content(value(node)),
        }
    }
}

/// Converts a value to a tree; consecutive list numbers, and values too deep for readers, become texts of their JSON.
pub(super) fn value(node: Node<'_>) -> Value {
    match node.numbers() {
        0 | 1 => node.to_value_up_to(DEEPEST),
        _ => Value::String(node.to_json_string()),
    }
}

pub(super) fn member((name, node): (Cow<'_, str>, Node<'_>)) -> (String, Value) {
    (name.into_owned(), value(node))
}

/// Creates a text part of the content.
fn plain(text: &str, rest: Map<String, Value>) -> Value {
    let mut part = Map::new();
    part.insert("type".to_owned(), json!("text"));
    part.insert("text".to_owned(), json!(text));
    part.extend(rest);
    Value::Object(part)
}

/// Creates a tool call of a chat completion, which has its arguments as JSON text.
pub(super) fn tool_call(
    id: Option<Value>,
    name: Option<Value>,
    arguments: Option<Value>,
    rest: Map<String, Value>,
) -> Value {
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

/// Returns a text as it is, any other value as JSON.
fn text(node: Node<'_>) -> Value {
    Value::String(
        node.text()
            .map_or_else(|| node.to_json_string(), Cow::into_owned),
    )
}

/// Converts the result of a tool to a text, unless it already consists of a chat completion's parts.
fn result_value(result: Node<'_>) -> Value {
    let is_text = |item: Node<'_>| {
        let [kind, text] = item.pick(["type", "text"]);
        kind.is_some_and(|kind| kind.is("text")) && text.is_some_and(Node::is_text)
    };
    let mut items = result.items().peekable();
    match items.peek().is_some() && items.all(is_text) {
        true => value(result),
        false => text(result),
    }
}

/// Converts media; `None` for media without a shape in a chat completion.
fn media(part: &Part<'_>) -> Option<Value> {
    let data = |mime_type: &str, content: &Text<'_>| {
        ["data:", mime_type, ";base64,", &content.get()].concat()
    };
    Some(match part {
        Part::Uri {
            modality: Modality::Image,
            uri,
            ..
        } => image(&uri.get()),
        Part::Blob {
            modality: Modality::Image,
            mime_type,
            content,
            ..
        } => image(&data(mime_type.as_deref().unwrap_or("image/png"), content)),
        Part::Blob {
            modality: Modality::Audio,
            mime_type,
            content,
            ..
        } => {
            let format = mime_type.as_deref()?.strip_prefix("audio/")?;
            let audio = json!({"data": content.get(), "format": format});
            json!({"type": "input_audio", "input_audio": audio})
        }
        Part::Blob {
            modality: Modality::Document,
            mime_type,
            content,
            ..
        } => {
            let data = match mime_type {
                Some(mime_type) => data(mime_type, content),
                None => content.get().into_owned(),
            };
            json!({"type": "file", "file": {"file_data": data}})
        }
        Part::File {
            modality: Modality::Document,
            id,
        } => json!({"type": "file", "file": {"file_id": id.get()}}),
        _ => return None,
    })
}

fn image(url: &str) -> Value {
    json!({"type": "image_url", "image_url": {"url": url}})
}
