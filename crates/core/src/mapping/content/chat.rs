//! The request and the answer of a chat completion, around its known messages.

use serde_json::{Map, Value, json};

use super::message::{self, Message};
use super::{json_of, parsed};
use crate::json::Document;
use crate::mapping::attribute::Attributes;
use crate::record::{CallInfo, Json};
use crate::semconv as names;

/// Attributes that are parameters of the request. They also stay in the attributes, where every span has them.
pub(super) const PARAMETERS: &[(&str, &str)] = &[
    (names::GEN_AI_REQUEST_TEMPERATURE, "temperature"),
    (names::GEN_AI_REQUEST_TOP_P, "top_p"),
    (names::GEN_AI_REQUEST_MAX_TOKENS, "max_tokens"),
    (names::GEN_AI_REQUEST_SEED, "seed"),
    (names::GEN_AI_REQUEST_STOP_SEQUENCES, "stop"),
    (names::GEN_AI_REQUEST_CHOICE_COUNT, "n"),
    (names::GEN_AI_REQUEST_FREQUENCY_PENALTY, "frequency_penalty"),
    (names::GEN_AI_REQUEST_PRESENCE_PENALTY, "presence_penalty"),
];
/// A JSON object of the request's parameters (OpenInference, Langfuse).
pub(super) const INVOCATION_PARAMETERS: &[&str] = &[
    "llm.invocation_parameters",
    "langfuse.observation.model.parameters",
];

/// Builds the request from what is known `already`, a span's parameters, instructions and tools, and the messages.
pub(super) fn request(
    attributes: &mut Attributes,
    info: &CallInfo,
    already: Map<String, Value>,
    messages: Vec<Message>,
) -> Json {
    let mut request = already;
    for (attribute, parameter) in PARAMETERS {
        if let Some(value) = attributes.get(attribute) {
            request
                .entry(*parameter)
                .or_insert_with(|| parsed(value.clone()));
        }
    }
    request.extend(
        attributes
            .take_object(INVOCATION_PARAMETERS)
            .into_iter()
            .flatten(),
    );
    if let Some(model) = &info.request_model {
        request.insert("model".to_owned(), json!(model));
    }
    if info.streamed {
        request.insert("stream".to_owned(), json!(true));
    }
    let tools = attributes.take(names::GEN_AI_TOOL_DEFINITIONS).map(parsed);
    if let Some(tools) = tools {
        request.insert("tools".to_owned(), self::tools(tools));
    }
    let instructions = attributes.take(names::GEN_AI_SYSTEM_INSTRUCTIONS);
    let instructions = instructions.and_then(|instructions| {
        let json = json_of(&instructions);
        message::system(Document::read(json.as_bytes()).root())
    });
    let messages: Vec<Value> = instructions
        .into_iter()
        .chain(messages)
        .map(Value::Object)
        .collect();
    request.insert("messages".to_owned(), Value::Array(messages));
    Json::from_value(&request)
}

/// Builds the answer, with a choice for each message.
pub(super) fn answer(info: &CallInfo, messages: Vec<(u64, Message)>) -> Json {
    let choice = |(place, (index, mut message)): (usize, (u64, Message))| {
        let reported = info.finish_reasons.get(place).map(|reason| json!(reason));
        let own = message.remove("finish_reason");
        // The conventions write `tool_call`; rig writes `unknown` for a reason it does not know.
        let own = own
            .filter(|own| *own != "unknown" && *own != "")
            .map(|own| {
                if own == "tool_call" {
                    json!("tool_calls")
                } else {
                    own
                }
            });
        json!({"index": index, "message": message, "finish_reason": reported.or(own)})
    };
    let choices: Vec<Value> = messages.into_iter().enumerate().map(choice).collect();
    let mut answer = Map::new();
    if let Some(id) = &info.response_id {
        answer.insert("id".to_owned(), json!(id));
    }
    answer.insert("object".to_owned(), json!("chat.completion"));
    if let Some(model) = info.model() {
        answer.insert("model".to_owned(), json!(model));
    }
    answer.insert("choices".to_owned(), Value::Array(choices));
    Json::from_value(&answer)
}

/// Converts tools to those of a chat completion, which nests the fields of a function under `function`.
fn tools(definitions: Value) -> Value {
    let Value::Array(definitions) = definitions else {
        return definitions;
    };
    let tool = |definition: Value| match definition {
        Value::Object(mut fields)
            if fields.get("type") == Some(&json!("function"))
                && !fields.contains_key("function") =>
        {
            fields.remove("type");
            json!({"type": "function", "function": fields})
        }
        other => other,
    };
    definitions.into_iter().map(tool).collect()
}
