//! The subject of the tests: an exporter, its spans, and which of them arrived.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, SpanId, Tracer as _, TracerProvider as _};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prost::Message as _;
use serde_json::Value;
use spanloom_exporter::{Destination, Exporter, Limits, SpoolSettings};
use spanloom_testkit::Sink;

use crate::grpc::GrpcSink;

/// Far longer than any step here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    Weave,
    Otlp,
    Grpc,
}

/// The server of a protocol.
pub(crate) enum Upstream {
    Http(Sink),
    Grpc(GrpcSink),
}

impl Upstream {
    pub(crate) fn new(spoken: Spoken) -> Self {
        match spoken {
            Spoken::Weave | Spoken::Otlp => Self::Http(Sink::start_on_thread().unwrap()),
            Spoken::Grpc => Self::Grpc(GrpcSink::start()),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Http(sink) => sink.address(),
            Self::Grpc(sink) => sink.address,
        }
    }

    pub(crate) fn arrived(&self) -> HashMap<String, u32> {
        match self {
            Self::Http(sink) => arrived(sink),
            Self::Grpc(sink) => sink.arrived(),
        }
    }
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
            Spoken::Grpc => Destination::otlp_grpc(url),
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

    /// Exports spans of a call, and returns their ids.
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

/// Returns how often each span arrived.
pub(crate) fn arrived(sink: &Sink) -> HashMap<String, u32> {
    let mut found = HashMap::new();
    for request in sink.requests() {
        if request.path.ends_with("/v1/traces") {
            count_spans(request.body, &mut found);
            continue;
        }
        let body = request.json().unwrap();
        let calls = body.get("batch").and_then(Value::as_array).unwrap();
        // Reads the id of a complete call, or of the start of one.
        let id = |call: &Value| {
            let id = call.get("id").or_else(|| call.pointer("/req/start/id"))?;
            Some(id.as_str().unwrap().to_owned())
        };
        for id in calls.iter().filter_map(id) {
            *found.entry(id).or_default() += 1;
        }
    }
    found
}

/// Counts the spans of an OTLP request.
pub(crate) fn count_spans(message: Bytes, found: &mut HashMap<String, u32>) {
    let message = ExportTraceServiceRequest::decode(message).unwrap();
    let scopes = message
        .resource_spans
        .into_iter()
        .flat_map(|it| it.scope_spans);
    for span in scopes.flat_map(|scope| scope.spans) {
        let id = span
            .span_id
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        *found.entry(id).or_default() += 1;
    }
}
