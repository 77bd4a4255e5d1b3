//! Log records: the events of the GenAI conventions join their span, whichever comes first, and evaluations are feedback on
//! the call; all others are accepted.
//!
//! Sources: OTLP 1.x, `logs.proto`; GenAI semantic conventions, events. The name of an event is the record's own, else
//! the attribute `event.name` of older SDKs or `event_name` of `LiteLLM`.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde_json::{Map, Value};
use spanloom_core::mapping::{self, Event};
use spanloom_core::semconv::GEN_AI_EVALUATION_RESULT as EVALUATION;
use spanloom_core::{Record, StreamName, Timestamp};

use super::decode::{self, Sender, Taken};
use crate::weave::evaluation;

/// The attributes that name an event.
const NAMES: [&str; 2] = ["event.name", "event_name"];

impl Taken {
    /// Takes the log records of one scope; an `Err` is the reason a record could not be read.
    pub(super) fn logs(
        &mut self,
        sender: &Sender,
        records: impl Iterator<Item = Result<LogRecord, String>>,
    ) {
        let mut spans: BTreeMap<[String; 2], Vec<Event>> = BTreeMap::new();
        for record in records {
            match record.map(event) {
                Ok(Some((ids, event))) if event.name == EVALUATION => {
                    self.evaluation(sender, &ids, &event);
                }
                Ok(Some((ids, event))) => spans.entry(ids).or_default().push(event.into()),
                Ok(None) => self.other_logs += 1,
                Err(reason) => self.unreadable(&reason),
            }
        }
        for ([trace_id, span_id], events) in spans {
            let at = events.first().map(|event| event.at).unwrap_or_default();
            let span = mapping::Span {
                name: "events of a call".to_owned(),
                trace_id,
                span_id,
                started_at: at,
                ended_at: at,
                events,
                ..mapping::Span::default()
            };
            let record = mapping::record(span, &sender.resource, &sender.stream);
            self.records.push(part(record).into());
        }
    }

    /// Takes an evaluation of a span. It is kept whether or not the span has come.
    fn evaluation(&mut self, sender: &Sender, [_, span_id]: &[String; 2], event: &SpanEvent) {
        let StreamName {
            entity, project, ..
        } = mapping::stream_of(&sender.resource, &sender.stream);
        let project = format!("{entity}/{project}");
        match evaluation(&project, span_id, event.at, &event.fields) {
            Some(feedback) => self.feedback.entry(project).or_default().push(feedback),
            None => self.other_logs += 1,
        }
    }
}

/// A GenAI event of a span.
struct SpanEvent {
    name: String,
    at: Timestamp,
    fields: Map<String, Value>,
}

impl From<SpanEvent> for Event {
    fn from(event: SpanEvent) -> Self {
        Self {
            name: event.name,
            at: event.at,
            attributes: event.fields.into_iter().collect(),
        }
    }
}

/// Returns the part of a call that its events are: content, without an end or a result.
fn part(record: Record) -> Record {
    Record {
        ended_at: None,
        display_name: None,
        summary: Map::new(),
        exception: None,
        ..record
    }
}

/// Reads the event of a span; `None` for a record that is not a GenAI event or belongs to no span.
fn event(record: LogRecord) -> Option<([String; 2], SpanEvent)> {
    let ids = [
        decode::id(&record.trace_id, 16)?,
        decode::id(&record.span_id, 8)?,
    ];
    let mut fields: Map<String, Value> =
        decode::attributes(record.attributes).into_iter().collect();
    let own = Some(record.event_name).filter(|name| !name.is_empty());
    let named = NAMES.iter().find_map(|name| match fields.remove(*name)? {
        Value::String(name) => Some(name),
        _ => None,
    });
    let name = own.or(named).filter(|name| name.starts_with("gen_ai."))?;
    let body = decode::value(record.body);
    let body = match body {
        // Semantic Kernel and Microsoft.Extensions.AI write the body as JSON.
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        body => body,
    };
    match body {
        Value::Object(body) => fields.extend(body),
        Value::Null => {}
        text => {
            fields.insert("content".to_owned(), text);
        }
    }
    let at = decode::time(record.time_unix_nano)
        .or_else(|| decode::time(record.observed_time_unix_nano))
        .unwrap_or(Timestamp::from_nanos(0));
    Some((ids, SpanEvent { name, at, fields }))
}
