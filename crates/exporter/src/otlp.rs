//! The same spans to any OTLP collector, through the stock exporter.

use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use spanloom_core::semconv::{SPANLOOM_REQUEST, SPANLOOM_RESPONSE};

/// Wraps a stock exporter and takes off the attributes that only destinations with records want: the provider's own
/// request and response JSON, which stand in `gen_ai.input.messages` and `gen_ai.output.messages` as well.
#[derive(Debug)]
pub struct WithoutBodies<E>(E);

impl<E: SpanExporter> WithoutBodies<E> {
    /// Wraps `exporter`.
    pub fn new(exporter: E) -> Self {
        Self(exporter)
    }
}

impl<E: SpanExporter> SpanExporter for WithoutBodies<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        for span in &mut batch {
            span.attributes.retain(|attribute| {
                !matches!(attribute.key.as_str(), SPANLOOM_REQUEST | SPANLOOM_RESPONSE)
            });
        }
        self.0.export(batch).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}
