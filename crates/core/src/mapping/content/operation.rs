//! The content of a tool's or a retrieval's span: what it was called with, and what it gave back.

use serde_json::{Map, Value};

use super::{Attributes, parsed};
use crate::record::Json;
use crate::semconv as names;

/// The attributes with inputs, and the field of the inputs that a value without fields of its own becomes.
const INPUTS: [(&str, &str); 2] = [
    (names::GEN_AI_TOOL_CALL_ARGUMENTS, "arguments"),
    (names::GEN_AI_RETRIEVAL_QUERY_TEXT, "query"),
];
const OUTPUTS: [&str; 2] = [
    names::GEN_AI_TOOL_CALL_RESULT,
    names::GEN_AI_RETRIEVAL_DOCUMENTS,
];

/// All attributes of both.
pub(super) const ALL: [&str; 4] = [
    names::GEN_AI_TOOL_CALL_ARGUMENTS,
    names::GEN_AI_RETRIEVAL_QUERY_TEXT,
    names::GEN_AI_TOOL_CALL_RESULT,
    names::GEN_AI_RETRIEVAL_DOCUMENTS,
];

/// Takes the inputs: the arguments themselves if they are an object.
pub(super) fn inputs(attributes: &mut Attributes) -> Option<Json> {
    let (name, field) = INPUTS.into_iter().find(|(name, _)| attributes.has(name))?;
    let inputs = match parsed(attributes.take(name)?) {
        Value::Object(arguments) => arguments,
        value => Map::from_iter([(field.to_owned(), value)]),
    };
    Some(Json::from_value(&inputs))
}

/// Takes the output.
pub(super) fn output(attributes: &mut Attributes) -> Option<Json> {
    OUTPUTS
        .into_iter()
        .find_map(|name| attributes.take_json(name))
}
