//! The conversion of a message of any dialect to those of a chat completion.

use serde_json::{Map, Value, json};

use super::part::{ChatPart, member};
use crate::json::Node;

/// The member with a message's parts: in the conventions, and in every other dialect.
const PARTS: [&str; 2] = ["parts", "content"];

/// A message of a chat completion.
pub(super) type Message = Map<String, Value>;

/// Converts a list of messages, each with a role, parts or content. `role` is the role of a message that names none. A
/// message with tool results becomes several, because each result is a message of its own.
pub(super) fn messages(list: Node<'_>, role: &str) -> Option<Vec<Message>> {
    let items: Vec<Node<'_>> = list.items().collect();
    let are_messages = !items.is_empty() && items.iter().all(|item| is_message(*item));
    let messages = items.into_iter().flat_map(|item| converted(item, role));
    are_messages.then(|| messages.collect())
}

/// Converts a value that is one message.
pub(super) fn one(message: Node<'_>, role: &str) -> Option<Vec<Message>> {
    is_message(message).then(|| converted(message, role))
}

fn is_message(item: Node<'_>) -> bool {
    item.get("role").is_some_and(Node::is_text) || PARTS.iter().any(|name| item.get(name).is_some())
}

/// Drops messages that are the pieces of the last: a stream may be recorded as its chunks and then the whole (Google's
/// ADK). A piece is a text without a finish reason; each of several answers has one.
pub(super) fn without_pieces(mut messages: Vec<Message>) -> Vec<Message> {
    let Some(whole) = messages.pop() else {
        return messages;
    };
    let text = |message: &Message| message.get("content")?.as_str().map(str::to_owned);
    let piece = |message: &Message| {
        let reason = message.get("finish_reason").and_then(Value::as_str);
        let members = ["role", "content", "finish_reason"];
        let is_text = message.keys().all(|name| members.contains(&&**name));
        text(message).filter(|_| is_text && reason.is_none_or(str::is_empty))
    };
    let joined: Option<String> = messages.iter().map(piece).collect();
    if joined.is_some_and(|joined| !joined.is_empty() && text(&whole) == Some(joined)) {
        messages.clear();
    }
    messages.push(whole);
    messages
}

/// Creates a message that is nothing but a text.
pub(super) fn plain(role: &str, text: &str) -> Message {
    Message::from_iter([
        ("role".to_owned(), json!(role)),
        ("content".to_owned(), json!(text)),
    ])
}

/// Converts instructions apart from the messages, a text or a list of parts, to a message.
pub(super) fn system(instructions: Node<'_>) -> Option<Message> {
    let is_one = instructions.is_object() || instructions.is_text() && !instructions.is("");
    let parts = is_one.then_some(instructions);
    let mut parts = parts.into_iter().chain(instructions.items()).peekable();
    parts.peek()?;
    of_parts("system", parts.map(ChatPart::of))
        .into_iter()
        .next()
}

/// Converts a list of nothing but tool calls to a message; `None` for any other value.
pub(super) fn calls(list: Node<'_>) -> Option<Message> {
    let calls: Vec<_> = list.items().map(ChatPart::of_call).collect();
    let are_calls = calls.iter().all(|it| matches!(it, ChatPart::ToolCall(_)));
    let message = of_parts("assistant", calls.into_iter()).into_iter().next();
    message.filter(|_| list.is_list() && are_calls)
}

fn converted(message: Node<'_>, role: &str) -> Vec<Message> {
    let [own, parts, content] = message.pick(["role", "parts", "content"]);
    let own = own.and_then(Node::text);
    let role = match own.as_deref() {
        // Gemini's word.
        Some("model") => "assistant",
        own => own.unwrap_or(role),
    };
    let parts = [("parts", parts), ("content", content)];
    let parts = parts.into_iter().find_map(|(name, parts)| {
        let parts = parts.filter(|parts| parts.is_list())?;
        Some((name, parts))
    });
    let taken = parts.map(|(name, _)| name);
    let rest = message.members().map(member);
    let rest = rest.filter(|(name, _)| name != "role" && Some(&**name) != taken);
    let mut messages = match parts {
        Some((_, parts)) => of_parts(role, parts.items().map(ChatPart::of)),
        // A text, or nothing: the content already has its final shape.
        None => vec![Message::from_iter([("role".to_owned(), json!(role))])],
    };
    // The other members, such as a name or a finish reason, belong to the last message.
    if let Some(last) = messages.last_mut() {
        for (name, value) in rest {
            last.entry(name).or_insert(value);
        }
        last.entry("content").or_insert(Value::Null);
    }
    messages
}

fn of_parts(role: &str, parts: impl Iterator<Item = ChatPart>) -> Vec<Message> {
    let mut done = Vec::new();
    let mut draft = Draft::default();
    for part in parts {
        if let Some(result) = draft.add(part) {
            done.extend(draft.finish(role));
            done.push(result);
        }
    }
    // A message of nothing but tool results becomes only the tools' messages.
    if !draft.is_empty() || done.is_empty() {
        done.push(draft.message(role));
    }
    done
}

#[derive(Default)]
struct Draft {
    content: Vec<Value>,
    reasoning: Vec<String>,
    refusal: Vec<String>,
    tool_calls: Vec<Value>,
}

impl Draft {
    /// Adds a part, or returns it if it is a message of its own.
    fn add(&mut self, part: ChatPart) -> Option<Message> {
        match part {
            ChatPart::Content(part) => self.content.push(part),
            ChatPart::Reasoning(text) => self.reasoning.push(text),
            ChatPart::Refusal(text) => self.refusal.push(text),
            ChatPart::ToolCall(call) => self.tool_calls.push(call),
            ChatPart::ToolResult(message) => return Some(message),
        }
        None
    }

    fn is_empty(&self) -> bool {
        self.content.is_empty()
            && self.reasoning.is_empty()
            && self.refusal.is_empty()
            && self.tool_calls.is_empty()
    }

    fn finish(&mut self, role: &str) -> Option<Message> {
        (!self.is_empty()).then(|| std::mem::take(self).message(role))
    }

    fn message(mut self, role: &str) -> Message {
        let mut message = Message::new();
        message.insert("role".to_owned(), json!(role));
        let content = match (self.content.pop(), self.content.is_empty()) {
            (None, _) => Value::Null,
            // A single text becomes a plain string, as in most requests.
            (Some(last), alone) => match words(&last).filter(|_| alone) {
                Some(text) => json!(text),
                None => {
                    self.content.push(last);
                    Value::Array(self.content)
                }
            },
        };
        message.insert("content".to_owned(), content);
        for (name, texts) in [
            ("reasoning_content", self.reasoning),
            ("refusal", self.refusal),
        ] {
            if !texts.is_empty() {
                message.insert(name.to_owned(), Value::String(texts.join("\n")));
            }
        }
        if !self.tool_calls.is_empty() {
            message.insert("tool_calls".to_owned(), Value::Array(self.tool_calls));
        }
        message
    }
}

/// Returns the text of a part that has nothing else.
fn words(part: &Value) -> Option<&str> {
    let fields = part.as_object().filter(|fields| fields.len() == 2)?;
    let text = fields.get("text")?.as_str();
    text.filter(|_| fields.get("type") == Some(&json!("text")))
}
