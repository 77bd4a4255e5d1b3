#![expect(
    clippy::cast_possible_truncation,
    reason = "the numbers look random, and any part of them does"
)]

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::trace::v1::{Span, Status, span};
use prost::Message as _;

use super::super::bound::MOST_MESSAGES;
use super::super::decode;
use super::*;

/// A generator of numbers that look random (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % bound
    }

    fn bytes(&mut self, length: u64) -> Vec<u8> {
        (0..length).map(|_| self.below(256) as u8).collect()
    }

    fn text(&mut self) -> String {
        let letters = ["a", "gen_ai.", "ü", "\n", "\"", "\u{1f30a}", ""];
        (0..self.below(6))
            .map(|_| letters[self.below(7) as usize])
            .collect()
    }

    fn value(&mut self, depth: u64) -> Option<AnyValue> {
        let value = match self.below(if depth == 0 { 6 } else { 8 }) {
            0 => None,
            1 => Some(Any::StringValue(self.text())),
            2 => Some(Any::BoolValue(self.below(2) == 1)),
            3 => Some(Any::IntValue(self.below(u64::MAX) as i64)),
            4 => Some(Any::DoubleValue(f64::from_bits(self.below(u64::MAX) << 13))),
            5 => {
                let length = self.below(5);
                Some(Any::BytesValue(self.bytes(length)))
            }
            6 => Some(Any::ArrayValue(ArrayValue {
                values: (0..self.below(3))
                    .map(|_| self.value(depth - 1).unwrap_or_default())
                    .collect(),
            })),
            _ => Some(Any::KvlistValue(KeyValueList {
                values: self.pairs(depth - 1),
            })),
        };
        (self.below(9) > 0).then_some(AnyValue { value })
    }

    fn pairs(&mut self, depth: u64) -> Vec<KeyValue> {
        let pair = |random: &mut Self| KeyValue {
            key: random.text(),
            value: random.value(depth),
            ..KeyValue::default()
        };
        (0..self.below(4)).map(|_| pair(self)).collect()
    }

    fn id(&mut self, length: u64) -> Vec<u8> {
        match self.below(8) {
            0 => vec![0; length as usize],
            1 => self.bytes(length - 1),
            _ => self.bytes(length),
        }
    }

    fn span(&mut self) -> Span {
        let event = |random: &mut Self| span::Event {
            time_unix_nano: random.below(u64::MAX),
            name: random.text(),
            attributes: random.pairs(1),
            dropped_attributes_count: 1,
        };
        let link = |random: &mut Self| span::Link {
            trace_id: random.id(16),
            span_id: random.id(8),
            trace_state: random.text(),
            attributes: random.pairs(1),
            ..span::Link::default()
        };
        Span {
            trace_id: self.id(16),
            span_id: self.id(8),
            trace_state: self.text(),
            parent_span_id: self.id(8),
            flags: 257,
            name: self.text(),
            kind: self.below(8) as i32 - 1,
            start_time_unix_nano: self.below(5),
            end_time_unix_nano: self.below(u64::MAX),
            attributes: self.pairs(40),
            events: (0..self.below(3)).map(|_| event(self)).collect(),
            links: (0..self.below(3)).map(|_| link(self)).collect(),
            status: (self.below(2) == 0).then(|| Status {
                message: self.text(),
                code: self.below(4) as i32,
            }),
            ..Span::default()
        }
    }
}

#[test]
fn a_span_is_what_the_protobuf_library_reads() {
    let mut random = Random(17);
    for _ in 0..2_000 {
        let sent = random.span();
        let read = span(&sent.encode_to_vec(), Some("scope"), &mut Count::default());
        let expected = decode::span(sent, Some("scope"));
        assert_eq!(format!("{:?}", read.unwrap()), format!("{expected:?}"));
    }
}

#[test]
fn no_bytes_are_read_as_more_than_they_are() {
    let mut random = Random(18);
    for _ in 0..2_000 {
        let mut bytes = random.span().encode_to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len().max(1) as u64) as usize;
            match (random.below(2), bytes.get_mut(at)) {
                (0, Some(byte)) => *byte = random.below(256) as u8,
                _ => bytes.truncate(at),
            }
        }
        let mut count = Count::default();
        drop(span(&bytes, None, &mut count));
        assert!(count.messages() <= bytes.len());
    }
}

#[test]
fn the_messages_in_a_span_are_counted() {
    let pair = KeyValue::default();
    let full = |pairs| Span {
        attributes: vec![pair.clone(); pairs],
        ..Span::default()
    };
    let event = span::Event {
        attributes: vec![pair.clone(); 1_000],
        ..span::Event::default()
    };
    let eventful = Span {
        events: vec![event; MOST_MESSAGES / 1_000],
        ..Span::default()
    };
    let read = |span: &Span| self::span(&span.encode_to_vec(), None, &mut Count::default());
    assert!(matches!(read(&full(MOST_MESSAGES)), Ok(None)));
    assert!(matches!(
        read(&full(MOST_MESSAGES + 1)),
        Err(Refused::TooMany)
    ));
    assert!(matches!(read(&eventful), Err(Refused::TooMany)));
}

#[test]
fn values_that_are_nested_too_deeply_are_left_out() {
    let mut value = AnyValue {
        value: Some(Any::IntValue(1)),
    };
    for _ in 0..200 {
        value = AnyValue {
            value: Some(Any::ArrayValue(ArrayValue {
                values: vec![value],
            })),
        };
    }
    let deep = KeyValue {
        key: "deep".to_owned(),
        value: Some(value),
        ..KeyValue::default()
    };
    let sent = Span {
        trace_id: vec![1; 16],
        span_id: vec![1; 8],
        start_time_unix_nano: 1,
        attributes: vec![deep],
        ..Span::default()
    };
    let read = span(&sent.encode_to_vec(), None, &mut Count::default()).unwrap();
    let attributes: Vec<_> = read.unwrap().attributes.into_iter().collect();
    let kept = format!("{}null{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    assert_eq!(attributes[0].1.to_string(), kept);
}
