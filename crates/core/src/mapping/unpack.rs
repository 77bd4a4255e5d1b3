//! Attributes with a whole request, answer or usage in them, taken apart into the attributes of the conventions.
//!
//! Sources: Google ADK 1.4 to 2026 builds (`gcp.vertex.agent.*`), Logfire 4 (`response_data`), Langfuse 3 and 4.

use serde_json::{Map, Value, json};

use super::attribute::Attributes;
use super::content::parsed;
use crate::semconv as names;

/// The attribute of Google ADK with the request.
const ADK_REQUEST: &str = "gcp.vertex.agent.llm_request";
/// The attribute of Google ADK with the answer.
const ADK_RESPONSE: &str = "gcp.vertex.agent.llm_response";
/// LiteLLM's name of a span for a call.
const LITELLM: &str = "litellm_request";
/// The attribute of Logfire with the request.
const LOGFIRE_REQUEST: &str = "request_data";
/// The operation of a span that opens a stream; the call is another span.
const OPEN_STREAM: &str = "open_stream";
/// The attribute of Logfire with the answer.
const LOGFIRE_RESPONSE: &str = "response_data";
/// Where the usage of such an answer is put; `numbers` reads it.
pub(super) const USAGE: &str = "gen_ai.usage.raw";

/// Takes the composite attributes of a span apart. Attributes that are there already take precedence.
pub(super) fn unpack(attributes: &mut Attributes, name: &str, failed: bool) {
    if !failed && opens_stream(attributes) {
        attributes.put(names::GEN_AI_OPERATION_NAME, OPEN_STREAM.into());
    }
    // LiteLLM's word for a chat, which is OpenLLMetry's for a text completion.
    let is_completion = attributes.text("llm.request.type") == Some("completion");
    if is_completion && (name == LITELLM || attributes.has("litellm.call_id")) {
        put(attributes, names::GEN_AI_OPERATION_NAME, json!("chat"));
    }
    if is_chat_of_logfire(attributes) {
        put(attributes, names::GEN_AI_OPERATION_NAME, json!("chat"));
    }
    if let Some(request) = take_object(attributes, ADK_REQUEST) {
        adk_request(attributes, request);
    }
    if let Some(response) = take_object(attributes, ADK_RESPONSE) {
        adk_response(attributes, response);
    }
    if let Some(response) = take_object(attributes, LOGFIRE_RESPONSE) {
        logfire_response(attributes, response);
    }
}

/// Returns whether a span is Logfire's for a request with messages: before version 4 it names no operation.
fn is_chat_of_logfire(attributes: &Attributes) -> bool {
    let request = attributes.get(LOGFIRE_REQUEST).cloned().map(parsed);
    attributes.has("logfire.json_schema") && request.is_some_and(|it| it.get("messages").is_some())
}

/// Returns whether a span is Logfire's for a streamed request, which ends when the stream opens: it has neither an answer
/// nor tokens. A second span has the same request with both, and is the call.
fn opens_stream(attributes: &Attributes) -> bool {
    const ANSWER: [&str; 4] = [
        LOGFIRE_RESPONSE,
        names::GEN_AI_OUTPUT_MESSAGES,
        names::GEN_AI_USAGE_INPUT_TOKENS,
        "events",
    ];
    let is_request = attributes.has(LOGFIRE_REQUEST)
        && attributes.has("logfire.json_schema")
        && attributes.text("logfire.span_type") != Some("log");
    is_request && !ANSWER.iter().any(|name| attributes.has(name))
}

fn take_object(attributes: &mut Attributes, name: &str) -> Option<Map<String, Value>> {
    match attributes.get(name).cloned().map(parsed) {
        Some(Value::Object(object)) => {
            attributes.drop(&[name]);
            Some(object)
        }
        _ => None,
    }
}

fn adk_request(attributes: &mut Attributes, mut request: Map<String, Value>) {
    let Some(contents) = request.remove("contents") else {
        return;
    };
    put(
        attributes,
        names::GEN_AI_OPERATION_NAME,
        json!("generate_content"),
    );
    put(attributes, names::GEN_AI_INPUT_MESSAGES, contents);
    if let Some(model) = request.remove("model") {
        put(attributes, names::GEN_AI_REQUEST_MODEL, model);
    }
    let Some(Value::Object(mut config)) = request.remove("config") else {
        return;
    };
    match config.remove("system_instruction") {
        Some(Value::Object(mut content)) => {
            if let Some(parts) = content.remove("parts") {
                put(attributes, names::GEN_AI_SYSTEM_INSTRUCTIONS, parts);
            }
        }
        Some(text @ Value::String(_)) => {
            put(attributes, names::GEN_AI_SYSTEM_INSTRUCTIONS, text);
        }
        _ => {}
    }
    let tools = config.remove("tools");
    let declared = tools.as_ref().and_then(Value::as_array);
    let declared = declared.into_iter().flatten().filter_map(|tool| {
        let declarations = tool.get("function_declarations")?.as_array()?;
        Some(declarations.iter().cloned().map(declaration))
    });
    let declared: Vec<Value> = declared.flatten().collect();
    if !declared.is_empty() {
        put(
            attributes,
            names::GEN_AI_TOOL_DEFINITIONS,
            Value::Array(declared),
        );
    }
    for (parameter, name) in [
        ("temperature", names::GEN_AI_REQUEST_TEMPERATURE),
        ("top_p", names::GEN_AI_REQUEST_TOP_P),
        ("max_output_tokens", names::GEN_AI_REQUEST_MAX_TOKENS),
    ] {
        if let Some(value) = config.remove(parameter) {
            put(attributes, name, value);
        }
    }
}

fn declaration(function: Value) -> Value {
    match function {
        Value::Object(mut function) => {
            function.insert("type".to_owned(), json!("function"));
            Value::Object(function)
        }
        other => other,
    }
}

fn adk_response(attributes: &mut Attributes, mut response: Map<String, Value>) {
    let reason = response.remove("finish_reason");
    if let Some(Value::Object(mut content)) = response.remove("content") {
        let reason = reason
            .as_ref()
            .and_then(Value::as_str)
            .map(str::to_ascii_lowercase);
        content.extend(reason.map(|reason| ("finish_reason".to_owned(), json!(reason))));
        put(attributes, names::GEN_AI_OUTPUT_MESSAGES, json!([content]));
    }
    for (member, name) in [
        ("usage_metadata", USAGE),
        ("model_version", names::GEN_AI_RESPONSE_MODEL),
        ("error_code", names::ERROR_TYPE),
    ] {
        if let Some(value) = response.remove(member) {
            put(attributes, name, value);
        }
    }
}

fn logfire_response(attributes: &mut Attributes, mut response: Map<String, Value>) {
    if let Some(usage) = response.remove("usage") {
        put(attributes, USAGE, usage);
    }
    let message = response.remove("message");
    let text = response
        .remove("text")
        .or_else(|| response.remove("combined_chunk_content"));
    let text = text.filter(|text| text.as_str().is_some_and(|text| !text.is_empty()));
    let message =
        message.or_else(|| text.map(|text| json!({"role": "assistant", "content": text})));
    if let Some(message) = message.filter(|message| !message.is_null()) {
        put(attributes, names::GEN_AI_OUTPUT_MESSAGES, json!([message]));
    }
    if !response.is_empty() {
        attributes.put(LOGFIRE_RESPONSE, Value::Object(response));
    }
}

fn put(attributes: &mut Attributes, name: &str, value: Value) {
    if !attributes.has(name) && !value.is_null() {
        attributes.put(name, value);
    }
}
