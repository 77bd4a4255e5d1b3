//! The content of a tool's or a retrieval's span: what it was called with, and what it gave back.

use serde_json::{Map, Value};

use super::{Attributes, parsed};
use crate::record::Json;
use crate::semconv as names;

pub(super) const INPUTS: [&str; 2] = [
    names::GEN_AI_TOOL_CALL_ARGUMENTS,
    names::GEN_AI_RETRIEVAL_QUERY_TEXT,
];
pub(super) const OUTPUTS: [&str; 2] = [
    names::GEN_AI_TOOL_CALL_RESULT,
    names::GEN_AI_RETRIEVAL_DOCUMENTS,
];

/// Takes the inputs: a tool's arguments themselves if they are an object, or a retrieval's query.
pub(super) fn inputs(attributes: &mut Attributes) -> Option<Json> {
    let field = |name: &str, value| Map::from_iter([(name.to_owned(), value)]);
    let arguments = attributes.take(names::GEN_AI_TOOL_CALL_ARGUMENTS);
    let inputs = match arguments.map(parsed) {
        Some(Value::Object(arguments)) => arguments,
        Some(value) => field("arguments", value),
        // A text, whatever it looks like.
        None => field(
            "query",
            attributes.take(names::GEN_AI_RETRIEVAL_QUERY_TEXT)?,
        ),
    };
    Some(Json::from_value(&inputs))
}

/// Takes the output.
pub(super) fn output(attributes: &mut Attributes) -> Option<Json> {
    OUTPUTS
        .into_iter()
        .find_map(|name| attributes.take_json(name))
}
