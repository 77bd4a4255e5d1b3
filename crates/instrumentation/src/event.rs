//! Log events of a call: the operation's details, and the exception that ended the call.
//!
//! Source: GenAI semantic conventions, `events.yaml`. Both events have a name, no body and all data in their
//! attributes, and are correlated with the call's span. They are sent from the recorder's thread, sampled or not: the
//! details event is meant to be independent of traces.

use std::fmt;
use std::time::SystemTime;

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger, LoggerProvider, Severity};
use opentelemetry::trace::SpanContext;
use opentelemetry::{Array, InstrumentationScope, Key, KeyValue, Value};
use spanloom_core::content::Place;
use spanloom_core::{Call, Endpoint, Evaluation, semconv as names};

/// The destination of a layer's events.
pub(crate) struct Events(Box<dyn Emit>);

impl Events {
    pub(crate) fn new<P>(provider: &P, scope: InstrumentationScope) -> Self
    where
        P: LoggerProvider,
        P::Logger: Send + Sync + 'static,
    {
        Self(Box::new(Log(provider.logger_with_scope(scope))))
    }

    pub(crate) fn emit(&self, event: Event) {
        self.0.emit(event);
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

/// One log record, independent of any SDK.
#[derive(Debug)]
pub(crate) struct Event {
    name: &'static str,
    severity: Option<Severity>,
    span: SpanContext,
    at: SystemTime,
    attributes: Vec<(Key, AnyValue)>,
}

impl Event {
    /// Returns `gen_ai.client.inference.operation.details`: the span's attributes, with `content` as structured values.
    /// Returns `None` for operations that are not inference.
    pub(crate) fn details(
        call: &Call,
        span: &SpanContext,
        attributes: &[KeyValue],
        content: &[KeyValue],
    ) -> Option<Self> {
        if matches!(
            call.endpoint,
            Endpoint::Embeddings | Endpoint::FetchResponse
        ) {
            return None;
        }
        // The attributes that the span was started with.
        let port = call.server_port.map(i64::from);
        let is_set = |name: &str| {
            attributes
                .iter()
                .any(|attribute| attribute.key.as_str() == name)
        };
        let model = call
            .request
            .model
            .clone()
            .filter(|_| !is_set(names::GEN_AI_REQUEST_MODEL));
        let start = [
            (
                names::GEN_AI_OPERATION_NAME,
                Some(call.endpoint.operation().into()),
            ),
            (
                names::GEN_AI_PROVIDER_NAME,
                Some(call.provider.clone().into()),
            ),
            (
                names::SERVER_ADDRESS,
                Some(call.server_address.clone().into()),
            ),
            (names::SERVER_PORT, port.map(AnyValue::Int)),
            (names::GEN_AI_REQUEST_MODEL, model.map(AnyValue::from)),
        ];
        let start = start
            .into_iter()
            .filter_map(|(name, value)| Some((Key::from_static_str(name), value?)));
        let rest = attributes.iter().chain(content).map(|attribute| {
            let json = content_name(attribute.key.as_str());
            (attribute.key.clone(), any(&attribute.value, json))
        });
        Some(Self {
            name: names::GEN_AI_CLIENT_INFERENCE_OPERATION_DETAILS,
            severity: None,
            span: span.clone(),
            at: call.ended_at.as_system_time(),
            attributes: start.chain(rest).collect(),
        })
    }

    /// Returns `gen_ai.evaluation.result`.
    pub(crate) fn evaluation(evaluation: &Evaluation, span: &SpanContext, at: SystemTime) -> Self {
        let attributes = evaluation.attributes().into_iter();
        let attributes =
            attributes.map(|(name, value)| (Key::from_static_str(name), structure(value)));
        Self {
            name: names::GEN_AI_EVALUATION_RESULT,
            severity: None,
            span: span.clone(),
            at,
            attributes: attributes.collect(),
        }
    }

    /// Returns `gen_ai.client.operation.exception`, or `None` for a call that did not fail.
    pub(crate) fn exception(call: &Call, span: &SpanContext) -> Option<Self> {
        let failure = call.failure.as_ref()?;
        let attributes = [
            (names::EXCEPTION_TYPE, &failure.kind),
            (names::EXCEPTION_MESSAGE, &failure.message),
        ]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| (Key::from_static_str(name), AnyValue::from(text.clone())))
        .collect();
        Some(Self {
            name: names::GEN_AI_CLIENT_OPERATION_EXCEPTION,
            severity: Some(Severity::Warn),
            span: span.clone(),
            at: call.ended_at.as_system_time(),
            attributes,
        })
    }
}

/// A type-erased SDK logger.
trait Emit: Send + Sync {
    fn emit(&self, event: Event);
}

struct Log<L>(L);

impl<L: Logger + Send + Sync> Emit for Log<L> {
    fn emit(&self, event: Event) {
        let severity = event.severity.unwrap_or(Severity::Info);
        if !self.0.event_enabled(severity, "spanloom", Some(event.name)) {
            return;
        }
        let mut record = self.0.create_log_record();
        record.set_event_name(event.name);
        record.set_timestamp(event.at);
        if let Some(severity) = event.severity {
            record.set_severity_number(severity);
            record.set_severity_text(severity.name());
        }
        let span = &event.span;
        if span.is_valid() {
            record.set_trace_context(span.trace_id(), span.span_id(), Some(span.trace_flags()));
        }
        record.add_attributes(event.attributes);
        self.0.emit(record);
    }
}

/// Returns whether a text attribute with this name is JSON, which an event carries as a structured value.
fn content_name(name: &str) -> bool {
    Place::of_attribute(name).is_some()
}

fn any(value: &Value, json: bool) -> AnyValue {
    match value {
        Value::String(text) if json => serde_json::from_str(text.as_str())
            .map_or_else(|_| AnyValue::String(text.clone()), structure),
        Value::String(text) => AnyValue::String(text.clone()),
        Value::Bool(value) => AnyValue::Boolean(*value),
        Value::I64(value) => AnyValue::Int(*value),
        Value::F64(value) => AnyValue::Double(*value),
        Value::Array(Array::Bool(values)) => values.iter().copied().collect(),
        Value::Array(Array::I64(values)) => values.iter().copied().collect(),
        Value::Array(Array::F64(values)) => values.iter().copied().collect(),
        Value::Array(Array::String(values)) => values.iter().cloned().collect(),
        // Both enums are open to new variants, which are shown as text.
        other => AnyValue::from(other.to_string()),
    }
}

/// Converts JSON to a log value, which has no null: a null field of an object is omitted, and a null element of an
/// array becomes the empty text, so that the other elements keep their positions.
fn structure(json: serde_json::Value) -> AnyValue {
    use serde_json::Value as Json;
    match json {
        Json::Null => AnyValue::from(""),
        Json::Bool(value) => AnyValue::Boolean(value),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => AnyValue::Int(integer),
            (None, Some(float)) => AnyValue::Double(float),
            (None, None) => AnyValue::from(number.to_string()),
        },
        Json::String(text) => AnyValue::from(text),
        Json::Array(items) => items.into_iter().map(structure).collect(),
        Json::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, structure(value)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_becomes_the_structure_it_is() {
        let text = Value::from(r#"{"a":[1,null,2.5,true],"b":null,"c":{"d":"x"}}"#);
        let list: AnyValue = [
            AnyValue::Int(1),
            AnyValue::from(""),
            AnyValue::Double(2.5),
            AnyValue::Boolean(true),
        ]
        .into_iter()
        .collect();
        let inner: AnyValue = [("d", "x")].into_iter().collect();
        let expected: AnyValue = [("a", list), ("c", inner)].into_iter().collect();
        assert_eq!(any(&text, true), expected);
        assert_eq!(
            any(&Value::from("{no json"), true),
            AnyValue::from("{no json")
        );
        assert_eq!(any(&Value::from("{}"), false), AnyValue::from("{}"));
    }
}
