//! Messages in one attribute, as JSON.

use serde_json::{Map, Value, json};

use super::{chat, message, parsed};
use crate::mapping::attribute::Attributes;
use crate::record::{CallInfo, Json};
use crate::semconv as names;

/// An attribute that may hold what was asked or answered.
pub(super) struct Place {
    pub(super) name: &'static str,
    /// Whether it may be the provider's own body.
    body: bool,
}

const fn messages(name: &'static str) -> Place {
    Place { name, body: false }
}

const fn body(name: &'static str) -> Place {
    Place { name, body: true }
}

/// Where inputs are looked for; the first that is there counts.
pub(super) const INPUTS: &[Place] = &[
    messages(names::GEN_AI_INPUT_MESSAGES),
    // The conventions of old
    messages("gen_ai.prompt"),
    // OpenInference
    body("input.value"),
    // Vercel's AI SDK
    messages("ai.prompt.messages"),
    messages("ai.prompt"),
    // OpenLLMetry
    body("traceloop.entity.input"),
];
/// The same for outputs.
pub(super) const OUTPUTS: &[Place] = &[
    messages(names::GEN_AI_OUTPUT_MESSAGES),
    messages("gen_ai.completion"),
    body("output.value"),
    messages("ai.response.text"),
    messages("ai.response"),
    body("traceloop.entity.output"),
];
/// What belongs to the inputs beside their messages.
pub(super) const BESIDE: &[&str] = &[
    names::GEN_AI_SYSTEM_INSTRUCTIONS,
    names::GEN_AI_TOOL_DEFINITIONS,
];
/// Tools a model called, beside its text (Vercel's AI SDK).
pub(super) const TOOL_CALLS: &str = "ai.response.toolCalls";

/// The provider's own request, if an attribute has it.
pub(super) fn sent(attributes: &mut Attributes) -> Option<Json> {
    whole(attributes, INPUTS, is_request)
}

/// The provider's own answer, if an attribute has it.
pub(super) fn received(attributes: &mut Attributes) -> Option<Json> {
    whole(attributes, OUTPUTS, is_answer)
}

fn whole(
    attributes: &mut Attributes,
    places: &[Place],
    is_whole: fn(&Value) -> bool,
) -> Option<Json> {
    let place = places.iter().find(|place| attributes.has(place.name))?;
    let value = parsed(attributes.get(place.name).filter(|_| place.body)?.clone());
    is_whole(&value).then(|| {
        attributes.take(place.name);
        Json::from_value(&value)
    })
}

/// The request, if an attribute has its messages, or its instructions where nothing more is told.
pub(super) fn request(attributes: &mut Attributes, info: &CallInfo) -> Option<Json> {
    let place = INPUTS.iter().find(|place| attributes.has(place.name));
    let (rest, messages) = match place {
        Some(place) => {
            let told = asked(parsed(attributes.get(place.name)?.clone()), info)?;
            attributes.take(place.name);
            told
        }
        None if attributes.has(names::GEN_AI_SYSTEM_INSTRUCTIONS) => Default::default(),
        None => return None,
    };
    Some(chat::request(attributes, info, rest, messages))
}

/// The answer, if an attribute has its messages, or the tools it calls.
pub(super) fn answer(attributes: &mut Attributes, info: &CallInfo) -> Option<Json> {
    let place = OUTPUTS.iter().find(|place| attributes.has(place.name));
    let mut messages = match place {
        Some(place) => {
            let told = answered(parsed(attributes.get(place.name)?.clone()), info)?;
            attributes.take(place.name);
            told
        }
        None if attributes.has(TOOL_CALLS) => Vec::new(),
        None => return None,
    };
    if let Some(Value::Array(calls)) = attributes.get(TOOL_CALLS).cloned().map(parsed) {
        attributes.take(TOOL_CALLS);
        let parts: Vec<Value> = calls.into_iter().map(called).collect();
        let calls = message::messages(&json!([{"parts": parts}]), "assistant")?;
        match messages.last_mut() {
            Some(message) => message.extend(
                calls
                    .into_iter()
                    .flatten()
                    .filter(|(name, _)| name == "tool_calls"),
            ),
            None => messages = calls,
        }
    }
    Some(chat::answer(info, (0..).zip(messages).collect()))
}

/// A call in a list of nothing but calls names no type.
fn called(call: Value) -> Value {
    match call {
        Value::Object(mut fields) => {
            fields.insert("type".to_owned(), json!("tool_call"));
            Value::Object(fields)
        }
        other => other,
    }
}

type Messages = Vec<Map<String, Value>>;

/// Messages of a request: a list of them, an object around it, or for a model's call its prompt.
fn asked(value: Value, info: &CallInfo) -> Option<(Map<String, Value>, Messages)> {
    match value {
        Value::String(text) if is_text(&text, info) => {
            let message = json!([{"role": "user", "content": text}]);
            Some((Map::new(), message::messages(&message, "user")?))
        }
        Value::Object(mut fields) => {
            let name = ["messages", "prompt"]
                .into_iter()
                .find(|name| fields.contains_key(*name))?;
            let told = match fields.get(name)? {
                Value::String(text) if is_text(text, info) => {
                    json!([{"role": "user", "content": text}])
                }
                list => list.clone(),
            };
            let messages = message::messages(&told, "user")?;
            fields.remove(name);
            let system = fields.get("system").cloned().and_then(message::system);
            if system.is_some() {
                fields.remove("system");
            }
            Some((fields, system.into_iter().chain(messages).collect()))
        }
        list => Some((Map::new(), message::messages(&list, "user")?)),
    }
}

/// Messages of an answer: a list of them, one, or for a model's call its text.
fn answered(value: Value, info: &CallInfo) -> Option<Messages> {
    match value {
        Value::String(text) if is_text(&text, info) => message::messages(
            &json!([{"role": "assistant", "content": text}]),
            "assistant",
        ),
        one @ Value::Object(_) => message::messages(&Value::Array(vec![one]), "assistant"),
        list => message::messages(&list, "assistant"),
    }
}

/// A text is a message only where a model was asked, and only if it is not JSON that was cut off.
fn is_text(text: &str, info: &CallInfo) -> bool {
    let asked = match info.operation.as_deref() {
        Some(operation) => matches!(operation, "chat" | "text_completion" | "generate_content"),
        None => info.model().is_some(),
    };
    asked && !text.trim_start().starts_with(['[', '{'])
}

/// The body of a request: its messages have roles, or it is one of the Responses API or for embeddings.
fn is_request(value: &Value) -> bool {
    match (&value["messages"], &value["input"]) {
        (Value::Array(messages), _) => {
            !messages.is_empty() && messages.iter().all(|message| message["role"].is_string())
        }
        (Value::Null, input) => value["model"].is_string() && !input.is_null(),
        _ => false,
    }
}

/// The body of an answer: choices with messages, a response's items, embeddings.
fn is_answer(value: &Value) -> bool {
    let each_has = |list: &str, field: &str| {
        let items = value[list].as_array();
        items.is_some_and(|items| {
            !items.is_empty() && items.iter().all(|item| item.get(field).is_some())
        })
    };
    each_has("choices", "message")
        || each_has("data", "embedding")
        || (value["object"] == "response" && value["output"].is_array())
}
