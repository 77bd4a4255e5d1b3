//! Two parts of one call, whichever of them came first.

use serde_json::Value;
use spanloom_core::{CallInfo, Json, Record};

/// One record of what is stored and what came now, in whichever order the call's parts were made.
///
/// The ended one says how the call stands, the later one when both are of a kind; the other fills in what it left out.
/// So a part that comes twice, or late, takes nothing away.
pub(super) fn merge(stored: Record, came: Record) -> Record {
    let (other, main) = if stored.ended_at.is_some() && came.ended_at.is_none() {
        (came, stored)
    } else {
        (stored, came)
    };
    let has_own = |record: &Record| !record.info().rebuilt && has_content(record);
    let rebuilt_twin = main.info().rebuilt && has_own(&other);
    let own = has_own(&main) || rebuilt_twin;
    let mut attributes = other.attributes;
    attributes.extend(main.attributes);
    if own && let Some(Value::Object(info)) = attributes.get_mut(CallInfo::GROUP) {
        info.remove("rebuilt");
    }
    // An end says all there is to say about the end: that there was no exception, for one.
    let end = other.ended_at.is_none();
    // The same end told again takes nothing away either, though it may tell less: a collector drops content.
    let same_end = other.ended_at == main.ended_at;
    Record {
        parent_id: main.parent_id.or(other.parent_id),
        display_name: main.display_name.or(other.display_name),
        inputs: fuller(other.inputs, main.inputs, rebuilt_twin),
        output: match (other.output, main.output) {
            (Some(other), Some(main)) => Some(fuller(other, main, rebuilt_twin)),
            (other, main) => main.or(other.filter(|_| end || same_end)),
        },
        attributes,
        summary: if end {
            other.summary.into_iter().chain(main.summary).collect()
        } else {
            main.summary
        },
        exception: main.exception.or(other.exception.filter(|_| end)),
        thread_id: main.thread_id.or(other.thread_id),
        turn_id: main.turn_id.or(other.turn_id),
        wb_user_id: main.wb_user_id.or(other.wb_user_id),
        ..main
    }
}

/// The content that counts: `main`, unless it is empty or tells of `other` in other words.
///
/// A call that comes to us by way of a collector as well comes there as a span, from whose messages the bodies are put
/// together; the provider's own, which the exporter sends, say more.
fn fuller(other: Json, main: Json, rebuilt_twin: bool) -> Json {
    if is_empty(&main) || (rebuilt_twin && !is_empty(&other)) {
        other
    } else {
        main
    }
}

fn is_empty(json: &Json) -> bool {
    matches!(json.as_str(), "{}" | "null")
}

fn has_content(record: &Record) -> bool {
    !is_empty(&record.inputs) || record.output.as_ref().is_some_and(|it| !is_empty(it))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn record(fields: &Value) -> Record {
        let mut call = json!({"project_id": "e/p", "id": "1", "op_name": "f", "started_at": "2026-11-22T10:00:00Z"});
        call.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        serde_json::from_value(call).unwrap()
    }

    fn start() -> Record {
        record(&json!({"inputs": {"a": 1}, "parent_id": "0", "attributes": {"x": 1, "y": 1}}))
    }

    fn end() -> Record {
        record(
            &json!({"ended_at": "2026-11-22T10:00:01Z", "output": {"o": 1}, "attributes": {"y": 2}, "summary": {"s": 1}}),
        )
    }

    #[test]
    fn parts_make_the_same_call_in_any_order_and_however_often() {
        let whole = merge(start(), end());
        assert_eq!(whole.inputs.as_str(), r#"{"a":1}"#);
        assert_eq!(whole.parent_id.as_deref(), Some("0"));
        assert_eq!(whole.output, end().output);
        assert_eq!(whole.ended_at, end().ended_at);
        assert_eq!(whole.attributes["y"], 2);
        assert_eq!(merge(end(), start()), whole);
        for again in [start(), end(), whole.clone()] {
            assert_eq!(merge(whole.clone(), again.clone()), whole);
            assert_eq!(merge(again, whole.clone()), whole);
        }
    }

    #[test]
    fn a_providers_own_body_outlasts_the_same_call_retold_by_a_span() {
        let full = record(&json!({
            "ended_at": "2026-11-22T10:00:01Z",
            "inputs": {"messages": []},
            "output": {"choices": []},
        }));
        let rebuilt_twin = record(&json!({
            "ended_at": "2026-11-22T10:00:01Z",
            "inputs": {"messages": [], "model": "m"},
            "output": {"choices": [], "model": "m"},
            "attributes": {"spanloom": {"rebuilt": true}},
        }));
        for merged in [
            merge(full.clone(), rebuilt_twin.clone()),
            merge(rebuilt_twin.clone(), full.clone()),
        ] {
            assert_eq!(
                (&merged.inputs, &merged.output),
                (&full.inputs, &full.output)
            );
            assert!(!merged.info().rebuilt);
        }
        assert_eq!(
            merge(rebuilt_twin.clone(), rebuilt_twin.clone()),
            rebuilt_twin
        );
        // An embedding and a refusal have no messages to retell.
        let silent = record(&json!({"ended_at": "2026-11-22T10:00:01Z"}));
        assert_eq!(merge(full.clone(), silent.clone()).output, full.output);
        assert_eq!(merge(silent, full.clone()).output, full.output);
    }

    #[test]
    fn a_later_end_corrects_an_earlier_one() {
        let failed = record(
            &json!({"ended_at": "2026-11-22T10:00:01Z", "exception": "timeout", "inputs": {"a": 1}}),
        );
        let corrected = merge(failed, end());
        assert_eq!(
            (corrected.exception, corrected.output),
            (None, end().output)
        );
        assert_eq!(corrected.inputs.as_str(), r#"{"a":1}"#);
    }
}
