//! The request and the answer of a call, in the provider's own shape.
//!
//! Our own spans carry the bodies themselves, which pass through unchanged. Other instrumentations record the messages,
//! each in its own format; the messages become the request and the answer of a chat completion, because Weave's chat
//! view and the board show those. Messages that cannot be read this way keep their attribute's name.
//!
//! | file | what |
//! |---|---|
//! | `json_messages` | messages in one attribute, as JSON |
//! | `indexed_messages` | messages with an attribute for each field |
//! | `embedding` | texts and vectors with an attribute for each |
//! | `message` | conversion of a message of any dialect to those of a chat completion |
//! | `part` | conversion of a part |
//! | `chat` | request and answer around the messages |
//! | `operation` | arguments and results of tools, queries and documents |
//! | `unread` | content that is read later |

mod chat;
mod embedding;
mod indexed_messages;
mod json_messages;
mod message;
mod operation;
mod part;
mod unread;

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::attribute::Attributes;
use super::dialect;
use crate::json::Document;
use crate::record::{CallInfo, Json};
use crate::semconv as names;

pub use unread::UnreadContent;

/// Request and answer of a call.
#[derive(Default)]
pub(super) struct Bodies {
    pub(super) inputs: Option<Json>,
    pub(super) output: Option<Json>,
    /// Whether a body was rebuilt from the span's attributes: it is not the provider's own and contains less.
    pub(super) rebuilt: bool,
}

/// Takes the bodies out of a span's attributes.
pub(super) fn bodies(attributes: &mut Attributes, info: &CallInfo) -> Bodies {
    let asked = asked(attributes, info);
    let answered = answered(attributes, info);
    let rebuilt = |body: &Option<Body>| matches!(body, Some(Body::Rebuilt(_)));
    Bodies {
        rebuilt: rebuilt(&asked) || rebuilt(&answered),
        inputs: asked.map(Body::into_json),
        output: answered.map(Body::into_json),
    }
}

/// A body, by its origin.
enum Body {
    /// Not rebuilt: the provider's body, or attributes that cannot be read as messages under their own names.
    Verbatim(Json),
    /// Rebuilt from attributes.
    Rebuilt(Json),
}

impl Body {
    fn into_json(self) -> Json {
        match self {
            Self::Verbatim(json) | Self::Rebuilt(json) => json,
        }
    }
}

fn asked(attributes: &mut Attributes, info: &CallInfo) -> Option<Body> {
    if let Some(own) = attributes.take_json(names::SPANLOOM_REQUEST) {
        // Attributes that repeat the request in another form are dropped.
        attributes.drop(&[names::GEN_AI_INPUT_MESSAGES]);
        attributes.drop(json_messages::INSTRUCTIONS_AND_TOOLS);
        return Some(Body::Verbatim(own));
    }
    if let Some(inputs) = operation::inputs(attributes) {
        return Some(Body::Verbatim(inputs));
    }
    let indexed_messages = indexed_messages::asked(attributes);
    // The whole body is better than its messages, which some instrumentations record as well: those were taken above, so that
    // they do not stay among the attributes.
    if let Some(body) = json_messages::sent(attributes) {
        return Some(Body::Verbatim(body));
    }
    let rebuilt = match indexed_messages {
        Some(messages) if embedding::is_embeddings_call(info) => {
            Some(embedding::of(info, messages))
        }
        Some(messages) => Some(chat::request(attributes, info, Map::new(), messages)),
        None => json_messages::request(attributes, info)
            .or_else(|| embedding::request(attributes, info)),
    };
    rebuilt.map(Body::Rebuilt).or_else(|| {
        under_own_name(
            attributes,
            json_messages::INPUTS,
            json_messages::INSTRUCTIONS_AND_TOOLS,
        )
        .map(Body::Verbatim)
    })
}

fn answered(attributes: &mut Attributes, info: &CallInfo) -> Option<Body> {
    if let Some(own) = attributes.take_json(names::SPANLOOM_RESPONSE) {
        attributes.drop(&[names::GEN_AI_OUTPUT_MESSAGES]);
        return Some(Body::Verbatim(own));
    }
    if let Some(output) = operation::output(attributes) {
        return Some(Body::Verbatim(output));
    }
    let indexed_messages = indexed_messages::answered(attributes);
    if let Some(body) = json_messages::received(attributes) {
        return Some(Body::Verbatim(body));
    }
    let rebuilt = match indexed_messages {
        Some(messages) => Some(chat::answer(info, messages)),
        None => {
            json_messages::answer(attributes, info).or_else(|| embedding::answer(attributes, info))
        }
    };
    rebuilt
        .map(Body::Rebuilt)
        .or_else(|| under_own_name(attributes, json_messages::OUTPUTS, &[]).map(Body::Verbatim))
}

/// Takes the first of `sources` that is present and all `others`, and returns them as an object by name; `None` if there are
/// none.
fn under_own_name(
    attributes: &mut Attributes,
    sources: &[json_messages::Source],
    others: &[&str],
) -> Option<Json> {
    let main = sources.iter().map(|source| source.name);
    let main = main.clone().find(|name| attributes.has(name));
    let mut object = Map::new();
    for name in main.into_iter().chain(others.iter().copied()) {
        if let Some(value) = attributes.take(name) {
            object.insert(name.to_owned(), parsed(value));
        }
    }
    (!object.is_empty()).then(|| Json::from_value(&object))
}

/// Returns an attribute's value as JSON: a text that is JSON is used as it is.
pub(super) fn json_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) if Document::read(text.as_bytes()).is_whole() => Cow::Borrowed(text),
        value => Cow::Owned(value.to_string()),
    }
}

/// Parses the JSON that an attribute holds as text.
pub(super) fn parsed(value: Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        value => value,
    }
}

/// Returns whether an attribute of this name may hold content in any supported dialect: prompts, answers, arguments and
/// results of tools, documents, vectors. All names with a prefix count, so that roles and ids of tool calls may be among them.
#[must_use]
pub fn is_content(name: &str) -> bool {
    let json_messages = json_messages::INPUTS.iter().chain(json_messages::OUTPUTS);
    let numbered = |prefix: &str| {
        let rest = name.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    };
    [names::SPANLOOM_REQUEST, names::SPANLOOM_RESPONSE].contains(&name)
        || json_messages
            .map(|source| source.name)
            .any(|source| source == name)
        || json_messages::INSTRUCTIONS_AND_TOOLS.contains(&name)
        || name == json_messages::TOOL_CALLS
        || dialect::OTHER_CONTENT.contains(&name)
        || indexed_messages::PREFIXES
            .iter()
            .any(|prefix| numbered(prefix))
        || name.starts_with(embedding::PREFIX)
        || dialect::OTHER_CONTENT_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}
