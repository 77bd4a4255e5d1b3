//! Calls in the SDK's spans.

use opentelemetry::trace::{SpanId, Status};
use opentelemetry::{Array, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use serde_json::json;
use spanloom_core::mapping::{self, Attributes, SpanStatus};
use spanloom_core::{Record, StreamName, Timestamp};

use super::{Calls, RecordedCall};
use crate::{Error, SpanRecorder};

impl SpanRecorder {
    /// Returns the model calls among the spans so far, from any instrumentation that core's mapping understands.
    ///
    /// A layer finishes spans on its own thread: [`wait_for_calls`](Self::wait_for_calls) waits for them.
    #[must_use]
    pub fn calls(&self) -> Calls {
        let resource: Attributes = self.resource().iter().flat_map(attributes).collect();
        self.spans()
            .into_iter()
            .filter_map(|span| RecordedCall::of(record(span, &resource, &nowhere())))
            .collect()
    }

    /// Blocks until at least `count` model calls have been recorded, for at most ten seconds, and returns all of them.
    ///
    /// No other flush is needed: a call is recorded once its answer has been read and its layer's recorder is done.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Deadline`](crate::ErrorKind::Deadline) when fewer were recorded.
    pub fn wait_for_calls(&self, count: usize) -> Result<Calls, Error> {
        self.wait_until("calls", count, || self.calls(), |calls| calls.len())
    }
}

/// Returns a stream for records whose destination does not matter.
fn nowhere() -> StreamName {
    StreamName {
        entity: "test".to_owned(),
        project: "test".to_owned(),
        stream: Record::DEFAULT_STREAM.to_owned(),
    }
}

/// Returns the record that a span becomes at spanloom's own destinations. `resource` is the attributes of the process;
/// `default` is the stream that the record goes to when neither names one.
#[must_use]
pub fn record(span: SpanData, resource: &Attributes, default: &StreamName) -> Record {
    let parent = span.parent_span_id;
    let span = mapping::Span {
        name: span.name.into_owned(),
        trace_id: span.span_context.trace_id().to_string(),
        span_id: span.span_context.span_id().to_string(),
        parent_id: (parent != SpanId::INVALID).then(|| parent.to_string()),
        started_at: Timestamp::from(span.start_time),
        ended_at: Timestamp::from(span.end_time),
        status: match span.status {
            Status::Unset => SpanStatus::Unset,
            Status::Ok => SpanStatus::Ok,
            Status::Error { description } => SpanStatus::Error(description.into_owned()),
        },
        attributes: span
            .attributes
            .iter()
            .map(|pair| (pair.key.to_string(), json(&pair.value)))
            .collect(),
        ..mapping::Span::default()
    };
    mapping::record(span, resource, default)
}

fn attributes(resource: &Resource) -> Vec<(String, serde_json::Value)> {
    resource
        .iter()
        .map(|(key, value)| (key.to_string(), json(value)))
        .collect()
}

/// Converts an attribute's value to JSON.
#[must_use]
pub fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Bool(value) => json!(value),
        Value::I64(value) => json!(value),
        Value::F64(value) => json!(value),
        Value::Array(Array::Bool(values)) => json!(values),
        Value::Array(Array::I64(values)) => json!(values),
        Value::Array(Array::F64(values)) => json!(values),
        Value::Array(Array::String(values)) => values.iter().map(|it| it.as_str()).collect(),
        other => json!(other.as_str()),
    }
}
