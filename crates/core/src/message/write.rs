//! The convention's JSON for messages and parts.
//!
//! Source: GenAI semantic conventions, `gen-ai-input-messages.json` and `gen-ai-output-messages.json`.

use super::{Arguments, Message, Modality, Part, Text, ToolDefinition};
use crate::json::{Document, Node, quote};

/// Types with a shape in the convention. Another part must not use their names.
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

/// Values with more levels are written as texts: a reader with a depth limit would lose all messages.
const DEEPEST: usize = 64;

/// Writes `gen_ai.input.messages` or `gen_ai.output.messages`; `None` without messages.
#[must_use]
pub fn to_json(messages: &[Message<'_>]) -> Option<String> {
    let room = |message: &Message<'_>| 64 + message.parts.iter().map(room).sum::<usize>();
    list(messages, room, message)
}

/// Writes `gen_ai.system_instructions`: parts without a role; `None` without parts.
#[must_use]
pub fn parts_json(parts: &[Part<'_>]) -> Option<String> {
    list(parts, room, part)
}

/// Writes `gen_ai.tool.definitions`; `None` without tools.
#[must_use]
pub fn tools_json(tools: &[ToolDefinition<'_>]) -> Option<String> {
    let room = |_: &ToolDefinition<'_>| 512;
    list(tools, room, |tool, json| {
        let mut object = Object::begin(json);
        object.text("type", Some(&tool.kind));
        object.text("name", Some(&tool.name));
        for (name, value) in [
            ("description", tool.description),
            ("parameters", tool.parameters),
        ] {
            if let Some(value) = value {
                object.member(name, |json| bounded(value, json));
            }
        }
        object.end();
    })
}

/// Estimates the number of bytes a part is written in: the long parts are texts.
fn room(part: &Part<'_>) -> usize {
    let content = match part {
        Part::Text(text) | Part::Reasoning(text) | Part::Refusal(text) => text.room(),
        Part::Blob { content, .. } => content.room(),
        Part::Uri { uri, .. } => uri.room(),
        _ => 256,
    };
    64 + content
}

fn list<T>(
    items: &[T],
    room: impl Fn(&T) -> usize,
    write: impl Fn(&T, &mut String),
) -> Option<String> {
    if items.is_empty() {
        return None;
    }
    let mut json = String::with_capacity(items.iter().map(room).sum());
    elements(items, &mut json, write);
    Some(json)
}

fn elements<T>(items: &[T], json: &mut String, write: impl Fn(&T, &mut String)) {
    json.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        write(item, json);
    }
    json.push(']');
}

fn message(message: &Message<'_>, json: &mut String) {
    let mut object = Object::begin(json);
    object.str("role", &message.role);
    object.text("name", message.name.as_ref());
    object.member("parts", |json| elements(&message.parts, json, part));
    if let Some(reason) = &message.finish_reason {
        object.str("finish_reason", reason);
    }
    object.end();
}

fn part(part: &Part<'_>, json: &mut String) {
    let mut object = Object::begin(json);
    match part {
        Part::Text(text) => object.plain("text", text),
        Part::Reasoning(text) => object.plain("reasoning", text),
        // The convention has no shape for a refusal: a viewer that knows only texts shows the refusal as a text.
        Part::Refusal(text) => {
            object.plain("text", text);
            object.member("refusal", |json| json.push_str("true"));
        }
        Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::ServerToolCall { .. }
        | Part::ServerToolResult { .. } => tool(part, &mut object),
        Part::Blob {
            modality,
            mime_type,
            content,
            ..
        } => {
            object.medium("blob", *modality);
            if let Some(mime_type) = mime_type {
                object.str("mime_type", mime_type);
            }
            object.text("content", Some(content));
        }
        Part::Uri { modality, uri, .. } => {
            object.medium("uri", *modality);
            object.text("uri", Some(uri));
        }
        Part::File { modality, id } => {
            object.medium("file", *modality);
            object.text("file_id", Some(id));
        }
        Part::Compaction { id } => {
            object.str("type", "compaction");
            object.text("id", id.as_ref());
        }
        Part::Unknown(node) => unknown(*node, &mut object),
    }
    object.end();
}

fn tool(part: &Part<'_>, object: &mut Object<'_>) {
    match part {
        Part::ToolCall {
            id,
            name,
            arguments,
        } => {
            object.call("tool_call", id.as_ref(), Some(name));
            object.member("arguments", |json| match arguments {
                Some(arguments) => write_arguments(*arguments, json),
                None => json.push_str("null"),
            });
        }
        Part::ToolResult { id, result } => {
            object.call("tool_call_response", id.as_ref(), None);
            object.member("response", |json| match result {
                Some(result) => bounded(*result, json),
                None => json.push_str("null"),
            });
        }
        Part::ServerToolCall {
            id,
            name,
            tool,
            members,
        } => {
            object.call("server_tool_call", id.as_ref(), Some(name));
            object.tool("server_tool_call", tool, members);
        }
        Part::ServerToolResult { id, tool, members } => {
            object.call("server_tool_call_response", id.as_ref(), None);
            object.tool("server_tool_call_response", tool, members);
        }
        _ => {}
    }
}

/// Writes any other part as it is, without encrypted content: the convention allows any object with its own type.
fn unknown(node: Node<'_>, object: &mut Object<'_>) {
    let kind = node.get("type").and_then(Node::text).unwrap_or_default();
    let is_own = !kind.is_empty() && !SHAPED.contains(&&*kind);
    let is_shallow = node.is_object() && node.depth() <= DEEPEST;
    if is_own && is_shallow {
        return object.all_but_encrypted(node);
    }
    object.str("type", "unknown");
    object.member("content", |json| match is_shallow {
        true => {
            let mut inner = Object::begin(json);
            inner.all_but_encrypted(node);
            inner.end();
        }
        false => bounded(node, json),
    });
}

/// Writes JSON that was sent in a text as JSON again, unless readers cannot handle it.
fn write_arguments(arguments: Arguments<'_>, json: &mut String) {
    let text = match arguments {
        Arguments::Given(node) => return bounded(node, json),
        Arguments::Written(text) => text,
    };
    let inner = text.text().unwrap_or_default();
    let document = Document::read(inner.as_bytes());
    let is_json = document.is_whole() && document.root().depth() <= DEEPEST;
    match document.root().raw().filter(|_| is_json) {
        Some(raw) => json.push_str(raw),
        None => text.write(json),
    }
}

fn bounded(node: Node<'_>, json: &mut String) {
    if node.depth() <= DEEPEST {
        return node.write(json);
    }
    quote(json, &node.to_json_string());
}

/// An object being written.
struct Object<'j> {
    json: &'j mut String,
    /// The character before the next member.
    before: char,
}

impl<'j> Object<'j> {
    fn begin(json: &'j mut String) -> Self {
        Self { json, before: '{' }
    }

    /// Writes a member with a name of ours, which needs no escapes.
    fn member(&mut self, name: &'static str, write: impl FnOnce(&mut String)) {
        self.json.push(self.before);
        self.before = ',';
        self.json.push('"');
        self.json.push_str(name);
        self.json.push_str("\":");
        write(self.json);
    }

    fn str(&mut self, name: &'static str, value: &str) {
        self.member(name, |json| quote(json, value));
    }

    fn text(&mut self, name: &'static str, text: Option<&Text<'_>>) {
        if let Some(text) = text {
            self.member(name, |json| text.write(json));
        }
    }

    fn plain(&mut self, kind: &str, content: &Text<'_>) {
        self.str("type", kind);
        self.text("content", Some(content));
    }

    fn medium(&mut self, kind: &str, modality: Modality) {
        self.str("type", kind);
        self.str("modality", modality.as_str());
    }

    fn call(&mut self, kind: &str, id: Option<&Text<'_>>, name: Option<&Text<'_>>) {
        self.str("type", kind);
        self.text("id", id);
        self.text("name", name);
    }

    fn tool(&mut self, name: &'static str, tool: &str, members: &[(&'static str, Arguments<'_>)]) {
        self.member(name, |json| {
            let mut object = Object::begin(json);
            object.str("type", tool);
            for (name, value) in members {
                object.member(name, |json| write_arguments(*value, json));
            }
            object.end();
        });
    }

    fn all_but_encrypted(&mut self, node: Node<'_>) {
        for (name, value) in node.members() {
            if name != "encrypted_content" {
                self.json.push(self.before);
                self.before = ',';
                quote(self.json, &name);
                self.json.push(':');
                value.write(self.json);
            }
        }
    }

    fn end(self) {
        self.json.push_str(match self.before {
            '{' => "{}",
            _ => "}",
        });
    }
}
