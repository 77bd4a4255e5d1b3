//! The span processor and the span exporter through which spans enter.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::Span as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};

use crate::fanout::Fanout;

/// How long a provider's `force_flush` may wait.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// A processor that hands finished spans to an exporter; created by
/// [`Exporter::processor`](crate::Exporter::processor).
#[derive(Debug)]
pub struct RecordProcessor(pub(crate) Arc<Fanout>);

impl SpanProcessor for RecordProcessor {
    fn on_start(&self, span: &mut Span, _: &Context) {
        if span.span_context().is_sampled() {
            self.0.began(span);
        }
    }

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.0.push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        flush(&self.0, FLUSH_TIMEOUT)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        flush(&self.0, timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

/// A span exporter for a stock batch processor; created by [`Exporter::span_exporter`](crate::Exporter::span_exporter).
///
/// `export` returns once the spans are in the exporter's own queue, so that a slow destination never fills the stock
/// processor's queue, which drops spans silently.
#[derive(Debug)]
pub struct RecordExporter(pub(crate) Arc<Fanout>);

impl SpanExporter for RecordExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch {
            self.0.push(span);
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        flush(&self.0, FLUSH_TIMEOUT)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        flush(&self.0, timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

fn flush(fanout: &Fanout, timeout: Duration) -> OTelSdkResult {
    let receipt = fanout.flush(timeout);
    if receipt.queued + receipt.spooled == 0 {
        Ok(())
    } else {
        Err(OTelSdkError::Timeout(timeout))
    }
}
