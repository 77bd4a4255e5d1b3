//! Texts to embed, and their vectors.

use serde_json::{Map, Value, json};

use super::indexed_messages::numbered;
use crate::mapping::attribute::Attributes;
use crate::record::{CallInfo, Json};

/// The prefix of attributes for each numbered text or vector (OpenInference).
pub(super) const PREFIX: &str = "embedding.embeddings.";
const TEXT: &str = "embedding.text";
const VECTOR: &str = "embedding.vector";

/// Returns whether the call was for embeddings.
pub(super) fn is_embeddings_call(info: &CallInfo) -> bool {
    info.operation.as_deref() == Some("embeddings")
}

/// Builds the request from texts that an instrumentation calls messages (OpenLLMetry).
pub(super) fn of(info: &CallInfo, messages: Vec<Map<String, Value>>) -> Json {
    let text = |mut message: Map<String, Value>| message.remove("content");
    body(
        info,
        &messages.into_iter().filter_map(text).collect::<Vec<_>>(),
    )
}

/// Builds the request from texts with an attribute for each.
pub(super) fn request(attributes: &mut Attributes, info: &CallInfo) -> Option<Json> {
    let texts = take(attributes, TEXT);
    (!texts.is_empty()).then(|| {
        body(
            info,
            &texts.into_iter().map(|(_, text)| text).collect::<Vec<_>>(),
        )
    })
}

/// Builds the answer from vectors with an attribute for each.
pub(super) fn answer(attributes: &mut Attributes, info: &CallInfo) -> Option<Json> {
    let vectors = take(attributes, VECTOR);
    let item = |(index, vector): (u64, Value)| json!({"object": "embedding", "index": index, "embedding": vector});
    let data: Vec<Value> = vectors.into_iter().map(item).collect();
    (!data.is_empty())
        .then(|| Json::from_value(&json!({"object": "list", "model": info.model(), "data": data})))
}

fn body(info: &CallInfo, input: &[Value]) -> Json {
    Json::from_value(&json!({"model": info.request_model, "input": input}))
}

/// Takes `embedding.embeddings.<index>.<field>` of each index; all other attributes with the prefix stay.
fn take(attributes: &mut Attributes, field: &str) -> Vec<(u64, Value)> {
    let found = numbered(attributes.take_with_prefix(PREFIX));
    let (mut taken, mut others) = (Vec::new(), Vec::new());
    for (number, mut fields) in found.numbered {
        taken.extend(fields.remove(field).map(|value| (number, value)));
        let named = |(name, value)| (format!("{PREFIX}{number}.{name}"), value);
        others.extend(fields.into_iter().map(named));
    }
    let named = |(name, value)| (format!("{PREFIX}{name}"), value);
    others.extend(found.others.into_iter().map(named));
    attributes.put_all(others);
    taken
}
