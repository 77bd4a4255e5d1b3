//! Messages in one attribute, as JSON.

use serde_json::{Map, Value};

use super::message::{self, Message};
use super::part::member;
use super::{chat, json_of};
use crate::json::{Document, Node};
use crate::mapping::attribute::Attributes;
use crate::record::{CallInfo, Json};
use crate::semconv as names;

/// An attribute that may hold a request or an answer.
pub(super) struct Source {
    pub(super) name: &'static str,
    /// Whether the attribute may hold the provider's own body.
    body: bool,
}

const fn messages(name: &'static str) -> Source {
    Source { name, body: false }
}

const fn body(name: &'static str) -> Source {
    Source { name, body: true }
}

/// The attributes for inputs; the first that is present counts.
pub(super) const INPUTS: &[Source] = &[
    messages(names::GEN_AI_INPUT_MESSAGES),
    // The old conventions
    messages("gen_ai.prompt"),
    // OpenInference
    body("input.value"),
    // Vercel's AI SDK
    messages("ai.prompt.messages"),
    messages("ai.prompt"),
    // OpenLLMetry
    body("traceloop.entity.input"),
    body("langfuse.observation.input"),
    // Logfire
    body("request_data"),
    body("mlflow.spanInputs"),
    messages("pydantic_ai.all_messages"),
];
/// The attributes for outputs; the first that is present counts.
pub(super) const OUTPUTS: &[Source] = &[
    messages(names::GEN_AI_OUTPUT_MESSAGES),
    messages("gen_ai.completion"),
    body("output.value"),
    messages("ai.response.text"),
    messages("ai.response"),
    body("traceloop.entity.output"),
    body("langfuse.observation.output"),
    body("mlflow.spanOutputs"),
    messages("final_result"),
];
/// The attributes of the inputs apart from their messages.
pub(super) const INSTRUCTIONS_AND_TOOLS: &[&str] = &[
    names::GEN_AI_SYSTEM_INSTRUCTIONS,
    names::GEN_AI_TOOL_DEFINITIONS,
];
/// The attribute for a model's tool calls, apart from its text (Vercel's AI SDK).
pub(super) const TOOL_CALLS: &str = "ai.response.toolCalls";

/// Returns the names of other dialects than the convention's, which has the first of each list.
pub(super) fn others() -> impl Iterator<Item = &'static &'static str> {
    let rest = [INPUTS, OUTPUTS]
        .into_iter()
        .flat_map(|list| list.iter().skip(1));
    rest.map(|source| &source.name).chain([&TOOL_CALLS])
}

/// Takes the provider's own request, if an attribute has it.
pub(super) fn sent(attributes: &mut Attributes) -> Option<Json> {
    whole(attributes, INPUTS, is_request)
}

/// Takes the provider's own answer, if an attribute has it.
pub(super) fn received(attributes: &mut Attributes) -> Option<Json> {
    whole(attributes, OUTPUTS, is_answer)
}

fn whole(
    attributes: &mut Attributes,
    sources: &[Source],
    is_whole: fn(Node<'_>) -> bool,
) -> Option<Json> {
    let source = sources.iter().find(|source| attributes.has(source.name))?;
    let json = json_of(attributes.get(source.name).filter(|_| source.body)?).into_owned();
    if !is_whole(Document::read(json.as_bytes()).root()) {
        return None;
    }
    let body = Json::from_text(json)?;
    attributes.take(source.name);
    Some(body)
}

/// Builds the request, if an attribute has its messages, or its instructions where there are no messages.
pub(super) fn request(attributes: &mut Attributes, info: &CallInfo) -> Option<Json> {
    let (rest, messages) = match read(attributes, INPUTS, |value| asked(value, info)) {
        Read::Messages(messages) => messages,
        Read::Nothing if attributes.has(names::GEN_AI_SYSTEM_INSTRUCTIONS) => Default::default(),
        Read::Nothing | Read::Unread => return None,
    };
    Some(chat::request(attributes, info, rest, messages))
}

/// Builds the answer, if an attribute has its messages, or the tools it calls.
pub(super) fn answer(attributes: &mut Attributes, info: &CallInfo) -> Option<Json> {
    let mut messages = match read(attributes, OUTPUTS, |value| answered(value, info)) {
        Read::Messages(messages) => message::without_pieces(messages),
        Read::Nothing if attributes.has(TOOL_CALLS) => Vec::new(),
        Read::Nothing | Read::Unread => return None,
    };
    let calls = attributes.get(TOOL_CALLS).and_then(|value| {
        let json = json_of(value);
        message::calls(Document::read(json.as_bytes()).root())
    });
    if let Some(mut calls) = calls {
        attributes.take(TOOL_CALLS);
        match messages.last_mut() {
            Some(message) => message.extend(calls.remove_entry("tool_calls")),
            None => messages.push(calls),
        }
    }
    Some(chat::answer(info, (0..).zip(messages).collect()))
}

/// The result of looking for messages.
enum Read<T> {
    Messages(T),
    /// The attribute has another shape and stays in place.
    Unread,
    Nothing,
}

/// Takes the first attribute of `sources` that is there, if it can be read.
fn read<T>(
    attributes: &mut Attributes,
    sources: &[Source],
    read: impl Fn(Node<'_>) -> Option<T>,
) -> Read<T> {
    let found = sources.iter().find_map(|source| {
        let value = attributes.get(source.name)?;
        Some((source.name, json_of(value)))
    });
    let Some((name, json)) = found else {
        return Read::Nothing;
    };
    match read(Document::read(json.as_bytes()).root()) {
        Some(messages) => {
            attributes.take(name);
            Read::Messages(messages)
        }
        None => Read::Unread,
    }
}

/// Reads the messages of a request and its other parameters, from a list of messages, an object that contains one, or
/// the prompt of a model call.
fn asked(value: Node<'_>, info: &CallInfo) -> Option<(Map<String, Value>, Vec<Message>)> {
    if !value.is_object() {
        return Some((Map::new(), texts_or_messages(value, "user", info)?));
    }
    let list = ["messages", "prompt"];
    let (name, list) = list
        .into_iter()
        .find_map(|name| Some((name, value.get(name)?)))?;
    let messages = texts_or_messages(list, "user", info)?;
    let system = value.get("system").and_then(message::system);
    let taken = |member: &str| member == name || member == "system" && system.is_some();
    let rest = value.members().filter(|(member, _)| !taken(member));
    let rest = rest.map(member).collect();
    Some((rest, system.into_iter().chain(messages).collect()))
}

/// Reads the messages of an answer, from a list of messages, one message, or the text of a model call.
fn answered(value: Node<'_>, info: &CallInfo) -> Option<Vec<Message>> {
    match value.is_object() {
        true => message::one(value, "assistant"),
        false => texts_or_messages(value, "assistant", info),
    }
}

/// Reads a list of messages, or the text of a model call as one message.
fn texts_or_messages(value: Node<'_>, role: &str, info: &CallInfo) -> Option<Vec<Message>> {
    match value.text() {
        Some(text) if is_text(&text, info) => Some(vec![message::plain(role, &text)]),
        _ => message::messages(value, role),
    }
}

/// Returns whether a text is a message: only where a model was asked, and only if it is not JSON that was cut off.
fn is_text(text: &str, info: &CallInfo) -> bool {
    let asked = match info.operation.as_deref() {
        Some(operation) => matches!(operation, "chat" | "text_completion" | "generate_content"),
        None => info.model().is_some(),
    };
    asked && !text.trim_start().starts_with(['[', '{'])
}

/// Returns whether a body is a request: its messages have roles, or it belongs to the Responses API or embeddings.
fn is_request(body: Node<'_>) -> bool {
    let [messages, input, model] = body.pick(["messages", "input", "model"]);
    match (messages.filter(|messages| !messages.is_null()), input) {
        (Some(messages), _) => each(messages, |message| {
            message.get("role").is_some_and(Node::is_text)
        }),
        (None, Some(input)) => model.is_some_and(Node::is_text) && !input.is_null(),
        (None, None) => false,
    }
}

/// Returns whether a body is an answer: choices with messages, the items of a response, or embeddings.
fn is_answer(body: Node<'_>) -> bool {
    let [choices, data, object, output] = body.pick(["choices", "data", "object", "output"]);
    let each_has = |list: Option<Node<'_>>, member: &str| {
        list.is_some_and(|list| each(list, |item| item.get(member).is_some()))
    };
    let is_response = object.is_some_and(|object| object.is("response"));
    each_has(choices, "message")
        || each_has(data, "embedding")
        || is_response && output.is_some_and(Node::is_list)
}

/// Returns whether a list is not empty and every item satisfies `is_so`.
fn each(list: Node<'_>, is_so: impl Fn(Node<'_>) -> bool) -> bool {
    let mut items = list.items().peekable();
    items.peek().is_some() && items.all(is_so)
}
