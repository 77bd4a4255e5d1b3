//! The SDK's spans in the form that core's mapping takes.

use opentelemetry::trace::{Event, Link, SpanId, SpanKind, Status};
use opentelemetry::{Array, Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use serde_json::json;
use spanloom_core::mapping::{self, Attributes, SpanStatus};
use spanloom_core::{Record, StreamName, Timestamp};

/// Maps a span to a record; `default` is where it goes unless it names its own stream.
pub(crate) fn record(span: SpanData, resource: &Attributes, default: &StreamName) -> Record {
    let span = mapping::Span {
        name: span.name.into_owned(),
        trace_id: span.span_context.trace_id().to_string(),
        span_id: span.span_context.span_id().to_string(),
        parent_id: (span.parent_span_id != SpanId::INVALID)
            .then(|| span.parent_span_id.to_string()),
        started_at: Timestamp::from(span.start_time),
        ended_at: Timestamp::from(span.end_time),
        status: match span.status {
            Status::Unset => SpanStatus::Unset,
            Status::Ok => SpanStatus::Ok,
            Status::Error { description } => SpanStatus::Error(description.into_owned()),
        },
        attributes: span.attributes.into_iter().map(pair).collect(),
        kind: kind(&span.span_kind),
        scope: Some(span.instrumentation_scope.name().to_owned()).filter(|name| !name.is_empty()),
        events: span.events.events.into_iter().map(event).collect(),
        links: span.links.links.into_iter().map(link).collect(),
    };
    mapping::record(span, resource, default)
}

fn pair(KeyValue { key, value, .. }: KeyValue) -> (String, serde_json::Value) {
    (key.to_string(), json(value))
}

fn kind(kind: &SpanKind) -> Option<&'static str> {
    Some(match kind {
        SpanKind::Client => "CLIENT",
        SpanKind::Server => "SERVER",
        SpanKind::Producer => "PRODUCER",
        SpanKind::Consumer => "CONSUMER",
        SpanKind::Internal => "INTERNAL",
    })
}

fn event(event: Event) -> mapping::Event {
    mapping::Event {
        name: event.name.into_owned(),
        at: Timestamp::from(event.timestamp),
        attributes: event.attributes.into_iter().map(pair).collect(),
    }
}

fn link(link: Link) -> mapping::Link {
    mapping::Link {
        trace_id: link.span_context.trace_id().to_string(),
        span_id: link.span_context.span_id().to_string(),
        attributes: link.attributes.into_iter().map(pair).collect(),
    }
}

/// Returns a resource's attributes in the form that core's mapping takes.
pub(crate) fn attributes(resource: &Resource) -> Attributes {
    resource
        .iter()
        .map(|(key, value): (&Key, &Value)| (key.to_string(), json(value.clone())))
        .collect()
}

/// Converts an attribute's value to JSON.
pub(crate) fn json(value: Value) -> serde_json::Value {
    match value {
        Value::Bool(value) => value.into(),
        Value::I64(value) => value.into(),
        Value::F64(value) => json!(value),
        Value::String(value) => String::from(value).into(),
        Value::Array(Array::Bool(values)) => values.into(),
        Value::Array(Array::I64(values)) => values.into(),
        Value::Array(Array::F64(values)) => json!(values),
        Value::Array(Array::String(values)) => values.into_iter().map(String::from).collect(),
        other => other.to_string().into(),
    }
}

/// Estimates the bytes a span holds, closely enough for a limit: its texts, and a fixed share for everything else.
pub(crate) fn held_bytes(span: &SpanData) -> usize {
    const FIXED: usize = 512;
    const PER_ATTRIBUTE: usize = 64;
    let text = |value: &Value| match value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::String(texts)) => texts.iter().map(|text| text.as_str().len()).sum(),
        _ => 0,
    };
    let own: usize = span
        .attributes
        .iter()
        .map(|attribute| PER_ATTRIBUTE + text(&attribute.value))
        .sum();
    let events: usize = span
        .events
        .iter()
        .flat_map(|event| event.attributes.iter())
        .map(|attribute| PER_ATTRIBUTE + text(&attribute.value))
        .sum();
    FIXED + span.name.len() + own + events
}
