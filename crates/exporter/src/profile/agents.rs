//! The form of `/agents/otel/v1/traces`: a span becomes a row with the conventions' columns.
//!
//! Attributes under their own names are not lost there: each one without a column is kept, typed, as a custom attribute
//! for filters. So the user's own keys and the stream become attributes of the span; bodies do not, since the columns
//! need messages. Spans without an agent's name are in no agent's list: a model call without one gets the stream's.

use opentelemetry::{KeyValue, Value as Attribute};
use serde_json::Value;
use spanloom_core::json::Document;
use spanloom_core::openai::{output_messages, prompt_content};
use spanloom_core::{Endpoint, StreamName, message, semconv as names};

use super::attributes::Attributes;
use super::user_attributes::user_attributes;
use super::{dotted_names, table};

/// Prefixes with a meaning there, which a user's key with the same prefix does not have.
const NAMESPACES: [&str; 4] = ["gen_ai", "weave", "wandb", "spanloom"];

pub(super) fn attributes(attributes: Vec<KeyValue>, stream: &StreamName) -> Vec<KeyValue> {
    let mut attributes = Attributes::new(attributes);
    messages(&mut attributes);
    let own = user_attributes(&mut attributes);
    let conversation = table::CONVERSATIONS.iter().chain(&[names::SESSION_ID]);
    let conversation = conversation.filter_map(|name| attributes.text(name)).next();
    if let Some(conversation) = conversation.map(str::to_owned) {
        attributes.set(names::GEN_AI_CONVERSATION_ID, conversation);
    }
    let named = [table::AGENT_NAME, "weave.agent.name"]
        .iter()
        .any(|it| attributes.has(it));
    if !named && attributes.has(names::GEN_AI_OPERATION_NAME) {
        attributes.set(table::AGENT_NAME, stream.stream.clone());
    }
    if let Some(name) = attributes.take_text(&[names::SPANLOOM_CONVERSATION_NAME])
        && !attributes.has(table::CONVERSATION_NAME)
    {
        attributes.set(table::CONVERSATION_NAME, name);
    }
    if let Some(tokens) = attributes.get(names::GEN_AI_USAGE_REASONING_OUTPUT_TOKENS) {
        attributes.set(table::REASONING_TOKENS, tokens.clone());
    }
    attributes.set(attributes.free(table::STREAM), stream.stream.clone());
    if let Some(tenant) = attributes.take_text(&[names::SPANLOOM_TENANT])
        && !own.contains_key("tenant")
    {
        attributes.set(attributes.free("tenant"), tenant);
    }
    for (key, value) in own {
        let Some(value) = typed(value) else { continue };
        let key = match key.split_once('.') {
            Some((head, rest)) if NAMESPACES.contains(&head) => format!("{head}_.{rest}"),
            None if NAMESPACES.contains(&key.as_str()) => format!("{key}_"),
            _ => key,
        };
        attributes.set(attributes.free(&key), value);
    }
    let mut attributes = attributes.into_vec();
    dotted_names::resolve_prefix_conflicts(&mut attributes);
    attributes
}

/// Makes the messages from the bodies if the span has only bodies.
fn messages(attributes: &mut Attributes) {
    let [request, response] = [names::SPANLOOM_REQUEST, names::SPANLOOM_RESPONSE]
        .map(|name| attributes.take_text(&[name]));
    let operation = attributes.text(names::GEN_AI_OPERATION_NAME);
    let api_type = attributes.text(names::OPENAI_API_TYPE);
    let Some(endpoint) = operation.and_then(|it| Endpoint::from_words(it, api_type)) else {
        return;
    };
    let mut set = |name: &'static str, text: Option<String>| {
        if let Some(text) = text.filter(|_| !attributes.has(name)) {
            attributes.set(name, text);
        }
    };
    if let Some(request) = request {
        let body = Document::read(request.as_bytes());
        let asked = prompt_content(endpoint, body.root());
        for (name, json) in [
            (
                names::GEN_AI_INPUT_MESSAGES,
                message::to_json(&asked.input_messages),
            ),
            (
                names::GEN_AI_SYSTEM_INSTRUCTIONS,
                message::parts_json(&asked.system_instructions),
            ),
            (
                names::GEN_AI_TOOL_DEFINITIONS,
                message::tools_json(&asked.tool_definitions),
            ),
        ] {
            set(name, json);
        }
    }
    if let Some(response) = response {
        let body = Document::read(response.as_bytes());
        let output = output_messages(endpoint, body.root());
        set(names::GEN_AI_OUTPUT_MESSAGES, message::to_json(&output));
    }
}

/// Converts a value to OTLP's types; arrays and objects become JSON text, which is parsed there.
fn typed(value: Value) -> Option<Attribute> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => value.into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Value::String(text) => text.into(),
        Value::Array(_) | Value::Object(_) => value.to_string().into(),
    })
}
