//! The merge of two parts of one call, whichever part arrived first.

use serde_json::Value;
use spanloom_core::{CallInfo, Json, Record, Run};

/// Merges the stored record with the arriving record, in whichever order the call's parts were made.
///
/// The ended record takes precedence, or the arriving record if both or neither have ended; the other record fills in
/// missing fields. A part that arrives twice or late therefore removes nothing.
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
    // An end is complete: a missing exception, for example, means that there was none.
    let end = other.ended_at.is_none();
    // A repeated end removes nothing either, though it may contain less: a collector drops content.
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
        run: runs(other.run, main.run),
        ..main
    }
}

fn runs(other: Option<Run>, main: Option<Run>) -> Option<Run> {
    let (Some(other), Some(main)) = (&other, &main) else {
        return main.or(other);
    };
    Some(Run {
        id: main.id.clone().or_else(|| other.id.clone()),
        step: main.step.or(other.step),
        step_end: main.step_end.or(other.step_end),
    })
}

/// Returns the content to keep: `main`, unless it is empty or a rebuilt version of `other`.
///
/// A call that also arrives through a collector arrives there as a span, and its bodies are rebuilt from the span's
/// messages; the provider's own bodies, which the exporter sends, contain more.
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
        // An embedding and a refusal have no messages to rebuild.
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
