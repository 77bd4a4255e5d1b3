//! The events and links of a span: messages become the conversation, an exception becomes the error, everything else is
//! kept.
//!
//! Sources: GenAI semantic conventions 1.27 to 1.36 (`gen_ai.content.prompt`, one event for each message) and from 1.37
//! (`gen_ai.client.inference.operation.details`); Strands 0.1 to 1.40; Semantic Kernel for .NET, whose events have their
//! body in `gen_ai.event.content`; pydantic-ai and Logfire, which write the list of events in one attribute.

use serde_json::{Map, Value, json};

use super::attribute::Attributes;
use super::content::parsed;
use crate::{Timestamp, semconv as names};

/// An event of a span.
#[derive(Clone, Debug, Default)]
pub struct Event {
    /// The event's name, such as `exception`.
    pub name: String,
    /// When the event happened.
    pub at: Timestamp,
    /// The event's own attributes.
    pub attributes: Attributes,
}

/// A link of a span to another span.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// 32 hex digits.
    pub trace_id: String,
    /// 16 hex digits.
    pub span_id: String,
    /// The link's own attributes.
    pub attributes: Attributes,
}

/// Attributes with a list of message events, as JSON.
const LISTS: [&str; 2] = ["events", "all_messages_events"];
/// Where records keep events and links, among the other attributes.
const EVENTS: &str = "span.events";
const LINKS: &str = "span.links";
const DETAILS: &str = "gen_ai.client.inference.operation.details";

/// A conversation, as far as events contain it.
#[derive(Default)]
struct Conversation {
    input: Vec<Value>,
    output: Vec<Value>,
    instructions: Vec<Value>,
}

/// The kind, the message and whether there was an exception.
pub(super) struct Exception {
    pub(super) kind: Option<String>,
    pub(super) message: Option<String>,
}

/// Moves the messages in events into the attributes that other dialects have for them. Returns the last exception. The
/// other events and the links stay as attributes.
pub(super) fn unpack(
    events: Vec<Event>,
    links: Vec<Link>,
    attributes: &mut Attributes,
) -> Option<Exception> {
    let mut conversation = Conversation::default();
    for name in LISTS {
        if let Some(list) = attributes.get(name).cloned().map(parsed)
            && conversation.add_list(&list)
        {
            attributes.drop(&[name]);
        }
    }
    let mut kept = Vec::new();
    let mut exception = None;
    for event in events {
        let mut fields: Map<String, Value> = event.attributes.into_iter().collect();
        if conversation.add(&event.name, &fields) {
            continue;
        }
        if event.name == "exception" {
            let text = |name| fields.get(name)?.as_str().map(str::to_owned);
            exception = Some(Exception {
                kind: text("exception.type"),
                message: text("exception.message").filter(|message| !message.is_empty()),
            });
        }
        fields.insert("name".to_owned(), event.name.into());
        fields.insert("time".to_owned(), json!(event.at));
        kept.push(Value::Object(fields));
    }
    conversation.put(attributes);
    let links = links.into_iter().map(|link| {
        let mut fields: Map<String, Value> = link.attributes.into_iter().collect();
        fields.insert("trace_id".to_owned(), link.trace_id.into());
        fields.insert("span_id".to_owned(), link.span_id.into());
        Value::Object(fields)
    });
    for (name, list) in [(EVENTS, kept), (LINKS, links.collect())] {
        if !list.is_empty() {
            attributes.put(name, Value::Array(list));
        }
    }
    exception
}

impl Conversation {
    /// Adds a list of events; returns false, and adds nothing, if any member is not a message event.
    fn add_list(&mut self, list: &Value) -> bool {
        let Some(events) = list.as_array().filter(|events| !events.is_empty()) else {
            return false;
        };
        let mut read = Self::default();
        let all = events.iter().all(|event| {
            let fields = event.as_object();
            fields.is_some_and(|fields| {
                let name = fields.get("event.name").and_then(Value::as_str);
                read.add(name.unwrap_or_default(), fields)
            })
        });
        if all {
            self.input.append(&mut read.input);
            self.output.append(&mut read.output);
        }
        all
    }

    /// Adds an event; returns whether it was one of messages.
    fn add(&mut self, name: &str, fields: &Map<String, Value>) -> bool {
        let body = fields.get("gen_ai.event.content").cloned().map(parsed);
        let fields = match &body {
            Some(Value::Object(body)) => body,
            _ => fields,
        };
        match name {
            "gen_ai.choice" => self.output.push(choice(fields)),
            "gen_ai.content.prompt" => extend(&mut self.input, fields.get("gen_ai.prompt"), "user"),
            "gen_ai.content.completion" => {
                extend(
                    &mut self.output,
                    fields.get("gen_ai.completion"),
                    "assistant",
                );
            }
            DETAILS => {
                for (list, name, role) in [
                    (&mut self.input, names::GEN_AI_INPUT_MESSAGES, "user"),
                    (&mut self.output, names::GEN_AI_OUTPUT_MESSAGES, "assistant"),
                    (
                        &mut self.instructions,
                        names::GEN_AI_SYSTEM_INSTRUCTIONS,
                        "system",
                    ),
                ] {
                    extend(list, fields.get(name), role);
                }
            }
            _ => {
                let role = name
                    .strip_prefix("gen_ai.")
                    .and_then(|rest| rest.strip_suffix(".message"));
                let Some(role) = role else { return false };
                self.input.push(message(role, fields));
            }
        }
        true
    }

    /// Puts the messages where no other attribute has them.
    fn put(self, attributes: &mut Attributes) {
        for (list, name, other) in [
            (self.input, names::GEN_AI_INPUT_MESSAGES, "gen_ai.prompt"),
            (
                self.output,
                names::GEN_AI_OUTPUT_MESSAGES,
                "gen_ai.completion",
            ),
            (
                self.instructions,
                names::GEN_AI_SYSTEM_INSTRUCTIONS,
                names::GEN_AI_SYSTEM_INSTRUCTIONS,
            ),
        ] {
            if !list.is_empty() && !attributes.has(name) && !attributes.has(other) {
                attributes.put(name, Value::Array(list));
            }
        }
    }
}

fn extend(list: &mut Vec<Value>, found: Option<&Value>, role: &str) {
    match found.cloned().map(parsed) {
        Some(Value::Array(messages)) => list.extend(messages),
        Some(Value::String(text)) => list.push(json!({"role": role, "content": text})),
        Some(message @ Value::Object(_)) => list.push(message),
        _ => {}
    }
}

/// Reads the event of a message in the conversation; the role in its name gives way to its own.
fn message(role: &str, fields: &Map<String, Value>) -> Value {
    let mut message = Map::new();
    let own = fields.get("role").and_then(Value::as_str);
    message.insert("role".to_owned(), own.unwrap_or(role).into());
    let content = fields.get("content").or_else(|| fields.get("message"));
    message.insert(
        "content".to_owned(),
        content.cloned().map_or(Value::Null, parsed),
    );
    if let Some(calls) = fields.get("tool_calls") {
        message.insert("tool_calls".to_owned(), parsed(calls.clone()));
    }
    if let Some(id) = fields.get("id").filter(|_| role == "tool") {
        message.insert("tool_call_id".to_owned(), id.clone());
    }
    if let Some(name) = fields.get("name") {
        message.insert("name".to_owned(), name.clone());
    }
    Value::Object(message)
}

/// Reads the event of an answer: its message may be an object, a list of parts, or a text.
fn choice(fields: &Map<String, Value>) -> Value {
    let found = fields.get("message").or_else(|| fields.get("content"));
    let mut message = match found.cloned().map(parsed) {
        Some(Value::Object(message)) => message,
        Some(content) => Map::from_iter([("content".to_owned(), content)]),
        None => Map::new(),
    };
    message.entry("role").or_insert_with(|| "assistant".into());
    if let Some(calls) = fields.get("tool_calls") {
        message.insert("tool_calls".to_owned(), parsed(calls.clone()));
    }
    if let Some(reason) = fields.get("finish_reason") {
        message.insert("finish_reason".to_owned(), reason.clone());
    }
    Value::Object(message)
}
