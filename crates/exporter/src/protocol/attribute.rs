//! Attributes as fields of an OTLP span, written without copying them first.
//!
//! The stock conversion copies all names and values, most of a span, before it writes them. Source:
//! `opentelemetry/proto/common/v1/common.proto`, `KeyValue` and `AnyValue`.

use opentelemetry::{Array, KeyValue, Value};
use prost::encoding::encode_varint;
use prost::length_delimiter_len as varint_length;

/// The length-delimited field `Span.attributes`.
const ATTRIBUTES: u8 = field(9, LENGTH_DELIMITED);
const KEY: u8 = field(1, LENGTH_DELIMITED);
const VALUE: u8 = field(2, LENGTH_DELIMITED);
const STRING: u8 = field(1, LENGTH_DELIMITED);
const BOOL: u8 = field(2, VARINT);
const INT: u8 = field(3, VARINT);
const DOUBLE: u8 = field(4, FIXED_64);
const ARRAY: u8 = field(5, LENGTH_DELIMITED);
const VALUES: u8 = field(1, LENGTH_DELIMITED);

const VARINT: u8 = 0;
const FIXED_64: u8 = 1;
const LENGTH_DELIMITED: u8 = 2;

const fn field(number: u8, kind: u8) -> u8 {
    (number << 3) | kind
}

/// Appends the attributes of a span.
pub(super) fn append(buffer: &mut Vec<u8>, attributes: &[KeyValue]) {
    for attribute in attributes {
        let (key, value) = (attribute.key.as_str(), Any::of(&attribute.value));
        let length = value.length();
        put_head(buffer, ATTRIBUTES, delimited(key.len()) + delimited(length));
        put_text(buffer, KEY, key);
        put_head(buffer, VALUE, length);
        value.put(buffer);
    }
}

/// Estimates the bytes that the attributes will take.
pub(super) fn room(attributes: &[KeyValue]) -> usize {
    const EACH: usize = 24;
    let text = |value: &Value| match value {
        Value::String(text) => text.as_str().len(),
        _ => 0,
    };
    let each = |attribute: &KeyValue| EACH + attribute.key.as_str().len() + text(&attribute.value);
    attributes.iter().map(each).sum()
}

/// A borrowed value.
enum Any<'a> {
    Text(&'a str),
    Owned(String),
    Bool(bool),
    Int(i64),
    Double(f64),
    Array(Vec<Self>),
}

impl<'a> Any<'a> {
    fn of(value: &'a Value) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::I64(value) => Self::Int(*value),
            Value::F64(value) => Self::Double(*value),
            Value::String(value) => Self::Text(value.as_str()),
            Value::Array(Array::Bool(values)) => {
                Self::Array(values.iter().map(|value| Self::Bool(*value)).collect())
            }
            Value::Array(Array::I64(values)) => {
                Self::Array(values.iter().map(|value| Self::Int(*value)).collect())
            }
            Value::Array(Array::F64(values)) => {
                Self::Array(values.iter().map(|value| Self::Double(*value)).collect())
            }
            Value::Array(Array::String(values)) => Self::Array(
                values
                    .iter()
                    .map(|value| Self::Text(value.as_str()))
                    .collect(),
            ),
            // A kind this crate does not know yet.
            other => Self::Owned(other.to_string()),
        }
    }

    /// Returns the bytes of the message.
    fn length(&self) -> usize {
        match self {
            Self::Text(text) => delimited(text.len()),
            Self::Owned(text) => delimited(text.len()),
            Self::Bool(_) => 2,
            Self::Int(value) => 1 + prost::encoding::encoded_len_varint(value.cast_unsigned()),
            Self::Double(_) => 9,
            Self::Array(values) => delimited(Self::values_length(values)),
        }
    }

    fn values_length(values: &[Self]) -> usize {
        values.iter().map(|value| delimited(value.length())).sum()
    }

    fn put(&self, buffer: &mut Vec<u8>) {
        match self {
            Self::Text(text) => put_text(buffer, STRING, text),
            Self::Owned(text) => put_text(buffer, STRING, text),
            Self::Bool(value) => buffer.extend([BOOL, u8::from(*value)]),
            Self::Int(value) => {
                buffer.push(INT);
                encode_varint(value.cast_unsigned(), buffer);
            }
            Self::Double(value) => {
                buffer.push(DOUBLE);
                buffer.extend_from_slice(&value.to_le_bytes());
            }
            Self::Array(values) => {
                put_head(buffer, ARRAY, Self::values_length(values));
                for value in values {
                    put_head(buffer, VALUES, value.length());
                    value.put(buffer);
                }
            }
        }
    }
}

/// Returns the bytes of a length-delimited field.
fn delimited(content: usize) -> usize {
    1 + varint_length(content) + content
}

fn put_head(buffer: &mut Vec<u8>, field: u8, length: usize) {
    buffer.push(field);
    encode_varint(length as u64, buffer);
}

fn put_text(buffer: &mut Vec<u8>, field: u8, text: &str) {
    put_head(buffer, field, text.len());
    buffer.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use opentelemetry::StringValue;
    use opentelemetry_proto::tonic::trace::v1::Span;
    use opentelemetry_proto::transform::common::tonic::Attributes;
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        let text = || any::<String>().prop_map(StringValue::from);
        prop_oneof![
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::I64),
            any::<f64>()
                .prop_filter("equal to itself", |it| !it.is_nan())
                .prop_map(Value::F64),
            text().prop_map(Value::String),
            prop::collection::vec(any::<bool>(), 0..4).prop_map(|it| Value::Array(Array::Bool(it))),
            prop::collection::vec(any::<i64>(), 0..4).prop_map(|it| Value::Array(Array::I64(it))),
            prop::collection::vec(text(), 0..200).prop_map(|it| Value::Array(Array::String(it))),
        ]
    }

    proptest! {
        #[test]
        fn they_are_what_the_stock_conversion_writes(
            pairs in prop::collection::vec((any::<String>(), value()), 0..8),
        ) {
            let attributes: Vec<KeyValue> =
                pairs.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect();
            let mut bytes = Vec::new();
            append(&mut bytes, &attributes);
            let read = Span::decode(bytes.as_slice()).unwrap();
            prop_assert_eq!(read.attributes, Attributes::from(attributes).0);
        }
    }
}
