//! A span, as OTLP.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};

/// A value of an attribute.
pub(super) enum Attribute {
    Text(String),
    Number(i64),
    Decimal(f64),
}

impl From<&str> for Attribute {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Attribute {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Attribute {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<f64> for Attribute {
    fn from(number: f64) -> Self {
        Self::Decimal(number)
    }
}

pub(super) fn attribute(name: &str, value: impl Into<Attribute>) -> KeyValue {
    let value = match value.into() {
        Attribute::Text(text) => Value::StringValue(text),
        Attribute::Number(number) => Value::IntValue(number),
        Attribute::Decimal(number) => Value::DoubleValue(number),
    };
    KeyValue {
        key: name.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// The place of a span in its trace, and its time in nanoseconds since the epoch.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) trace: u128,
    pub(super) id: u64,
    pub(super) parent: Option<u64>,
    pub(super) start: i64,
    pub(super) end: i64,
}

/// Returns a span that failed with `error`, if there is one.
pub(super) fn span(
    name: String,
    kind: SpanKind,
    place: Place,
    mut attributes: Vec<KeyValue>,
    error: Option<&str>,
) -> Span {
    attributes.extend(error.map(|error| attribute("error.type", error)));
    let status = error.map(|error| Status {
        message: error.to_owned(),
        code: StatusCode::Error.into(),
    });
    Span {
        trace_id: place.trace.to_be_bytes().to_vec(),
        span_id: place.id.to_be_bytes().to_vec(),
        parent_span_id: place
            .parent
            .map_or_else(Vec::new, |parent| parent.to_be_bytes().to_vec()),
        name,
        kind: kind.into(),
        start_time_unix_nano: u64::try_from(place.start).unwrap_or_default(),
        end_time_unix_nano: u64::try_from(place.end).unwrap_or_default(),
        attributes,
        status,
        ..Span::default()
    }
}
