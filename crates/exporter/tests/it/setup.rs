//! A sink, an exporter that sends to it, and spans.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde_json::Value;
use spanloom_exporter::{Destination, Exporter, Limits};
use spanloom_testkit::Sink;

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
        let sink = Sink::start_on_thread().unwrap();
        let destination = Destination::new(&sink.url())
            .unwrap()
            .with_api_key("secret-key");
        let stream = "acme/chatbot/openai_logs".parse().unwrap();
        let exporter = Exporter::start_with(destination, stream, limits).unwrap();
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

    /// Every record the sink was sent, in order, over all requests.
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
