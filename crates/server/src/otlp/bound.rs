//! How many messages a request holds, counted before any is decoded: an empty span takes two bytes on the wire and
//! hundreds in memory.

/// Spans of one request.
const MOST_SPANS: usize = 100_000;
/// Messages of all kinds in one request: twenty a span.
const MOST_MESSAGES: usize = 20 * MOST_SPANS;
/// How deep messages are followed; prost itself refuses deeper ones.
const DEPTH: usize = 100;

/// Why a request is not decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It holds too many spans, or too many messages in them.
    TooMany,
    /// It is no protobuf, or has groups, which OTLP does not.
    Malformed,
}

/// The messages of a request, as far as they lead to others. Source: opentelemetry-proto 1.x, `trace.proto`.
#[derive(Clone, Copy)]
enum Kind {
    Request,
    ResourceSpans,
    Resource,
    ScopeSpans,
    Scope,
    Span,
    Event,
    Link,
    KeyValue,
    AnyValue,
    List,
    Map,
    Leaf,
}

impl Kind {
    /// The message in a field; `None` for text, bytes and fields that are not known.
    fn field(self, number: u64) -> Option<Self> {
        Some(match (self, number) {
            (Self::Request, 1) => Self::ResourceSpans,
            (Self::ResourceSpans, 1) => Self::Resource,
            (Self::ResourceSpans, 2) => Self::ScopeSpans,
            (Self::Resource, 3) => Self::Leaf,
            (Self::ScopeSpans, 1) => Self::Scope,
            (Self::ScopeSpans, 2) => Self::Span,
            (Self::Span, 11) => Self::Event,
            (Self::Span, 13) => Self::Link,
            (Self::Span, 15) => Self::Leaf,
            (Self::Resource, 1)
            | (Self::Scope, 3)
            | (Self::Span, 9)
            | (Self::Event, 3)
            | (Self::Link, 4)
            | (Self::Map, 1) => Self::KeyValue,
            (Self::KeyValue, 2) | (Self::List, 1) => Self::AnyValue,
            (Self::AnyValue, 5) => Self::List,
            (Self::AnyValue, 6) => Self::Map,
            _ => return None,
        })
    }
}

#[derive(Default)]
struct Count {
    spans: usize,
    messages: usize,
}

/// Refuses a request that would become too much.
pub(super) fn check(request: &[u8]) -> Result<(), Refused> {
    walk(Kind::Request, request, DEPTH, &mut Count::default())
}

fn walk(kind: Kind, mut rest: &[u8], depth: usize, count: &mut Count) -> Result<(), Refused> {
    let depth = depth.checked_sub(1).ok_or(Refused::Malformed)?;
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        let length = match tag & 7 {
            0 => {
                varint(&mut rest)?;
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut rest)?).map_err(|_| Refused::Malformed)?,
            5 => 4,
            _ => return Err(Refused::Malformed),
        };
        let (value, after) = rest.split_at_checked(length).ok_or(Refused::Malformed)?;
        rest = after;
        if tag & 7 == 2
            && let Some(inner) = kind.field(tag >> 3)
        {
            count.messages += 1;
            count.spans += usize::from(matches!(inner, Kind::Span));
            if count.spans > MOST_SPANS || count.messages > MOST_MESSAGES {
                return Err(Refused::TooMany);
            }
            walk(inner, value, depth, count)?;
        }
    }
    Ok(())
}

fn varint(rest: &mut &[u8]) -> Result<u64, Refused> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first().ok_or(Refused::Malformed)?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Refused::Malformed)
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::KeyValue;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, span::Event};
    use prost::Message as _;

    use super::*;

    fn request(spans: Vec<Span>) -> Vec<u8> {
        let scope_spans = vec![ScopeSpans {
            spans,
            ..ScopeSpans::default()
        }];
        let resource_spans = vec![ResourceSpans {
            scope_spans,
            ..ResourceSpans::default()
        }];
        ExportTraceServiceRequest { resource_spans }.encode_to_vec()
    }

    #[test]
    fn spans_are_counted_and_so_is_what_is_in_them() {
        assert_eq!(check(&request(vec![Span::default(); MOST_SPANS])), Ok(()));
        let more = request(vec![Span::default(); MOST_SPANS + 1]);
        assert_eq!(check(&more), Err(Refused::TooMany));
        let full = Span {
            attributes: vec![KeyValue::default(); MOST_MESSAGES],
            ..Span::default()
        };
        assert_eq!(check(&request(vec![full])), Err(Refused::TooMany));
        let event = Event {
            attributes: vec![KeyValue::default(); 1_000],
            ..Event::default()
        };
        let eventful = Span {
            events: vec![event; MOST_MESSAGES / 1_000],
            ..Span::default()
        };
        assert_eq!(check(&request(vec![eventful])), Err(Refused::TooMany));
    }

    #[test]
    fn what_is_no_protobuf_is_refused() {
        assert_eq!(check(b""), Ok(()));
        for bytes in [&b"\xff\xff\xff"[..], b"\x0a\x05a", b"\x0b", &[0xff; 11]] {
            assert_eq!(check(bytes), Err(Refused::Malformed));
        }
    }
}
