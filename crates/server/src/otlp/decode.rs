//! OTLP's spans, as core's mapping takes them.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::{Value, json};
use spanloom_core::mapping::{self, Attributes, SpanStatus};
use spanloom_core::{Record, StreamName, Timestamp};

/// How deep values may be nested; what lies deeper is left out.
const DEPTH: usize = 32;

/// The records of a request, and how many of its spans were none. `default` is where spans go that do not say, in a
/// stream named like their service.
pub(super) fn records(
    request: ExportTraceServiceRequest,
    default: &StreamName,
) -> (Vec<Record>, i64) {
    let (mut records, mut rejected) = (Vec::new(), 0);
    for group in request.resource_spans {
        let resource = attributes(group.resource.unwrap_or_default().attributes);
        let stream = stream(&resource, default);
        for span in group.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            match self::span(span) {
                Some(span) => records.push(mapping::record(span, &resource, &stream)),
                None => rejected += 1,
            }
        }
    }
    (records, rejected)
}

fn stream(resource: &Attributes, default: &StreamName) -> StreamName {
    let service = resource
        .text("service.name")
        .filter(|service| StreamName::is_part(service));
    StreamName {
        stream: service.unwrap_or(&default.stream).to_owned(),
        ..default.clone()
    }
}

fn span(span: Span) -> Option<mapping::Span> {
    let status = match span.status {
        Some(status) if status.code == i32::from(StatusCode::Error) => {
            SpanStatus::Error(status.message)
        }
        Some(status) if status.code == i32::from(StatusCode::Ok) => SpanStatus::Ok,
        _ => SpanStatus::Unset,
    };
    let started_at = time(span.start_time_unix_nano)?;
    Some(mapping::Span {
        name: span.name,
        trace_id: id(&span.trace_id, 16)?,
        span_id: id(&span.span_id, 8)?,
        parent_id: id(&span.parent_span_id, 8),
        started_at,
        ended_at: time(span.end_time_unix_nano).unwrap_or(started_at),
        status,
        attributes: attributes(span.attributes),
    })
}

fn time(nanos: u64) -> Option<Timestamp> {
    (nanos > 0).then_some(())?;
    i64::try_from(nanos).ok().map(Timestamp::from_nanos)
}

/// An id in hex; `None` for one of another length and for the invalid one of zeros.
fn id(bytes: &[u8], length: usize) -> Option<String> {
    let valid = bytes.len() == length && bytes.iter().any(|byte| *byte != 0);
    valid.then(|| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn attributes(attributes: Vec<KeyValue>) -> Attributes {
    attributes
        .into_iter()
        .map(|KeyValue { key, value, .. }| (key, json(value, DEPTH)))
        .collect()
}

fn json(value: Option<AnyValue>, depth: usize) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    match value.and_then(|value| value.value) {
        None => Value::Null,
        Some(Any::StringValue(text)) => text.into(),
        Some(Any::BoolValue(value)) => value.into(),
        Some(Any::IntValue(value)) => value.into(),
        Some(Any::DoubleValue(value)) => json!(value),
        Some(Any::BytesValue(bytes)) => bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
            .into(),
        Some(Any::ArrayValue(array)) => array
            .values
            .into_iter()
            .map(|value| json(Some(value), depth - 1))
            .collect(),
        Some(Any::KvlistValue(list)) => Value::Object(
            list.values
                .into_iter()
                .map(|pair| (pair.key, json(pair.value, depth - 1)))
                .collect(),
        ),
        // Values by reference to a table that this signal does not carry.
        Some(_) => Value::Null,
    }
}
