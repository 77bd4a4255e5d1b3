//! The two doors through which spans enter an exporter.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};
use spanloom_core::mapping::Attributes;

use crate::queue::Queue;
use crate::span::attributes;

/// How long a provider's `force_flush` may wait.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// What is shared by an exporter and its doors.
#[derive(Debug)]
pub(crate) struct Doors {
    pub(crate) queue: Queue,
    pub(crate) resource: OnceLock<Attributes>,
}

impl Doors {
    fn set_resource(&self, resource: &Resource) {
        // The first provider's counts; a second one sharing the exporter keeps its spans, under the first resource.
        self.resource.get_or_init(|| attributes(resource));
    }

    fn flush(&self, timeout: Duration) -> OTelSdkResult {
        if self.queue.flush(timeout).queued == 0 {
            Ok(())
        } else {
            Err(OTelSdkError::Timeout(timeout))
        }
    }
}

/// Gives finished spans to an exporter; made by [`Exporter::processor`](crate::Exporter::processor).
#[derive(Debug)]
pub struct RecordProcessor(pub(crate) Arc<Doors>);

impl SpanProcessor for RecordProcessor {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.0.queue.push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.flush(FLUSH_TIMEOUT)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.flush(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

/// The same for a stock batch processor; made by [`Exporter::span_exporter`](crate::Exporter::span_exporter).
///
/// `export` is done once the spans are in the exporter's own queue, so that a slow destination never makes the stock
/// processor's queue, which drops without saying so, run full.
#[derive(Debug)]
pub struct RecordExporter(pub(crate) Arc<Doors>);

impl SpanExporter for RecordExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch {
            self.0.queue.push(span);
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.flush(FLUSH_TIMEOUT)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.flush(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}
