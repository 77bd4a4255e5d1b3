//! The monitor's only span processor. opentelemetry_sdk 0.33 copies the data of an ended span for every processor,
//! including the last: a second processor would copy prompts and answers for the sake of an id.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use spanloom_exporter::RecordProcessor;

use crate::links::CallLinks;
use crate::own_spans::OwnSpans;

/// Tracks the open spans, prints links if enabled, and exports. The monitor itself flushes and shuts down the exporter,
/// with its own deadline and receipt.
#[derive(Debug)]
pub(crate) struct OwnProcessor {
    pub(crate) own_spans: OwnSpans,
    pub(crate) links: Option<CallLinks>,
    pub(crate) exporter: RecordProcessor,
}

impl SpanProcessor for OwnProcessor {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.own_spans.begun(span);
        self.exporter.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        self.own_spans.ended(span.span_context.span_id());
        if let Some(links) = &self.links {
            links.ended(&span);
        }
        self.exporter.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
