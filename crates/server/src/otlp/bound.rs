//! The number of messages in a request, counted before any of them takes memory: an empty span takes two bytes on the wire
//! and hundreds in memory.

use super::wire::{Field, Fields};

/// The maximum number of spans in a request.
pub(super) const MOST_SPANS: usize = 100_000;
/// The maximum number of messages of all kinds in a request: twenty per span.
pub(super) const MOST_MESSAGES: usize = 20 * MOST_SPANS;
/// The maximum depth to which the messages of a span are followed; prost itself refuses deeper messages.
const DEPTH: usize = 100;

/// The reason a request is not decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The request contains too many spans, or too many messages in them.
    TooMany,
    /// No spans can be found: the request is the wrong message, truncated, or has groups, which OTLP does not use.
    Malformed,
}

/// The encoded spans, or log records, of one resource.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group<'a> {
    /// The resource, in as many parts as were sent; `None` if a part cannot be read.
    pub(super) resource: Option<Vec<&'a [u8]>>,
    pub(super) scopes: Vec<Scope<'a>>,
}

/// The encoded spans, or log records, of one instrumentation scope.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scope<'a> {
    /// The scope itself, in as many parts as were sent; a part that cannot be read is left out.
    pub(super) scope: Vec<&'a [u8]>,
    /// `None` for a span that cannot be read.
    pub(super) messages: Vec<Option<&'a [u8]>>,
}

impl<'a> Group<'a> {
    fn new() -> Self {
        Self {
            resource: Some(Vec::new()),
            scopes: Vec::new(),
        }
    }

    fn put(&mut self, kind: Kind, message: Option<&'a [u8]>) {
        match kind {
            Kind::Resource => match (&mut self.resource, message) {
                (Some(parts), Some(part)) => parts.push(part),
                (resource, _) => *resource = None,
            },
            _ => {
                if let Some(scope) = self.scopes.last_mut() {
                    scope.put(kind, message);
                }
            }
        }
    }
}

impl<'a> Scope<'a> {
    fn put(&mut self, kind: Kind, message: Option<&'a [u8]>) {
        match kind {
            Kind::Span | Kind::Log => self.messages.push(message),
            Kind::Scope => self.scope.extend(message),
            _ => {}
        }
    }
}

/// The messages of a request that may contain other messages. Source: opentelemetry-proto 1.x, `trace.proto` and
/// `logs.proto`.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A request of spans.
    Traces,
    /// A request of log records.
    Logs,
    ResourceSpans,
    ResourceLogs,
    Resource,
    ScopeSpans,
    ScopeLogs,
    Scope,
    Span,
    Log,
    Event,
    Link,
    KeyValue,
    AnyValue,
    List,
    Map,
    Leaf,
}

impl Kind {
    /// Returns the message type of a field, or `None` for text, bytes and unknown fields.
    fn field(self, number: u64) -> Option<Self> {
        Some(match (self, number) {
            (Self::Traces, 1) => Self::ResourceSpans,
            (Self::Logs, 1) => Self::ResourceLogs,
            (Self::ResourceSpans | Self::ResourceLogs, 1) => Self::Resource,
            (Self::ResourceSpans, 2) => Self::ScopeSpans,
            (Self::ResourceLogs, 2) => Self::ScopeLogs,
            (Self::Resource, 3) => Self::Leaf,
            (Self::ScopeSpans | Self::ScopeLogs, 1) => Self::Scope,
            (Self::ScopeSpans, 2) => Self::Span,
            (Self::ScopeLogs, 2) => Self::Log,
            (Self::Log, 5) => Self::AnyValue,
            (Self::Span, 11) => Self::Event,
            (Self::Span, 13) => Self::Link,
            (Self::Span, 15) => Self::Leaf,
            (Self::Resource, 1)
            | (Self::Scope, 3)
            | (Self::Span, 9)
            | (Self::Log, 6)
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

/// The messages of a request so far.
#[derive(Debug, Default)]
pub(super) struct Count {
    spans: usize,
    messages: usize,
}

impl Count {
    #[cfg(test)]
    pub(super) fn messages(&self) -> usize {
        self.messages
    }

    /// Counts a message in a span.
    pub(super) fn message(&mut self) -> Result<(), Refused> {
        self.messages += 1;
        match self.messages > MOST_MESSAGES {
            true => Err(Refused::TooMany),
            false => Ok(()),
        }
    }

    fn add(&mut self, kind: Kind) -> Result<(), Refused> {
        self.messages += 1;
        self.spans += usize::from(matches!(kind, Kind::Span | Kind::Log));
        if self.spans > MOST_SPANS || self.messages > MOST_MESSAGES {
            return Err(Refused::TooMany);
        }
        Ok(())
    }

    /// Counts the messages inside a message; returns `None` if this message alone cannot be followed to its end.
    fn inside<'a>(&mut self, kind: Kind, message: &'a [u8]) -> Result<Option<&'a [u8]>, Refused> {
        match walk(kind, message, DEPTH, self) {
            Ok(()) => Ok(Some(message)),
            Err(Refused::Malformed) => Ok(None),
            Err(Refused::TooMany) => Err(Refused::TooMany),
        }
    }
}

/// Splits a request into groups, unless it exceeds the limits.
pub(super) fn groups<'a>(
    root: Kind,
    request: &'a [u8],
    count: &mut Count,
) -> Result<Vec<Group<'a>>, Refused> {
    let mut groups = Vec::new();
    envelope(root, request, &mut groups, count)?;
    Ok(groups)
}

/// Walks the messages that contain spans.
fn envelope<'a>(
    kind: Kind,
    bytes: &'a [u8],
    groups: &mut Vec<Group<'a>>,
    count: &mut Count,
) -> Result<(), Refused> {
    for field in Fields(bytes) {
        let Some((inner, value)) = message(kind, field?) else {
            continue;
        };
        count.add(inner)?;
        match inner {
            Kind::ResourceSpans | Kind::ResourceLogs => {
                groups.push(Group::new());
                envelope(inner, value, groups, count)?;
            }
            Kind::ScopeSpans | Kind::ScopeLogs => {
                if let Some(group) = groups.last_mut() {
                    group.scopes.push(Scope::default());
                }
                envelope(inner, value, groups, count)?;
            }
            // The messages in a span are counted while it is read.
            Kind::Span => {
                if let Some(group) = groups.last_mut() {
                    group.put(inner, Some(value));
                }
            }
            _ => {
                let value = count.inside(inner, value)?;
                if let Some(group) = groups.last_mut() {
                    group.put(inner, value);
                }
            }
        }
    }
    Ok(())
}

fn walk(kind: Kind, bytes: &[u8], depth: usize, count: &mut Count) -> Result<(), Refused> {
    let depth = depth.checked_sub(1).ok_or(Refused::Malformed)?;
    for field in Fields(bytes) {
        if let Some((inner, value)) = message(kind, field?) {
            count.add(inner)?;
            walk(inner, value, depth, count)?;
        }
    }
    Ok(())
}

/// Returns the content of a field if the field is a known message.
fn message(kind: Kind, (number, field): (u64, Field<'_>)) -> Option<(Kind, &[u8])> {
    match field {
        Field::Bytes(bytes) => kind.field(number).map(|inner| (inner, bytes)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
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

    fn groups(request: &[u8]) -> Result<Vec<Group<'_>>, Refused> {
        super::groups(Kind::Traces, request, &mut Count::default())
    }

    #[test]
    fn spans_are_counted() {
        let most = request(vec![Span::default(); MOST_SPANS]);
        let messages = &groups(&most).unwrap()[0].scopes[0].messages;
        assert_eq!(messages.len(), MOST_SPANS);
        let more = request(vec![Span::default(); MOST_SPANS + 1]);
        assert_eq!(groups(&more), Err(Refused::TooMany));
    }

    #[test]
    fn what_is_no_protobuf_is_refused() {
        assert_eq!(groups(b""), Ok(Vec::new()));
        for bytes in [&b"\xff\xff\xff"[..], b"\x0a\x05a", b"\x0b", &[0xff; 11]] {
            assert_eq!(groups(bytes), Err(Refused::Malformed));
        }
    }

    #[test]
    fn a_resource_that_cannot_be_followed_is_the_only_one_missing() {
        // A resource with a truncated attribute; spans: empty, with a truncated attribute.
        let scope_spans = b"\x12\x00\x12\x02\x4a\x05";
        let mut resource_spans = b"\x0a\x02\x0a\x05\x12\x06".to_vec();
        resource_spans.extend(scope_spans);
        let mut bytes = vec![0x0a, u8::try_from(resource_spans.len()).unwrap()];
        bytes.extend(resource_spans);
        let group = Group {
            resource: None,
            scopes: vec![Scope {
                scope: Vec::new(),
                messages: vec![Some(&b""[..]), Some(b"\x4a\x05")],
            }],
        };
        assert_eq!(groups(&bytes), Ok(vec![group]));
    }
}
