//! The calls of a history.

use serde_json::json;
use spanloom_core::mapping;
use spanloom_core::{Record, StreamName};

use super::{BEGIN, PROJECT};
use crate::store::{CallChange, Incoming};

/// What is sent of call `n`: everything about a call follows from its number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Start(u64),
    Whole(u64),
    End(u64),
}

pub(super) fn id(n: u64) -> String {
    format!("{n:016x}")
}

pub(super) fn time(n: u64, seconds: i64) -> spanloom_core::Timestamp {
    spanloom_core::Timestamp::from_nanos(BEGIN + (n.cast_signed() + seconds) * 1_000_000_000)
}

/// Returns a text of which each batch has new ones.
pub(super) fn tenant(n: u64) -> String {
    format!("tenant-{}", n / 3)
}

pub(super) fn tokens(n: u64) -> i64 {
    (n % 97).cast_signed() + 1
}

/// Returns a request with a text that few others have not.
pub(super) fn inputs(n: u64) -> serde_json::Value {
    let system = format!("Answer in the style {}. ", n % 5).repeat(20);
    json!({"question": format!("question {n}"), "system": system})
}

pub(super) fn record(n: u64, is_whole: bool) -> Record {
    let mut call = json!({
        "project_id": PROJECT, "id": id(n), "trace_id": format!("{n:032x}"), "op_name": "f", "started_at": time(n, 0),
        "attributes": {"spanloom": {"operation": "chat"}, "tenant": tenant(n)},
        "inputs": inputs(n),
    });
    if is_whole {
        let end = end(n);
        call["ended_at"] = json!(end.ended_at);
        call["output"] = json!(format!("answer {n}"));
        call["summary"] = json!(end.summary);
    }
    serde_json::from_value(call).unwrap()
}

/// Returns the same call as a span.
pub(super) fn span(n: u64) -> Incoming {
    let attributes: serde_json::Map<_, _> = serde_json::from_value(json!({
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m",
        "gen_ai.usage.input_tokens": tokens(n), "gen_ai.usage.output_tokens": 0,
        "spanloom.attributes": json!({"tenant": tenant(n)}),
        "spanloom.request": inputs(n).to_string(),
        "spanloom.response": json!(format!("answer {n}")).to_string(),
    }))
    .unwrap();
    let span = mapping::Span {
        name: "f".to_owned(),
        trace_id: format!("{n:032x}"),
        span_id: id(n),
        started_at: time(n, 0),
        ended_at: time(n, 1),
        attributes: attributes.into_iter().collect(),
        ..mapping::Span::default()
    };
    let stream = StreamName::parse("e/p/calls", None).unwrap();
    let resource = mapping::Attributes::default();
    Incoming::Span(Box::new(mapping::mapped(span, &resource, &stream)))
}

pub(super) fn end(n: u64) -> CallChange {
    let end = json!({
        "project_id": PROJECT, "id": id(n), "ended_at": time(n, 1), "output": format!("answer {n}"),
        "summary": {"usage": {"m": {"prompt_tokens": tokens(n), "completion_tokens": 0, "requests": 1}}},
    });
    serde_json::from_value(end).unwrap()
}
