//! The spans of a protobuf request, read where they lie: texts are copied once, and nothing else is built in between.
//!
//! A text that is not Unicode is repaired, as in JSON. Values that are nested too deeply are left out. Source:
//! opentelemetry-proto 1.x, `trace.proto` and `common.proto`.

use serde_json::{Map, Value, json};
use spanloom_core::mapping::{Attributes, Event, Link, Span, SpanStatus};

use super::bound::{Count, Refused};
use super::decode::{DEPTH, hex, id, kind, time};
use super::wire::{Field, Fields, Malformed};

/// A status of a span, as it is sent.
const ERROR: u64 = 2;
const OK: u64 = 1;

/// The attributes that a span of a model call usually has.
const USUAL: usize = 24;

impl From<Malformed> for Refused {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// Reads a span; `None` for one that lacks a required field. The messages in it count.
pub(super) fn span(
    bytes: &[u8],
    scope: Option<&str>,
    count: &mut Count,
) -> Result<Option<Span>, Refused> {
    let mut span = Span::default();
    let (mut trace_id, mut span_id, mut started_at, mut ended_at) = (None, None, None, None);
    let (mut attributes, mut status) = (Vec::with_capacity(USUAL), (0, String::new()));
    for field in Fields(bytes) {
        match field? {
            (1, Field::Bytes(bytes)) => trace_id = id(bytes, 16),
            (2, Field::Bytes(bytes)) => span_id = id(bytes, 8),
            (4, Field::Bytes(bytes)) => span.parent_id = id(bytes, 8),
            (5, Field::Bytes(bytes)) => span.name = text(bytes),
            (6, Field::Varint(number)) => span.kind = i32::try_from(number).ok().and_then(kind),
            (7, Field::Fixed64(nanos)) => started_at = time(nanos),
            (8, Field::Fixed64(nanos)) => ended_at = time(nanos),
            (9, Field::Bytes(bytes)) => attributes.push(pair(bytes, DEPTH, count)?),
            (11, Field::Bytes(bytes)) => span.events.push(event(bytes, count)?),
            (13, Field::Bytes(bytes)) => span.links.extend(link(bytes, count)?),
            (15, Field::Bytes(bytes)) => read_status(bytes, &mut status)?,
            _ => {}
        }
    }
    let (Some(trace_id), Some(span_id), Some(started_at)) = (trace_id, span_id, started_at) else {
        return Ok(None);
    };
    Ok(Some(Span {
        trace_id,
        span_id,
        started_at,
        ended_at: ended_at.unwrap_or(started_at),
        status: match status {
            (ERROR, message) => SpanStatus::Error(message),
            (OK, _) => SpanStatus::Ok,
            _ => SpanStatus::Unset,
        },
        scope: scope.map(str::to_owned),
        attributes: attributes.into_iter().collect(),
        ..span
    }))
}

fn read_status(bytes: &[u8], status: &mut (u64, String)) -> Result<(), Refused> {
    for field in Fields(bytes) {
        match field? {
            (2, Field::Bytes(bytes)) => status.1 = text(bytes),
            (3, Field::Varint(code)) => status.0 = code,
            _ => {}
        }
    }
    Ok(())
}

fn event(bytes: &[u8], count: &mut Count) -> Result<Event, Refused> {
    count.message()?;
    let (mut event, mut attributes) = (Event::default(), Vec::new());
    for field in Fields(bytes) {
        match field? {
            (1, Field::Fixed64(nanos)) => event.at = time(nanos).unwrap_or_default(),
            (2, Field::Bytes(bytes)) => event.name = text(bytes),
            (3, Field::Bytes(bytes)) => attributes.push(pair(bytes, DEPTH, count)?),
            _ => {}
        }
    }
    event.attributes = attributes.into_iter().collect();
    Ok(event)
}

fn link(bytes: &[u8], count: &mut Count) -> Result<Option<Link>, Refused> {
    count.message()?;
    let (mut trace_id, mut span_id, mut attributes) = (None, None, Vec::new());
    for field in Fields(bytes) {
        match field? {
            (1, Field::Bytes(bytes)) => trace_id = id(bytes, 16),
            (2, Field::Bytes(bytes)) => span_id = id(bytes, 8),
            (4, Field::Bytes(bytes)) => attributes.push(pair(bytes, DEPTH, count)?),
            _ => {}
        }
    }
    Ok(trace_id.zip(span_id).map(|(trace_id, span_id)| Link {
        trace_id,
        span_id,
        attributes: attributes.into_iter().collect::<Attributes>(),
    }))
}

/// Reads a key and its value.
fn pair(bytes: &[u8], depth: usize, count: &mut Count) -> Result<(String, Value), Refused> {
    count.message()?;
    let (mut key, mut value) = (String::new(), Value::Null);
    for field in Fields(bytes) {
        match field? {
            (1, Field::Bytes(bytes)) => key = text(bytes),
            (2, Field::Bytes(bytes)) => value = self::value(bytes, depth, count)?,
            _ => {}
        }
    }
    Ok((key, value))
}

fn value(bytes: &[u8], depth: usize, count: &mut Count) -> Result<Value, Refused> {
    count.message()?;
    let Some(below) = depth.checked_sub(1) else {
        return Ok(Value::Null);
    };
    let mut value = Value::Null;
    for field in Fields(bytes) {
        value = match field? {
            (1, Field::Bytes(bytes)) => text(bytes).into(),
            (2, Field::Varint(flag)) => (flag != 0).into(),
            (3, Field::Varint(number)) => number.cast_signed().into(),
            (4, Field::Fixed64(bits)) => json!(f64::from_bits(bits)),
            (5, Field::Bytes(bytes)) => list(bytes, below, count)?,
            (6, Field::Bytes(bytes)) => map(bytes, below, count)?,
            (7, Field::Bytes(bytes)) => hex(bytes).into(),
            _ => value,
        };
    }
    Ok(value)
}

fn list(bytes: &[u8], depth: usize, count: &mut Count) -> Result<Value, Refused> {
    count.message()?;
    let mut items = Vec::new();
    for field in Fields(bytes) {
        if let (1, Field::Bytes(bytes)) = field? {
            items.push(value(bytes, depth, count)?);
        }
    }
    Ok(Value::Array(items))
}

fn map(bytes: &[u8], depth: usize, count: &mut Count) -> Result<Value, Refused> {
    count.message()?;
    let mut members = Map::new();
    for field in Fields(bytes) {
        if let (1, Field::Bytes(bytes)) = field? {
            members.extend([pair(bytes, depth, count)?]);
        }
    }
    Ok(Value::Object(members))
}

fn text(bytes: &[u8]) -> String {
    // Twice as fast as the repair alone.
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests;
