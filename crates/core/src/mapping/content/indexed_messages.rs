//! Messages in separate attributes, one per field: `gen_ai.prompt.0.role`, `llm.input_messages.0.message.role`.
//!
//! The messages become a chat completion again: the `messages` of its request, and the `choices` of its answer. Source:
//! OpenLLMetry's semantic conventions (opentelemetry-semantic-conventions-ai 0.4) and OpenInference's (0.1.24).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::part;
use crate::mapping::attribute::Attributes;

/// The field names of an instrumentation.
struct Dialect {
    inputs: &'static str,
    outputs: &'static str,
    /// The text between the number of a message and its field.
    infix: &'static str,
    /// Fields of a tool call: id, name, arguments.
    tool_call: [&'static str; 3],
    /// Fields of a message that are its only tool call, without an id: name, arguments.
    function_call: [&'static str; 2],
}

const DIALECTS: [Dialect; 2] = [
    // OpenLLMetry
    Dialect {
        inputs: "gen_ai.prompt.",
        outputs: "gen_ai.completion.",
        infix: "",
        tool_call: ["id", "name", "arguments"],
        function_call: ["function_call.name", "function_call.arguments"],
    },
    // OpenInference
    Dialect {
        inputs: "llm.input_messages.",
        outputs: "llm.output_messages.",
        infix: "message.",
        tool_call: [
            "tool_call.id",
            "tool_call.function.name",
            "tool_call.function.arguments",
        ],
        function_call: ["function_call_name", "function_call_arguments_json"],
    },
];
/// The prefixes of all these names.
pub(super) const PREFIXES: [&str; 4] = [
    DIALECTS[0].inputs,
    DIALECTS[0].outputs,
    DIALECTS[1].inputs,
    DIALECTS[1].outputs,
];

/// Takes the messages that were sent.
pub(super) fn asked(attributes: &mut Attributes) -> Option<Vec<Map<String, Value>>> {
    let messages = messages(attributes, |dialect| dialect.inputs, "user")?;
    Some(messages.into_iter().map(|(_, message)| message).collect())
}

/// Takes the messages of the answer, each with the number of its choice.
pub(super) fn answered(attributes: &mut Attributes) -> Option<Vec<(u64, Map<String, Value>)>> {
    messages(attributes, |dialect| dialect.outputs, "assistant")
}

/// Takes the messages of the first dialect that has any, by their numbers.
fn messages(
    attributes: &mut Attributes,
    prefix: impl Fn(&Dialect) -> &'static str,
    role: &str,
) -> Option<Vec<(u64, Map<String, Value>)>> {
    DIALECTS.iter().find_map(|dialect| {
        let found = numbered(attributes.take_with_prefix(prefix(dialect)));
        let others = found.others.into_iter();
        let others = others.map(|(name, value)| (format!("{}{name}", prefix(dialect)), value));
        attributes.put_all(others.collect());
        let found: Vec<_> = with_calls(found.numbered, dialect)
            .into_iter()
            .map(|(number, fields)| (number, message(fields, dialect, role)))
            .collect();
        (!found.is_empty()).then_some(found)
    })
}

/// Renames function calls to tool calls. A group of nothing else is a further call of the message before it: LiteLLM
/// numbers the calls where OpenLLMetry numbers the choices.
fn with_calls(
    groups: BTreeMap<u64, Map<String, Value>>,
    dialect: &Dialect,
) -> Vec<(u64, Map<String, Value>)> {
    let mut messages: Vec<(u64, Map<String, Value>)> = Vec::new();
    for (number, mut fields) in groups {
        let names = dialect
            .function_call
            .map(|field| format!("{}{field}", dialect.infix));
        let [name, arguments] = names.map(|field| fields.remove(&field));
        let is_call = name.is_some() || arguments.is_some();
        if messages.is_empty() || !is_call || !fields.is_empty() {
            messages.push((number, fields));
        }
        let Some((_, message)) = messages.last_mut() else {
            continue;
        };
        let [_, name_field, arguments_field] = dialect.tool_call;
        for (field, value) in [(name_field, name), (arguments_field, arguments)] {
            let field = format!("{}tool_calls.{number}.{field}", dialect.infix);
            message.extend(value.map(|value| (field, value)));
        }
    }
    messages
}

/// Converts one message to the shape of a chat completion. An unknown field keeps its name.
fn message(fields: Map<String, Value>, dialect: &Dialect, role: &str) -> Map<String, Value> {
    let mut fields: Map<String, Value> = fields
        .into_iter()
        .map(|(name, value)| match name.strip_prefix(dialect.infix) {
            Some(own) => (own.to_owned(), value),
            None => (name, value),
        })
        .collect();
    let mut message = Map::new();
    let named = match fields.remove("role") {
        Some(named @ Value::String(_)) => named,
        Some(other) => Value::String(other.to_string()),
        None => json!(role),
    };
    message.insert("role".to_owned(), named);
    let parts: Vec<Value> = below(&mut fields, "contents.")
        .into_iter()
        .map(content)
        .collect();
    let content = fields.remove("content");
    let content = match parts.is_empty() {
        true => content.unwrap_or(Value::Null),
        false => Value::Array(parts),
    };
    message.insert("content".to_owned(), content);
    let calls: Vec<Value> = below(&mut fields, "tool_calls.")
        .into_iter()
        .map(|mut call| {
            let [id, name, arguments] = dialect.tool_call.map(|field| call.remove(field));
            part::tool_call(id, name, arguments, call)
        })
        .collect();
    if !calls.is_empty() {
        message.insert("tool_calls".to_owned(), Value::Array(calls));
    }
    message.extend(fields);
    message
}

/// Converts a part of a message (OpenInference).
fn content(mut fields: Map<String, Value>) -> Value {
    let mut take = |name: &str| fields.remove(&format!("message_content.{name}"));
    let kind = take("type");
    match (take("text"), take("image.image.url")) {
        (Some(text), _) => json!({"type": "text", "text": text}),
        (None, Some(url)) => json!({"type": "image_url", "image_url": {"url": url}}),
        (None, None) => {
            fields.extend(kind.map(|kind| ("type".to_owned(), kind)));
            Value::Object(fields)
        }
    }
}

/// Takes the fields below a prefix, grouped by the numbers that follow it.
fn below(fields: &mut Map<String, Value>, prefix: &str) -> Vec<Map<String, Value>> {
    let (inside, outside): (Map<_, _>, Map<_, _>) = std::mem::take(fields)
        .into_iter()
        .partition(|(name, _)| name.starts_with(prefix));
    *fields = outside;
    let inside = inside
        .into_iter()
        .map(|(name, value)| (name.trim_start_matches(prefix).to_owned(), value));
    let found = numbered(inside.collect());
    fields.extend(
        found
            .others
            .into_iter()
            .map(|(name, value)| (format!("{prefix}{name}"), value)),
    );
    found.numbered.into_values().collect()
}

/// Fields by number, and fields without one. A map instead of a list: numbers come from outside and may be of any size.
#[derive(Default)]
pub(super) struct Numbered {
    pub(super) numbered: BTreeMap<u64, Map<String, Value>>,
    pub(super) others: Vec<(String, Value)>,
}

pub(super) fn numbered(fields: Vec<(String, Value)>) -> Numbered {
    let mut sorted = Numbered::default();
    for (name, value) in fields {
        let split = name.split_once('.');
        let split = split.and_then(|(number, field)| Some((number.parse().ok()?, field)));
        match split {
            Some((number, field)) => {
                let of_number = sorted.numbered.entry(number).or_default();
                of_number.insert(field.to_owned(), value);
            }
            None => sorted.others.push((name, value)),
        }
    }
    sorted
}
