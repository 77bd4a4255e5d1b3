//! Calls of our own recorders and of spans, in the words of W&B's clients: what their views and programs look for.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use spanloom_core::{CallInfo, Endpoint, Json, Record, weave};

use super::otel;

/// The group of attributes in which W&B's clients describe themselves.
const WEAVE: &str = "weave";

/// Tokens, by W&B's other word for the same count.
const TOKENS: [(&str, &str); 2] = [
    ("prompt_tokens", "input_tokens"),
    ("completion_tokens", "output_tokens"),
];

/// Completes a call that none of W&B's clients has recorded.
pub(in crate::weave) fn complete(record: &mut Record) {
    if !record.attributes.contains_key(CallInfo::GROUP) {
        return;
    }
    otel::complete(record);
    let info = record.info();
    let group = record.attributes.entry(WEAVE).or_insert_with(|| json!({}));
    if let Some(group) = group.as_object_mut() {
        let kind = weave::kind(info.operation.as_deref());
        group.entry("kind").or_insert_with(|| kind.into());
    }
    let api_type = info.api_type.as_deref();
    let endpoint = info.operation.as_deref();
    let endpoint = endpoint.and_then(|operation| Endpoint::from_words(operation, api_type));
    let server = info.server_address.as_deref();
    if let Some(endpoint) = endpoint
        && let Cow::Owned(inputs) = weave::inputs(endpoint, record.inputs.as_str(), server)
        && let Some(inputs) = Json::from_text(inputs)
    {
        record.inputs = inputs;
    }
    if let Some(message) = record.exception.take() {
        let kind = info.error_type.as_deref().unwrap_or("Error");
        let exception = json!({"type": kind, "message": message, "traceback": []});
        record.exception = Some(exception.to_string());
        // Programs take a call with an output for one that succeeded; the message has what the provider answered.
        record.output = None;
    }
    let usage = record
        .summary
        .get_mut("usage")
        .and_then(Value::as_object_mut);
    for of_model in usage.into_iter().flat_map(Map::values_mut) {
        let Some(counts) = of_model.as_object_mut() else {
            continue;
        };
        for (one, other) in TOKENS {
            if let Some(count) = counts.get(one).cloned() {
                counts.entry(other).or_insert(count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(call: &Value) -> Value {
        let mut whole = json!({"project_id": "e/p", "id": "1", "op_name": "f", "started_at": "2026-11-22T10:00:00Z"});
        whole
            .as_object_mut()
            .unwrap()
            .extend(call.as_object().unwrap().clone());
        let mut record: Record = serde_json::from_value(whole).unwrap();
        complete(&mut record);
        serde_json::to_value(&record).unwrap()
    }

    #[test]
    fn a_call_of_ours_has_what_a_clients_call_has() {
        let call = completed(&json!({
            "attributes": {"spanloom": {"operation": "chat", "api_type": "responses", "error_type": "rate_limit"}},
            "inputs": {"input": "hi"}, "output": {"error": {"message": "slow down"}}, "exception": "slow down",
            "summary": {"usage": {"m": {"prompt_tokens": 3, "completion_tokens": 0}}},
        }));
        assert_eq!(call["attributes"]["weave"], json!({"kind": "llm"}));
        assert_eq!(
            call["inputs"]["self"]["client"],
            json!({"server_address": null})
        );
        let exception: Value = serde_json::from_str(call["exception"].as_str().unwrap()).unwrap();
        assert_eq!(
            exception,
            json!({"type": "rate_limit", "message": "slow down", "traceback": []})
        );
        assert_eq!(call["output"], Value::Null);
        let usage = json!({"prompt_tokens": 3, "completion_tokens": 0, "input_tokens": 3, "output_tokens": 0});
        assert_eq!(call["summary"]["usage"]["m"], usage);
    }

    #[test]
    fn a_clients_own_call_stays_as_it_was_sent() {
        let own = json!({"attributes": {"a": 1}, "exception": "{}", "output": 5, "summary": {"usage": {"m": {"prompt_tokens": 3}}}});
        let call = completed(&own);
        for field in ["exception", "output", "summary"] {
            assert_eq!(call[field], own[field], "{field}");
        }
        assert_eq!(call["attributes"], json!({"stream": "calls", "a": 1}));
    }
}
