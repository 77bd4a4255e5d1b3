//! Calls that came as spans of other instrumentations, as W&B's server shows those: names at the root of the attributes, and
//! `otel_dump`.

use serde_json::{Map, Value, json};
use spanloom_core::{CallInfo, Record, semconv as names, weave};

/// Attributes of a span that name its kind.
const KINDS: [&str; 3] = [
    "weave.span.kind",
    "traceloop.span.kind",
    "openinference.span.kind",
];

/// Returns what is known of a span; `None` for a call of a client or of our own exporter, which states an outcome.
fn span(record: &Record) -> Option<CallInfo> {
    let is_mapped = record.attributes.contains_key(CallInfo::GROUP);
    Some(record.info()).filter(|info| is_mapped && info.outcome.is_none())
}

fn others(record: &Record) -> Option<&Map<String, Value>> {
    record.attributes.get(Record::OTHERS)?.as_object()
}

fn text(value: Option<&str>) -> Option<Value> {
    value.map(Value::from)
}

/// Adds the names under which W&B's server shows a span's facts, where the call has no attribute of that name.
pub(super) fn complete(record: &mut Record) {
    let Some(info) = span(record) else { return };
    let other = |name: &str| others(record)?.get(name).cloned();
    let kind = KINDS.iter().find_map(|name| other(name));
    let kind = kind.unwrap_or_else(|| weave::kind(info.operation.as_deref()).into());
    let reasons = Some(info.finish_reasons.clone()).filter(|reasons| !reasons.is_empty());
    let found = [
        ("model", text(info.model())),
        ("provider", text(info.provider.as_deref())),
        ("kind", Some(kind)),
        ("operation_name", text(info.operation.as_deref())),
        ("response_id", text(info.response_id.as_deref())),
        ("finish_reasons", reasons.map(Value::from)),
        ("agent_name", other("gen_ai.agent.name")),
        ("agent_id", other("gen_ai.agent.id")),
    ];
    for (name, value) in found {
        if let Some(value) = value {
            record.attributes.entry(name).or_insert(value);
        }
    }
}

/// Returns the span that a call came as, made of what is kept of it: its facts under the conventions' names, and the
/// attributes that have no other place. Content is in the call's inputs and output. `None` for other calls.
pub(super) fn dump(record: &Record) -> Option<Value> {
    let info = span(record)?;
    let mut attributes = Map::new();
    let facts = [
        (
            names::GEN_AI_OPERATION_NAME,
            text(info.operation.as_deref()),
        ),
        (names::GEN_AI_PROVIDER_NAME, text(info.provider.as_deref())),
        (
            names::GEN_AI_REQUEST_MODEL,
            text(info.request_model.as_deref()),
        ),
        (
            names::GEN_AI_RESPONSE_MODEL,
            text(info.response_model.as_deref()),
        ),
        (names::GEN_AI_RESPONSE_ID, text(info.response_id.as_deref())),
        (
            names::GEN_AI_CONVERSATION_ID,
            text(record.thread_id.as_deref()),
        ),
        (names::USER_ID, text(record.wb_user_id.as_deref())),
        (names::SERVER_ADDRESS, text(info.server_address.as_deref())),
        (names::SERVER_PORT, info.server_port.map(Value::from)),
        (names::ERROR_TYPE, text(info.error_type.as_deref())),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            weave::insert(&mut attributes, name, value);
        }
    }
    let hidden = [KIND, SCOPE];
    for (name, value) in others(record).into_iter().flatten() {
        if !hidden.contains(&name.as_str()) {
            weave::insert(&mut attributes, name, value.clone());
        }
    }
    let other = |name: &str| others(record).and_then(|others| others.get(name));
    let name = record.display_name.as_deref().unwrap_or(&record.op_name);
    let (code, message) = match &record.exception {
        Some(message) => ("ERROR", message.as_str()),
        None => ("UNSET", ""),
    };
    Some(json!({
        "name": name,
        "context": {"trace_id": record.trace_id, "span_id": record.id},
        "parent_id": record.parent_id,
        "kind": other(KIND),
        "scope": {"name": other(SCOPE)},
        "start_time": record.started_at,
        "end_time": record.ended_at,
        "status": {"code": code, "message": message},
        "attributes": attributes,
    }))
}

/// Where the mapping keeps a span's kind and the name of its scope.
const KIND: &str = "span.kind";
const SCOPE: &str = "scope.name";

#[cfg(test)]
mod tests {
    use super::*;

    fn call(attributes: &Value) -> Record {
        let call = json!({"project_id": "e/p", "id": "00f067aa0ba902b7", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            "op_name": "chat m", "started_at": "2026-11-22T10:00:00Z", "ended_at": "2026-11-22T10:00:01Z",
            "exception": "slow down", "thread_id": "c", "attributes": attributes});
        serde_json::from_value(call).unwrap()
    }

    #[test]
    fn a_span_is_shown_as_by_wandb() {
        let mut record = call(&json!({
            "spanloom": {"operation": "chat", "provider": "openai", "request_model": "m", "response_id": "r",
                "finish_reasons": ["stop"], "error_type": "timeout"},
            "otel": {"span.kind": "client", "scope.name": "s", "gen_ai.agent.name": "planner", "http.route": "/x",
                "openinference.span.kind": "LLM"},
            "model": "the user's own",
        }));
        let dump = dump(&record).unwrap();
        assert_eq!(
            dump,
            json!({
                "name": "chat m", "parent_id": null, "kind": "client", "scope": {"name": "s"},
                "context": {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7"},
                "start_time": "2026-11-22T10:00:00Z", "end_time": "2026-11-22T10:00:01Z",
                "status": {"code": "ERROR", "message": "slow down"},
                "attributes": {
                    "gen_ai": {"operation": {"name": "chat"}, "provider": {"name": "openai"}, "request": {"model": "m"},
                        "response": {"id": "r"}, "conversation": {"id": "c"}, "agent": {"name": "planner"}},
                    "error": {"type": "timeout"}, "http": {"route": "/x"}, "openinference": {"span": {"kind": "LLM"}},
                },
            })
        );
        complete(&mut record);
        let root: Map<String, Value> = record
            .attributes
            .into_iter()
            .filter(|(name, _)| !["spanloom", "otel"].contains(&name.as_str()))
            .collect();
        assert_eq!(
            Value::Object(root),
            json!({"model": "the user's own", "provider": "openai", "kind": "LLM", "operation_name": "chat",
                "response_id": "r", "finish_reasons": ["stop"], "agent_name": "planner"})
        );
    }

    #[test]
    fn other_calls_are_no_spans() {
        for attributes in [
            json!({"a": 1}),
            json!({"spanloom": {"operation": "chat", "outcome": "completed"}}),
        ] {
            let mut record = call(&attributes);
            assert_eq!(dump(&record), None);
            complete(&mut record);
            assert_eq!(Value::Object(record.attributes), attributes);
        }
    }
}
