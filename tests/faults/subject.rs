//! What is tested: an exporter, spans for it, and which of them arrived.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, SpanId, Tracer as _, TracerProvider as _};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prost::Message as _;
use serde_json::Value;
use spanloom_exporter::{Destination, Exporter, Limits, SpoolSettings};
use spanloom_testkit::Sink;

/// Far more than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    Weave,
    Otlp,
}

pub(crate) struct Subject {
    pub(crate) exporter: Exporter,
    provider: SdkTracerProvider,
}

impl Subject {
    pub(crate) fn new(spoken: Spoken, url: &str, limits: Limits, spool: Option<&Path>) -> Self {
        let destination = match spoken {
            Spoken::Weave => Destination::spanloom(url),
            Spoken::Otlp => Destination::otlp_http(url),
        };
        let destination = destination.unwrap().with_api_key("key").with_limits(limits);
        let mut exporter =
            Exporter::builder("acme/chatbot/logs".parse().unwrap()).with_destination(destination);
        if let Some(folder) = spool {
            exporter = exporter.with_spool(SpoolSettings::new(folder));
        }
        let exporter = exporter.start().unwrap();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(exporter.processor())
            .build();
        Self { exporter, provider }
    }

    /// Makes spans of a call, and returns their ids.
    pub(crate) fn spans(&self, count: usize) -> Vec<String> {
        let tracer = self.provider.tracer("faults");
        let one = |_| {
            let mut span = tracer.start("chat m");
            span.set_attribute(KeyValue::new("gen_ai.operation.name", "chat"));
            span.set_attribute(KeyValue::new(
                "spanloom.request",
                r#"{"model":"m","messages":[]}"#,
            ));
            let id: SpanId = span.span_context().span_id();
            span.end();
            id.to_string()
        };
        (0..count).map(one).collect()
    }
}

/// How often each span arrived.
pub(crate) fn arrived(sink: &Sink) -> HashMap<String, u32> {
    let mut found = HashMap::new();
    for request in sink.requests() {
        let ids: Vec<String> = if request.path.ends_with("/v1/traces") {
            let message = ExportTraceServiceRequest::decode(request.body).unwrap();
            let spans = message
                .resource_spans
                .into_iter()
                .flat_map(|it| it.scope_spans);
            let spans = spans.flat_map(|scope| scope.spans);
            let hex = |id: Vec<u8>| id.iter().map(|byte| format!("{byte:02x}")).collect();
            spans.map(|span| hex(span.span_id)).collect()
        } else {
            let body = request.json().unwrap();
            let calls = body.get("batch").and_then(Value::as_array).unwrap();
            // A complete call, or the start of one.
            let id = |call: &Value| {
                let id = call.get("id").or_else(|| call.pointer("/req/start/id"))?;
                Some(id.as_str().unwrap().to_owned())
            };
            calls.iter().filter_map(id).collect()
        };
        for id in ids {
            *found.entry(id).or_default() += 1;
        }
    }
    found
}
