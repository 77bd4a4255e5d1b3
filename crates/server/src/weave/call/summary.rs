//! What Weave derives from a call, at `summary.weave`.

use serde_json::{Map, Value, json};
use spanloom_core::{Record, StatusCode, Summary};

/// Adds `summary.weave` to a call.
pub(crate) fn present(mut record: Record) -> Record {
    let summary = Summary::from_map(&record.summary);
    let weave = derived(&record, &summary);
    add(&mut record, weave);
    record
}

/// Adds fields to `summary.weave`.
pub(super) fn add(record: &mut Record, fields: Map<String, Value>) {
    let weave = record.summary.entry("weave").or_insert_with(|| json!({}));
    match weave.as_object_mut() {
        Some(own) => own.extend(fields),
        None => *weave = Value::Object(fields),
    }
}

fn derived(record: &Record, summary: &Summary) -> Map<String, Value> {
    let mut weave = Map::new();
    let status = match (record.ended_at, &record.exception, summary.status_code) {
        (None, _, _) => "running",
        (_, Some(_), _) | (_, _, StatusCode::Error) => "error",
        _ if has_failed_descendants(record) => "descendant_error",
        _ => "success",
    };
    weave.insert("status".to_owned(), status.into());
    if let Some(ended_at) = record.ended_at {
        // A whole number, as in W&B's own models.
        let latency_ms =
            u64::try_from(ended_at.since(record.started_at).as_millis()).unwrap_or(u64::MAX);
        weave.insert("latency_ms".to_owned(), json!(latency_ms));
    }
    weave.insert("trace_name".to_owned(), record.op().into());
    weave
}

/// Returns whether a descendant failed: Weave's clients count failed descendants in a parent's summary.
fn has_failed_descendants(record: &Record) -> bool {
    record
        .summary
        .get("status_counts")
        .and_then(|counts| counts.get("error")?.as_u64())
        .is_some_and(|failed| failed > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(call: Value) -> Record {
        serde_json::from_value(call).unwrap()
    }

    #[test]
    fn status_latency_and_name_are_derived() {
        let call = json!({"project_id": "e/p", "id": "1", "op_name": "f", "started_at": "2026-11-22T10:00:00Z",
            "ended_at": "2026-11-22T10:00:01.5Z", "summary": {"weave": {"own": 1}}});
        let expected =
            json!({"own": 1, "status": "success", "latency_ms": 1500, "trace_name": "f"});
        assert_eq!(present(record(call)).summary["weave"], expected);
    }

    #[test]
    fn a_parent_shows_that_a_call_below_it_failed() {
        let call = json!({"project_id": "e/p", "id": "1", "op_name": "f", "started_at": "2026-11-22T10:00:00Z",
            "ended_at": "2026-11-22T10:00:01Z", "summary": {"status_counts": {"success": 1, "error": 2}}});
        let shown = present(record(call));
        assert_eq!(shown.summary["weave"]["status"], "descendant_error");
    }
}
