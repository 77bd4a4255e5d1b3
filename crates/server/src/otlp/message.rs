//! The messages of OTLP read from JSON, limited to the parts that become records.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde::de::{Error as _, MapAccess};

use super::object::{Fields, list, message, skip};
use super::scalar::Scalar;

fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<String, A::Error> {
    let text = map.next_value::<Option<String>>()?;
    Ok(text.unwrap_or_default())
}

/// Reads a scalar and converts it with `read`.
fn scalar<'de, A, T>(
    map: &mut A,
    read: impl FnOnce(&Scalar) -> Option<T>,
) -> Result<Option<T>, A::Error>
where
    A: MapAccess<'de>,
{
    let Some(scalar) = map.next_value::<Option<Scalar>>()? else {
        return Ok(None);
    };
    match read(&scalar) {
        Some(value) => Ok(Some(value)),
        None => Err(A::Error::custom(
            "a number, a time or bytes that cannot be read",
        )),
    }
}

/// Reads an id; the caller judges its validity, as in protobuf.
fn id<'de, A: MapAccess<'de>>(map: &mut A, length: usize) -> Result<Vec<u8>, A::Error> {
    let id = scalar(map, |id| Some(id.id(length)))?;
    Ok(id.unwrap_or_default())
}

fn time<'de, A: MapAccess<'de>>(map: &mut A) -> Result<u64, A::Error> {
    let time = scalar(map, |time| u64::try_from(time.whole()?).ok())?;
    Ok(time.unwrap_or_default())
}

/// Converts a status code: a number in OTLP, a name in the plain protobuf mapping.
fn code(code: &Scalar) -> Option<i32> {
    named(code, |name| StatusCode::from_str_name(name).map(i32::from))
}

/// Converts the kind of a span, in the same two forms.
fn kind(kind: &Scalar) -> Option<i32> {
    named(kind, |name| SpanKind::from_str_name(name).map(i32::from))
}

fn named(value: &Scalar, by_name: impl Fn(&str) -> Option<i32>) -> Option<i32> {
    match value {
        Scalar::Text(name) if name.starts_with(|first: char| first.is_ascii_alphabetic()) => {
            by_name(name)
        }
        Scalar::Text(_) | Scalar::Whole(_) | Scalar::Real(_) | Scalar::Bytes(_) => {
            i32::try_from(value.whole()?).ok()
        }
    }
}

impl<'de> Fields<'de> for Resource {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "attributes" => self.attributes = list(map)?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for Span {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "traceId" | "trace_id" => self.trace_id = id(map, 16)?,
            "spanId" | "span_id" => self.span_id = id(map, 8)?,
            "parentSpanId" | "parent_span_id" => self.parent_span_id = id(map, 8)?,
            "name" => self.name = text(map)?,
            "startTimeUnixNano" | "start_time_unix_nano" => self.start_time_unix_nano = time(map)?,
            "endTimeUnixNano" | "end_time_unix_nano" => self.end_time_unix_nano = time(map)?,
            "attributes" => self.attributes = list(map)?,
            "events" => self.events = list(map)?,
            "links" => self.links = list(map)?,
            "kind" => self.kind = scalar(map, kind)?.unwrap_or_default(),
            "status" => self.status = message(map)?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for Event {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "name" => self.name = text(map)?,
            "timeUnixNano" | "time_unix_nano" => self.time_unix_nano = time(map)?,
            "attributes" => self.attributes = list(map)?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for LogRecord {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "traceId" | "trace_id" => self.trace_id = id(map, 16)?,
            "spanId" | "span_id" => self.span_id = id(map, 8)?,
            "timeUnixNano" | "time_unix_nano" => self.time_unix_nano = time(map)?,
            "observedTimeUnixNano" | "observed_time_unix_nano" => {
                self.observed_time_unix_nano = time(map)?;
            }
            "eventName" | "event_name" => self.event_name = text(map)?,
            "body" => self.body = message(map)?,
            "attributes" => self.attributes = list(map)?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for Link {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "traceId" | "trace_id" => self.trace_id = id(map, 16)?,
            "spanId" | "span_id" => self.span_id = id(map, 8)?,
            "attributes" => self.attributes = list(map)?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for Status {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "message" => self.message = text(map)?,
            "code" => self.code = scalar(map, code)?.unwrap_or_default(),
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for KeyValue {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "key" => self.key = text(map)?,
            "value" => self.value = message(map)?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for AnyValue {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let value = match name {
            "stringValue" | "string_value" => {
                map.next_value::<Option<String>>()?.map(Any::StringValue)
            }
            "boolValue" | "bool_value" => map.next_value::<Option<bool>>()?.map(Any::BoolValue),
            "intValue" | "int_value" => scalar(map, Scalar::integer)?,
            "doubleValue" | "double_value" => scalar(map, Scalar::real)?.map(Any::DoubleValue),
            "arrayValue" | "array_value" => message(map)?.map(Any::ArrayValue),
            "kvlistValue" | "kvlist_value" => message(map)?.map(Any::KvlistValue),
            "bytesValue" | "bytes_value" => scalar(map, Scalar::bytes)?.map(Any::BytesValue),
            _ => {
                skip(map)?;
                None
            }
        };
        // Only one field is a value; some writers emit the other fields as nulls.
        if value.is_some() {
            self.value = value;
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for ArrayValue {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "values" => self.values = list(map)?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Fields<'de> for KeyValueList {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "values" => self.values = list(map)?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::object::Object;
    use super::*;

    fn value(text: &str) -> Option<Any> {
        let value: Object<AnyValue> = serde_json::from_str(text).unwrap();
        value.0.value
    }

    fn span(text: &str) -> Result<Span, String> {
        let span: Result<Object<Span>, _> = serde_json::from_str(text);
        span.map(|span| span.0).map_err(|error| error.to_string())
    }

    #[test]
    fn values_of_every_kind_are_read() {
        for (text, expected) in [
            (r#"{"stringValue": "a"}"#, Any::StringValue("a".to_owned())),
            (r#"{"boolValue": false}"#, Any::BoolValue(false)),
            (r#"{"intValue": "7"}"#, Any::IntValue(7)),
            (r#"{"int_value": 7}"#, Any::IntValue(7)),
            (r#"{"doubleValue": 2}"#, Any::DoubleValue(2.0)),
            (r#"{"bytesValue": "aQ=="}"#, Any::BytesValue(vec![105])),
            (
                r#"{"stringValue": null, "intValue": 1, "boolValue": null}"#,
                Any::IntValue(1),
            ),
            (
                r#"{"arrayValue": {"values": [{"intValue": 1}, null, {}]}}"#,
                Any::ArrayValue(ArrayValue {
                    values: vec![
                        AnyValue {
                            value: Some(Any::IntValue(1)),
                        },
                        AnyValue::default(),
                    ],
                }),
            ),
            (
                r#"{"kvlistValue": {"values": [{"key": "k", "value": null}]}}"#,
                Any::KvlistValue(KeyValueList {
                    values: vec![KeyValue {
                        key: "k".to_owned(),
                        ..KeyValue::default()
                    }],
                }),
            ),
        ] {
            assert_eq!(value(text), Some(expected), "{text}");
        }
        assert_eq!(value(r#"{"newValue": {"a": [1]}}"#), None);
    }

    #[test]
    fn a_span_may_have_nulls_unknown_fields_and_fields_that_come_twice() {
        let read = span(
            r#"{"name": "a", "name": "b", "traceId": null, "status": null, "events": null, "links": null, "news": {"a": [[]]},
                "attributes": [null, {"key": "k", "key": "l"}], "start_time_unix_nano": "5", "startTimeUnixNano": 6}"#,
        );
        let read = read.unwrap();
        assert_eq!((read.name.as_str(), read.start_time_unix_nano), ("b", 6));
        assert_eq!(read.attributes.len(), 1);
        assert_eq!(read.attributes[0].key, "l");
        assert_eq!((read.trace_id, read.status), (Vec::new(), None));
    }

    #[test]
    fn status_and_events_are_read() {
        for code in ["2", "\"2\"", "2.0", "\"STATUS_CODE_ERROR\""] {
            let read = span(&format!(
                r#"{{"status": {{"code": {code}, "message": "no"}},
                    "events": [{{"name": "exception", "timeUnixNano": "3", "attributes": [{{"key": "k"}}]}}]}}"#
            ));
            let read = read.unwrap();
            let status = read.status.unwrap();
            assert_eq!((status.code, status.message.as_str()), (2, "no"), "{code}");
            let event = &read.events[0];
            assert_eq!(
                (
                    event.name.as_str(),
                    event.time_unix_nano,
                    event.attributes.len()
                ),
                ("exception", 3, 1)
            );
        }
    }

    #[test]
    fn what_has_the_wrong_type_or_is_too_deep_is_an_error() {
        let deep = "{\"arrayValue\":{\"values\":[".repeat(200);
        let deep = format!(
            "{{\"attributes\":[{{\"value\":{deep}{}}}]}}",
            "]}}".repeat(200)
        );
        for text in [
            "[]",
            r#"{"name": 1}"#,
            r#"{"attributes": {"a": 1}}"#,
            r#"{"attributes": [1]}"#,
            r#"{"startTimeUnixNano": "today"}"#,
            r#"{"startTimeUnixNano": -1}"#,
            r#"{"status": {"code": "STATUS_CODE_GREAT"}}"#,
            r#"{"attributes": [{"key": "k", "value": {"intValue": "many"}}]}"#,
            &deep,
        ] {
            assert!(span(text).is_err(), "{text}");
        }
    }
}
