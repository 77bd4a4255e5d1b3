//! What a call was asked and what it answered, in the provider's own shape.
//!
//! Our own spans carry the bodies themselves, which pass through unread. Other instrumentations tell of the messages, each in
//! its own way; they come out as the request and the answer of a chat completion, as that is what Weave's chat view and the
//! board show. What cannot be read so keeps the name it came under.
//!
//! | file | what |
//! |---|---|
//! | `json_messages` | messages in one attribute, as JSON |
//! | `indexed_messages` | messages with an attribute for each field |
//! | `embedding` | texts and vectors with an attribute for each |
//! | `message` | a message of any dialect becomes one of a chat completion |
//! | `part` | the same of a part |
//! | `chat` | request and answer around the messages |

mod chat;
mod embedding;
mod indexed_messages;
mod json_messages;
mod message;
mod part;

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::attribute::Attributes;
use super::dialect;
use crate::json::Document;
use crate::record::{CallInfo, Json};
use crate::semconv as names;

/// Request and answer of a call.
pub(super) struct Bodies {
    pub(super) inputs: Option<Json>,
    pub(super) output: Option<Json>,
    /// Whether one of them was put together from what a span tells: not the provider's own, and less than it.
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

/// A body, by where it comes from.
enum Body {
    /// As it stood in an attribute.
    Verbatim(Json),
    /// Put together.
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
        // What tells of it in other words goes.
        attributes.drop(&[names::GEN_AI_INPUT_MESSAGES]);
        attributes.drop(json_messages::INSTRUCTIONS_AND_TOOLS);
        return Some(Body::Verbatim(own));
    }
    let indexed_messages = indexed_messages::asked(attributes);
    // The body as it was sent says more than its messages, which some tell of beside it.
    if let Some(body) = json_messages::sent(attributes) {
        return Some(Body::Verbatim(body));
    }
    let rebuilt = match indexed_messages {
        Some(messages) if embedding::is_asked(info) => Some(embedding::of(info, messages)),
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

/// The first of `places` that is there, with the `others` that belong to it.
fn under_own_name(
    attributes: &mut Attributes,
    places: &[json_messages::Place],
    others: &[&str],
) -> Option<Json> {
    let main = places.iter().map(|place| place.name);
    let main = main.clone().find(|name| attributes.has(name));
    let mut object = Map::new();
    for name in main.into_iter().chain(others.iter().copied()) {
        if let Some(value) = attributes.take(name) {
            object.insert(name.to_owned(), parsed(value));
        }
    }
    (!object.is_empty()).then(|| Json::from_value(&object))
}

/// An attribute's value as JSON: a text that is JSON stands for what it says.
fn json_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) if Document::read(text.as_bytes()).is_whole() => Cow::Borrowed(text),
        value => Cow::Owned(value.to_string()),
    }
}

/// JSON that stands in an attribute as text.
fn parsed(value: Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        value => value,
    }
}

/// Whether an attribute of this name is content in any of the dialects that are read: the words of a person or a model, and
/// not a number, a name or an id.
#[must_use]
pub fn is_content(name: &str) -> bool {
    let json_messages = json_messages::INPUTS.iter().chain(json_messages::OUTPUTS);
    let numbered = |prefix: &str| {
        let rest = name.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    };
    [names::SPANLOOM_REQUEST, names::SPANLOOM_RESPONSE].contains(&name)
        || json_messages
            .map(|place| place.name)
            .any(|place| place == name)
        || json_messages::INSTRUCTIONS_AND_TOOLS.contains(&name)
        || name == json_messages::TOOL_CALLS
        || dialect::OTHER_CONTENT.contains(&name)
        || indexed_messages::PREFIXES
            .iter()
            .any(|prefix| numbered(prefix))
        || name.starts_with(embedding::PREFIX)
        || dialect::OTHER_CONTENT_BELOW
            .iter()
            .any(|prefix| name.starts_with(prefix))
}
