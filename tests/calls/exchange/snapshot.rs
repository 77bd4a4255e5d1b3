//! A call's signals as JSON that is the same in every run.

use opentelemetry::trace::{SpanId, Status};
use serde_json::{Map, Value, json};
use spanloom_core::StreamName;
use spanloom_core::mapping::Attributes;
use spanloom_testkit::json as plain;

use crate::observe::{Metric, Observed};

/// Fields that differ from run to run, wherever they appear.
const FICKLE: &[&str] = &[
    "ended_at",
    "gen_ai.response.time_to_first_chunk",
    "latency_ms",
    "latency_s",
    "started_at",
    "time_to_first_chunk_ms",
    "time_to_first_chunk_s",
    "trace_id",
    "turn_id",
];

/// Returns the snapshot; `null` for a call that the layer does not record.
pub(super) fn of(observed: Option<&Observed>) -> Value {
    let Some(observed) = observed else {
        return Value::Null;
    };
    let mut snapshot = json!({
        "span": span(observed),
        "metrics": observed.metrics.iter().map(metric).collect::<Vec<_>>(),
        "events": observed.events.iter().map(|event| json!({
            "name": event.name,
            "severity": format!("{:?}", event.severity),
            "attributes": event.attributes.iter()
                .map(|(key, value)| (key.clone(), crate::conformance::event::json(value))).collect::<Map<_, _>>(),
        })).collect::<Vec<_>>(),
        "record": record(observed),
    });
    snapshot["record"]["id"] = "<id>".into();
    settle(&mut snapshot);
    snapshot
}

fn settle(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                if FICKLE.contains(&name.as_str()) && !value.is_null() {
                    *value = format!("<{name}>").into();
                } else {
                    settle(value);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(settle),
        _ => {}
    }
}

fn span(observed: &Observed) -> Value {
    let span = &observed.span;
    let attributes = span.attributes.iter();
    let attributes: Map<String, Value> = attributes
        .map(|pair| (pair.key.to_string(), parsed(plain(&pair.value))))
        .collect();
    let status = match &span.status {
        Status::Unset => json!("unset"),
        Status::Ok => json!("ok"),
        Status::Error { description } => json!({"error": description}),
    };
    let kind = format!("{:?}", span.span_kind);
    json!({"name": span.name, "kind": kind, "status": status, "attributes": attributes})
}

/// Parses JSON in a text, because JSON is easier to read and to compare.
fn parsed(value: Value) -> Value {
    match &value {
        Value::String(text) if text.starts_with(['{', '[']) => {
            serde_json::from_str(text).map_or(value, |json: Value| json!({"json": json}))
        }
        _ => value,
    }
}

/// Returns the counts and sums of tokens, but only the counts of times.
fn metric(metric: &Metric) -> Value {
    let mut points: Vec<Value> = metric
        .points
        .iter()
        .map(|point| {
            let attributes = point.attributes.iter();
            let attributes: Map<String, Value> = attributes
                .map(|pair| (pair.key.to_string(), plain(&pair.value)))
                .collect();
            let sum = (metric.unit != "s").then_some(point.sum);
            json!({"count": point.count, "sum": sum, "attributes": attributes})
        })
        .collect();
    points.sort_by_key(ToString::to_string);
    json!({"name": metric.name, "unit": metric.unit, "points": points})
}

/// Returns the record that the exporter makes for the project's own destinations.
fn record(observed: &Observed) -> Value {
    let mut span = observed.span.clone();
    span.parent_span_id = SpanId::INVALID;
    let stream: StreamName = "acme/chatbot/logs".parse().unwrap();
    let record = spanloom_testkit::record(span, &Attributes::default(), &stream);
    serde_json::to_value(record).unwrap()
}

/// Returns a line for each difference.
pub(super) fn differences(expected: &Value, actual: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    compare("", expected, actual, &mut lines);
    lines
}

fn compare(at: &str, expected: &Value, actual: &Value, lines: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            let mut names: Vec<&String> = expected.keys().chain(actual.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let of =
                    |members: &Map<String, Value>| members.get(name).cloned().unwrap_or_default();
                compare(&format!("{at}/{name}"), &of(expected), &of(actual), lines);
            }
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                compare(&format!("{at}/{index}"), expected, actual, lines);
            }
        }
        _ if expected == actual => {}
        _ => lines.push(format!("{at}\n    was {expected}\n    is  {actual}")),
    }
}

#[test]
fn a_difference_says_where_and_what() {
    let lines = differences(
        &json!({"a": [1, {"b": 2}], "c": 1}),
        &json!({"a": [1, {"b": 3}]}),
    );
    assert_eq!(
        lines,
        [
            "/a/1/b\n    was 2\n    is  3",
            "/c\n    was 1\n    is  null"
        ]
    );
}
