//! Numbers, ids and bytes in JSON, in every form that senders write.
//!
//! | value | form | sender |
//! |---|---|---|
//! | 64-bit numbers | `"17"` | protobuf's JSON, opentelemetry-js after 0.44 |
//! | | `17`, `1.7e18` | opentelemetry-js up to 0.43; every version for `intValue` |
//! | | `{"low": -1013133952, "high": 395276536}` | opentelemetry-js 0.44 (its issue 4216) |
//! | doubles | `1.5`, `"NaN"`, `"Infinity"` | protobuf's JSON |
//! | ids | hex | OTLP |
//! | | base64 | plain protobuf JSON, as Go's and Python's own writers emit it |
//! | bytes | base64 | protobuf's JSON |
//! | | `{"0": 1, "1": 2}`, `{"type": "Buffer", "data": [1, 2]}`, `[1, 2]` | opentelemetry-js before 2026 (its issue 6190) |

use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig, general_purpose};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// An engine without padding, which is removed before decoding.
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const LENIENT: GeneralPurposeConfig = general_purpose::NO_PAD.with_decode_allow_trailing_bits(true);

/// The value of one unit of a number's high half.
const HALF: i128 = 1 << 32;

/// A value that is not a message.
#[derive(Debug, PartialEq)]
pub(super) enum Scalar {
    Whole(i128),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Scalar {
    /// Returns the value as an exact whole number.
    pub(super) fn whole(&self) -> Option<i128> {
        match self {
            Self::Whole(value) => Some(*value),
            Self::Real(value) => integral(*value),
            Self::Text(text) => match text.parse::<i128>() {
                Ok(value) => Some(value),
                Err(_) => integral(text.parse::<f64>().ok()?),
            },
            Self::Bytes(_) => None,
        }
    }

    pub(super) fn real(&self) -> Option<f64> {
        match self {
            Self::Whole(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            Self::Text(text) => text.parse().ok(),
            Self::Bytes(_) => None,
        }
    }

    /// Returns the value of `intValue`. JavaScript treats every number without a fraction as an integer, however large:
    /// integers beyond 64 bits become doubles.
    pub(super) fn integer(&self) -> Option<Any> {
        match self.whole().map(i64::try_from) {
            Some(Ok(value)) => Some(Any::IntValue(value)),
            _ => self.real().map(Any::DoubleValue),
        }
    }

    /// Returns an id of `length` bytes; an invalid id is empty or has another length.
    pub(super) fn id(&self, length: usize) -> Vec<u8> {
        let id = match self {
            Self::Text(text) if text.len() == 2 * length => hex(text),
            // Base64 with its padding, which hex does not have.
            Self::Text(text) if text.len() == length.div_ceil(3) * 4 => base64(text),
            Self::Bytes(bytes) => Some(bytes.clone()),
            Self::Whole(_) | Self::Real(_) | Self::Text(_) => None,
        };
        id.unwrap_or_default()
    }

    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Text(text) => base64(text),
            Self::Bytes(bytes) => Some(bytes.clone()),
            Self::Whole(_) | Self::Real(_) => None,
        }
    }
}

/// Converts a double without a fraction. Rust formats such a double with all its digits and nothing else.
fn integral(value: f64) -> Option<i128> {
    value.to_string().parse().ok()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.bytes().map(hex_digit).collect();
    let pairs = digits?;
    Some(
        pairs
            .chunks(2)
            .map(|pair| pair.iter().fold(0_u8, |byte, digit| (byte << 4) | digit))
            .collect(),
    )
}

fn hex_digit(digit: u8) -> Option<u8> {
    Some(match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => return None,
    })
}

/// Decodes base64 in either alphabet, with or without padding, as protobuf's JSON requires of readers.
fn base64(text: &str) -> Option<Vec<u8>> {
    let standard = text
        .trim_end_matches('=')
        .replace('-', "+")
        .replace('_', "/");
    BASE64.decode(standard).ok()
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a text or bytes")
    }

    fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar::Whole(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::Whole(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar::Real(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
        let mut bytes: Vec<u8> = Vec::new();
        while let Some(byte) = seq.next_element()? {
            bytes.push(byte);
        }
        Ok(Scalar::Bytes(bytes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        let (mut low, mut high) = (None, None);
        let mut bytes: Vec<u8> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "low" => low = map.next_value::<Option<i64>>()?,
                "high" => high = map.next_value::<Option<i64>>()?,
                "data" => bytes = map.next_value()?,
                // JavaScript keeps numeric keys in ascending order.
                index if index.bytes().all(|digit| digit.is_ascii_digit()) => {
                    bytes.push(map.next_value()?);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if low.is_none() && high.is_none() {
            return Ok(Scalar::Bytes(bytes));
        }
        // JavaScript's halves are signed, but only the sign of the high half is that of the number.
        let low = i128::from(low.unwrap_or_default()).rem_euclid(HALF);
        Ok(Scalar::Whole(
            i128::from(high.unwrap_or_default()) * HALF + low,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(text: &str) -> Scalar {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn whole_numbers_are_exact() {
        let nanos = 1_697_699_798_278_000_000;
        for (text, value) in [
            ("1697699798278000000", nanos),
            (r#""1697699798278000000""#, nanos),
            (r#"{"low": -1013133952, "high": 395276536}"#, nanos),
            (
                r#"{"low": 3281833344, "high": 395276536, "unsigned": true}"#,
                nanos,
            ),
            ("1.697699798278e18", nanos),
            (r#""1.697699798278e+18""#, nanos),
            ("18446744073709551615", u64::MAX.into()),
            (r#""18446744073709551615""#, u64::MAX.into()),
            ("-9223372036854775808", i64::MIN.into()),
            (r#"{"low": -1, "high": -1}"#, -1),
            (r#"{"low": 7, "high": null}"#, 7),
            ("7.0", 7),
        ] {
            assert_eq!(scalar(text).whole(), Some(value), "{text}");
        }
        for text in ["1.5", r#""""#, r#""soon""#, r#""NaN""#, "1e300", "[1]"] {
            assert_eq!(scalar(text).whole(), None, "{text}");
        }
    }

    #[test]
    fn integers_beyond_64_bits_are_doubles() {
        assert_eq!(scalar("12").integer(), Some(Any::IntValue(12)));
        assert_eq!(scalar(r#""-12""#).integer(), Some(Any::IntValue(-12)));
        assert_eq!(scalar("1e21").integer(), Some(Any::DoubleValue(1e21)));
        assert_eq!(scalar("1e300").integer(), Some(Any::DoubleValue(1e300)));
        assert_eq!(
            scalar("18446744073709551615").integer(),
            Some(Any::DoubleValue(u64::MAX as f64))
        );
        assert_eq!(scalar(r#""many""#).integer(), None);
    }

    #[test]
    fn doubles_may_be_texts() {
        assert_eq!(scalar("0.7").real(), Some(0.7));
        assert_eq!(scalar("1").real(), Some(1.0));
        assert_eq!(scalar(r#""0.7""#).real(), Some(0.7));
        assert_eq!(scalar(r#""-Infinity""#).real(), Some(f64::NEG_INFINITY));
        assert!(scalar(r#""NaN""#).real().is_some_and(f64::is_nan));
        assert_eq!(scalar(r#""warm""#).real(), None);
    }

    #[test]
    fn ids_are_hex_or_base64() {
        let id: [u8; 8] = [0x67, 0xac, 0xfc, 0x2e, 0xa5, 0x6f, 0x10, 0x8f];
        for text in [
            r#""67acfc2ea56f108f""#,
            r#""67ACFC2EA56F108F""#,
            r#""Z6z8LqVvEI8=""#,
            r#"{"0":103,"1":172,"2":252,"3":46,"4":165,"5":111,"6":16,"7":143}"#,
        ] {
            assert_eq!(scalar(text).id(8), id, "{text}");
        }
        assert_eq!(scalar(r#""Z6z8LqVvEI+kU1/Ci6mXBQ==""#).id(16).len(), 16);
        for text in [
            r#""""#,
            r#""67acfc2ea56f108""#,
            r#""67acfc2ea56f108g""#,
            r#""+7acfc2ea56f108f""#,
            "5",
        ] {
            assert!(scalar(text).id(8).is_empty(), "{text}");
        }
    }

    #[test]
    fn bytes_are_base64_or_numbers() {
        for text in [
            r#""aT_-""#,
            r#""aT/+""#,
            "[105, 63, 254]",
            r#"{"0": 105, "1": 63, "2": 254}"#,
            r#"{"type": "Buffer", "data": [105, 63, 254]}"#,
        ] {
            assert_eq!(scalar(text).bytes(), Some(vec![105, 63, 254]), "{text}");
        }
        assert_eq!(scalar(r#""aQ""#).bytes(), Some(vec![105]));
        assert_eq!(scalar(r#""aQ==""#).bytes(), Some(vec![105]));
        assert_eq!(scalar("{}").bytes(), Some(Vec::new()));
        assert_eq!(scalar(r#""no base64""#).bytes(), None);
        assert!(serde_json::from_str::<Scalar>("[256]").is_err());
        assert!(serde_json::from_str::<Scalar>("true").is_err());
    }
}
