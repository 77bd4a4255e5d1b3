//! The conversion of OTLP spans to the input of core's mapping.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::{Value, json};
use spanloom_core::mapping::{self, Attributes, SpanStatus};
use spanloom_core::{StreamName, Timestamp};

use crate::store::{Document, Incoming};

/// The maximum nesting depth of values; deeper values become null.
pub(super) const DEPTH: usize = 32;
/// The longest name of a scope, in bytes.
const LONGEST_SCOPE: usize = 1_024;
/// The maximum characters of a reason in an answer: some reasons quote the request.
const LONGEST_REASON: usize = 200;

/// The process that sent spans or log records.
pub(super) struct Sender {
    pub(super) resource: Attributes,
    /// The stream of spans that name none.
    pub(super) stream: StreamName,
}

/// The outcome of decoding a request.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) records: Vec<Incoming>,
    /// Feedback on calls, by project.
    pub(super) feedback: BTreeMap<String, Vec<Document>>,
    /// The number of log records that belong to no call.
    pub(super) other_logs: u64,
    /// The number of spans that lack a required field.
    incomplete: i64,
    /// The number of spans or log records that could not be read.
    unreadable: i64,
    /// The reason the first of these could not be read.
    reason: Option<String>,
    /// Whether any resource could not be read.
    without_resource: bool,
}

impl Taken {
    /// Takes the spans of one scope; an `Err` is the reason a span could not be read.
    pub(super) fn spans(
        &mut self,
        sender: &Sender,
        scope: Option<&str>,
        spans: impl Iterator<Item = Result<Span, String>>,
    ) {
        for span in spans {
            match span {
                Ok(span) => self.span(sender, self::span(span, scope)),
                Err(reason) => self.unreadable(&reason),
            }
        }
    }

    /// Takes a span; `None` is one that lacks a required field.
    pub(super) fn span(&mut self, sender: &Sender, span: Option<mapping::Span>) {
        match span {
            Some(span) => {
                let span = mapping::mapped(span, &sender.resource, &sender.stream);
                self.records.push(Incoming::Span(Box::new(span)));
            }
            None => self.incomplete += 1,
        }
    }

    /// Returns the sender of spans or log records. Its stream is used where a span names no part of its own: entity and project
    /// of `default`, and the service's name.
    pub(super) fn sender(
        &mut self,
        resource: Result<Resource, String>,
        default: &StreamName,
    ) -> Sender {
        self.without_resource |= resource.is_err();
        let resource = attributes(resource.unwrap_or_default().attributes);
        let stream = stream(&resource, default);
        Sender { resource, stream }
    }

    pub(super) fn unreadable(&mut self, reason: &str) {
        self.unreadable += 1;
        self.reason
            .get_or_insert_with(|| reason.chars().take(LONGEST_REASON).collect());
    }

    /// Returns the faults to report to the sender, or `None` if everything was taken.
    pub(super) fn partial_success(&self) -> Option<ExportTracePartialSuccess> {
        let mut faults = Vec::new();
        if self.incomplete > 0 {
            faults.push(
                "spans without a valid trace id, span id and start time were left out".to_owned(),
            );
        }
        if let Some(reason) = &self.reason {
            faults.push(format!(
                "what cannot be read was left out, the first of it because: {reason}"
            ));
        }
        if self.without_resource {
            faults.push(
                "a resource cannot be read; what belongs to it was accepted without its attributes"
                    .to_owned(),
            );
        }
        (!faults.is_empty()).then(|| ExportTracePartialSuccess {
            rejected_spans: self.incomplete + self.unreadable,
            error_message: faults.join("; "),
        })
    }
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

pub(super) fn span(span: Span, scope: Option<&str>) -> Option<mapping::Span> {
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
        kind: kind(span.kind),
        scope: scope.map(str::to_owned),
        attributes: attributes(span.attributes),
        events: span.events.into_iter().map(event).collect(),
        links: span.links.into_iter().filter_map(link).collect(),
    })
}

/// Returns the name of a scope, cut if it is too long: each span of the scope has it.
pub(super) fn scope(mut name: String) -> Option<String> {
    if name.len() > LONGEST_SCOPE {
        let end = (0..=LONGEST_SCOPE)
            .rev()
            .find(|end| name.is_char_boundary(*end));
        name.truncate(end.unwrap_or(0));
    }
    Some(name).filter(|name| !name.is_empty())
}

pub(super) fn kind(kind: i32) -> Option<&'static str> {
    let kind = SpanKind::try_from(kind).ok()?;
    kind.as_str_name()
        .strip_prefix("SPAN_KIND_")
        .filter(|_| kind != SpanKind::Unspecified)
}

fn event(event: Event) -> mapping::Event {
    mapping::Event {
        name: event.name,
        at: time(event.time_unix_nano).unwrap_or_default(),
        attributes: attributes(event.attributes),
    }
}

fn link(link: Link) -> Option<mapping::Link> {
    Some(mapping::Link {
        trace_id: id(&link.trace_id, 16)?,
        span_id: id(&link.span_id, 8)?,
        attributes: attributes(link.attributes),
    })
}

pub(super) fn time(nanos: u64) -> Option<Timestamp> {
    (nanos > 0).then_some(())?;
    i64::try_from(nanos).ok().map(Timestamp::from_nanos)
}

/// Returns an id in hex, or `None` if its length is wrong or all its bytes are zero.
pub(super) fn id(bytes: &[u8], length: usize) -> Option<String> {
    let valid = bytes.len() == length && bytes.iter().any(|byte| *byte != 0);
    valid.then(|| hex(bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.filter_map(|digit| char::from_digit(u32::from(digit), 16));
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(digits);
    text
}

pub(super) fn attributes(attributes: Vec<KeyValue>) -> Attributes {
    attributes
        .into_iter()
        .map(|KeyValue { key, value, .. }| (key, json(value, DEPTH)))
        .collect()
}

/// Converts the value of a log record's body.
pub(super) fn value(value: Option<AnyValue>) -> Value {
    json(value, DEPTH)
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
        Some(Any::BytesValue(bytes)) => hex(&bytes).into(),
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
        // Values that refer to the table of texts of profiles, which spans and log records have not.
        Some(_) => Value::Null,
    }
}
