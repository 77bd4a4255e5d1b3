//! A message of any dialect becomes one of a chat completion.

use serde_json::{Map, Value, json};

use super::part::{self, Part};

/// Where a message has its parts: the conventions', and everybody else's.
const PARTS: [&str; 2] = ["parts", "content"];

/// The messages a value holds: a list of them, each with a role, or with parts or content. `role` is that of a message that
/// names none. A message with results of tools becomes several, as each of those is a message of its own.
pub(super) fn messages(value: &Value, role: &str) -> Option<Vec<Map<String, Value>>> {
    let list = value.as_array().filter(|list| !list.is_empty())?;
    let is_message = |item: &&Map<String, Value>| {
        item.get("role").is_some_and(Value::is_string)
            || PARTS.iter().any(|name| item.contains_key(*name))
    };
    let items: Option<Vec<&Map<String, Value>>> = list
        .iter()
        .map(|item| item.as_object().filter(is_message))
        .collect();
    Some(
        items?
            .into_iter()
            .flat_map(|message| converted(message.clone(), role))
            .collect(),
    )
}

/// Instructions apart from the messages, a text or a list of parts, as the message they are.
pub(super) fn system(instructions: Value) -> Option<Map<String, Value>> {
    let parts = match instructions {
        Value::Array(parts) if !parts.is_empty() => parts,
        Value::String(text) if !text.is_empty() => vec![Value::String(text)],
        part @ Value::Object(_) => vec![part],
        _ => return None,
    };
    let mut message = Map::new();
    message.insert("role".to_owned(), json!("system"));
    message.insert("parts".to_owned(), Value::Array(parts));
    converted(message, "system").into_iter().next()
}

fn converted(mut message: Map<String, Value>, role: &str) -> Vec<Map<String, Value>> {
    let role = match message.remove("role") {
        Some(said @ Value::String(_)) => said,
        _ => json!(role),
    };
    let name = PARTS
        .into_iter()
        .find(|name| message.get(*name).is_some_and(Value::is_array));
    let Some(Value::Array(parts)) = name.and_then(|name| message.remove(name)) else {
        // A text, or nothing: the shape it shall have already.
        message.entry("content").or_insert(Value::Null);
        message.insert("role".to_owned(), role);
        return vec![message];
    };
    let mut done = Vec::new();
    let mut draft = Draft::default();
    for part in parts {
        if let Some(result) = draft.add(part::read(part)) {
            done.extend(draft.finish(&role));
            done.push(result);
        }
    }
    // A message of nothing but results is the tools'.
    if !draft.is_empty() || done.is_empty() {
        done.push(draft.message(&role));
    }
    // What else there was, a name or a finish reason, belongs to the last.
    if let Some(last) = done.last_mut() {
        for (name, value) in message {
            last.entry(name).or_insert(value);
        }
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
    /// Takes a part in, or hands out the message that it is.
    fn add(&mut self, part: Part) -> Option<Map<String, Value>> {
        match part {
            Part::Content(part) => self.content.push(part),
            Part::Reasoning(text) => self.reasoning.push(text),
            Part::Refusal(text) => self.refusal.push(text),
            Part::ToolCall(call) => self.tool_calls.push(call),
            Part::ToolResult(message) => return Some(message),
        }
        None
    }

    fn is_empty(&self) -> bool {
        self.content.is_empty()
            && self.reasoning.is_empty()
            && self.refusal.is_empty()
            && self.tool_calls.is_empty()
    }

    fn finish(&mut self, role: &Value) -> Option<Map<String, Value>> {
        (!self.is_empty()).then(|| std::mem::take(self).message(role))
    }

    fn message(mut self, role: &Value) -> Map<String, Value> {
        let mut message = Map::new();
        message.insert("role".to_owned(), role.clone());
        let content = match (self.content.pop(), self.content.is_empty()) {
            (None, _) => Value::Null,
            // One text and nothing beside it: as most requests have it.
            (Some(last), alone) => match plain(&last).filter(|_| alone) {
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

/// The words of a part that has nothing else.
fn plain(part: &Value) -> Option<&str> {
    let fields = part.as_object().filter(|fields| fields.len() == 2)?;
    let text = fields.get("text")?.as_str();
    text.filter(|_| fields.get("type") == Some(&json!("text")))
}
