//! The readable form of a call: its record with the fields that Weave derives from it.

use serde_json::{Map, Value, json};
use spanloom_core::{Record, StatusCode, Summary};

/// Returns a call with `summary.weave` and, if requested, its costs. The content is the received text, byte for byte.
pub(crate) fn present(mut record: Record, with_costs: bool) -> Record {
    let summary = Summary::from_map(&record.summary);
    let weave = derived(&record, &summary, with_costs);
    match record
        .summary
        .entry("weave")
        .or_insert_with(|| json!({}))
        .as_object_mut()
    {
        Some(own) => own.extend(weave),
        None => drop(
            record
                .summary
                .insert("weave".to_owned(), Value::Object(weave)),
        ),
    }
    record
}

fn derived(record: &Record, summary: &Summary, with_costs: bool) -> Map<String, Value> {
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
    let name = trace_name(&record.op_name);
    weave.insert("trace_name".to_owned(), name.into());
    if with_costs && let Some(costs) = costs(record, summary) {
        weave.insert("costs".to_owned(), costs);
    }
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

/// Returns the name in an op's reference (`weave:///e/p/op/NAME:DIGEST`), or the name as it is.
fn trace_name(op_name: &str) -> &str {
    match op_name
        .strip_prefix("weave:///")
        .and_then(|path| path.rsplit_once("/op/"))
    {
        Some((_, name)) => name.split(':').next().unwrap_or(name),
        None => op_name,
    }
}

/// Returns `costs[model]` in Weave's fields, or `None` if the cost is unknown.
fn costs(record: &Record, summary: &Summary) -> Option<Value> {
    let (model, usage) = summary.usage.iter().next()?;
    let cost = summary.cost.as_ref()?;
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| {
        if !value.is_null() {
            fields.insert(name.to_owned(), value);
        }
    };
    set("requests", usage.requests.into());
    set("prompt_tokens", json!(usage.prompt_tokens));
    set("completion_tokens", json!(usage.completion_tokens));
    set("total_tokens", json!(usage.total_tokens));
    set(
        "cache_read_input_tokens",
        json!(usage.cache_read_input_tokens),
    );
    set(
        "cache_creation_input_tokens",
        json!(usage.cache_creation_input_tokens),
    );
    // If only the total cost is known, it is shown as the prompt's cost, so that sums over the fields are right.
    set(
        "prompt_tokens_total_cost",
        json!(cost.input_usd.unwrap_or(cost.total_usd)),
    );
    set(
        "completion_tokens_total_cost",
        json!(cost.output_usd.unwrap_or(0.0)),
    );
    set("prompt_token_cost_unit", "USD".into());
    set("completion_token_cost_unit", "USD".into());
    set("effective_date", json!(cost.price_date));
    set("provider_id", json!(record.info().provider));
    set("pricing_level", "default".into());
    set("created_by", "system".into());
    let mut costs = Map::new();
    costs.insert(model.clone(), Value::Object(fields));
    Some(Value::Object(costs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(call: Value) -> Record {
        serde_json::from_value(call).unwrap()
    }

    #[test]
    fn names_of_ops_and_their_references() {
        assert_eq!(trace_name("weave:///acme/chatbot/op/my_op:abc"), "my_op");
        assert_eq!(
            trace_name("openai.chat.completions.create"),
            "openai.chat.completions.create"
        );
    }

    #[test]
    fn an_unknown_cost_is_absent() {
        let call = |summary: Value| {
            record(
                json!({"project_id": "e/p", "id": "1", "op_name": "f", "started_at": "2026-11-22T10:00:00Z",
                "ended_at": "2026-11-22T10:00:01.5Z", "summary": summary}),
            )
        };
        let usage = json!({"m": {"requests": 1, "prompt_tokens": 3, "completion_tokens": 2}});
        let shown = present(call(json!({"usage": usage})), true);
        assert_eq!(
            shown.summary["weave"],
            json!({"status": "success", "latency_ms": 1500, "trace_name": "f"})
        );
        let priced = json!({"usage": usage, "cost": {"total_usd": 0.5, "input_usd": 0.2, "output_usd": 0.3, "source": "priced"}});
        let shown = present(call(priced), true);
        assert_eq!(
            shown.summary["weave"]["costs"]["m"]["completion_tokens_total_cost"],
            0.3
        );
    }

    #[test]
    fn a_parent_says_that_a_call_below_it_failed() {
        let call = json!({"project_id": "e/p", "id": "1", "op_name": "f", "started_at": "2026-11-22T10:00:00Z",
            "ended_at": "2026-11-22T10:00:01Z", "summary": {"status_counts": {"success": 1, "error": 2}}});
        let shown = present(record(call), false);
        assert_eq!(shown.summary["weave"]["status"], "descendant_error");
    }
}
