//! A sink, an exporter that sends to it, and spans.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter as _};
use serde_json::Value;
use spanloom_exporter::{Destination, Exporter, Limits, SpoolSettings};
use spanloom_testkit::{Sink, SpanRecorder};

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Setup {
    pub(crate) sink: Sink,
    pub(crate) exporter: Exporter,
    pub(crate) provider: SdkTracerProvider,
}

impl Setup {
    pub(crate) fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        Self::with(limits, None)
    }

    /// Creates a setup with a spool.
    pub(crate) fn with(limits: Limits, spool: Option<SpoolSettings>) -> Self {
        Self::to(Sink::start_on_thread().unwrap(), limits, spool)
    }

    /// Creates a setup with an existing sink.
    pub(crate) fn to(sink: Sink, limits: Limits, spool: Option<SpoolSettings>) -> Self {
        let url = sink.url();
        Self::by_way_of(&url, sink, limits, spool)
    }

    /// Creates a setup that sends to a server in front of the sink.
    pub(crate) fn by_way_of(
        url: &str,
        sink: Sink,
        limits: Limits,
        spool: Option<SpoolSettings>,
    ) -> Self {
        let destination = Destination::spanloom(url)
            .unwrap()
            .with_api_key("secret-key")
            .with_limits(limits);
        let mut builder = Exporter::builder("acme/chatbot/openai_logs".parse().unwrap())
            .with_destination(destination);
        if let Some(settings) = spool {
            builder = builder.with_spool(settings);
        }
        let exporter = builder.start().unwrap();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(exporter.processor())
            .build();
        Self {
            sink,
            exporter,
            provider,
        }
    }

    pub(crate) fn spans(&self, count: usize) {
        let tracer = self.provider.tracer("test");
        for index in 0..count {
            let mut span = tracer.start(format!("chat model-{index}"));
            span.set_attribute(KeyValue::new("gen_ai.operation.name", "chat"));
            span.set_attribute(KeyValue::new("spanloom.outcome", "completed"));
            span.set_attribute(KeyValue::new(
                "spanloom.request",
                r#"{"model":"m","messages":[]}"#,
            ));
            span.end();
        }
    }

    /// Returns every record that the sink received, in order, over all requests.
    pub(crate) fn records(&self) -> Vec<Value> {
        let bodies = self
            .sink
            .requests()
            .into_iter()
            .map(|request| request.json().unwrap());
        bodies
            .flat_map(|mut body| {
                body["batch"]
                    .as_array_mut()
                    .map(std::mem::take)
                    .unwrap_or_default()
            })
            .collect()
    }
}

/// Runs the future of a sink that stops or starts.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
}

/// Exports one call.
pub(crate) fn call(exporter: &Exporter) {
    let recorder = SpanRecorder::new();
    let mut span = recorder.provider().tracer("test").start("chat m");
    span.set_attribute(KeyValue::new("gen_ai.operation.name", "chat"));
    span.end();
    // Not through a processor: its provider would wait for a destination that hangs.
    block_on(exporter.span_exporter().export(recorder.spans())).unwrap();
}
