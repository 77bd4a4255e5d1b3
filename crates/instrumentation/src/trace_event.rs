//! One `tracing` event per call, for consoles and filters, never with content.
//!
//! The event has the target `spanloom` and the level INFO, and goes to the subscriber that the caller had when the call
//! began. It names the caller's span (`within`) but is not inside it: by then that span may have ended, or be ending on
//! another thread, which makes tracing-opentelemetry 0.34 panic in debug builds; and keeping the span open would
//! falsify the service's own spans.

use std::time::Duration;

use opentelemetry::trace::SpanContext;
use spanloom_core::{Call, secret};
use tracing::dispatcher::{self, Dispatch};
use tracing::{Level, Metadata, event, event_enabled};

const TARGET: &str = "spanloom";

/// The receiver of the event.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    dispatch: Dispatch,
    /// Name of the caller's span.
    within: Option<&'static str>,
}

impl Listener {
    /// Captures the caller's subscriber and span; returns `None` if no subscriber wants the event.
    pub(crate) fn of_caller() -> Option<Self> {
        if !event_enabled!(target: TARGET, Level::INFO) {
            return None;
        }
        Some(dispatcher::get_default(|dispatch| Self {
            dispatch: dispatch.clone(),
            within: dispatch.current_span().metadata().map(Metadata::name),
        }))
    }

    pub(crate) fn emit(&self, call: &Call, elapsed: Duration, span: &SpanContext) {
        let model = call.response.model.as_ref().or(call.request.model.as_ref());
        let failure = call.failure.as_ref();
        dispatcher::with_default(&self.dispatch, || {
            event!(
                target: TARGET,
                parent: None,
                Level::INFO,
                operation = call.endpoint.operation(),
                provider = call.provider,
                model = model.map(|model| secret::mask(model)).as_deref(),
                outcome = call.outcome.as_str(),
                error_type = failure.map(|failure| failure.kind.as_str()),
                duration_s = elapsed.as_secs_f64(),
                time_to_first_chunk_s = call.time_to_first_chunk.map(|time| time.as_secs_f64()),
                attempts = call.attempts,
                input_tokens = call.usage.input_tokens,
                output_tokens = call.usage.output_tokens,
                usage_source = call.usage.source.map(|source| source.as_str()),
                cost_usd = call.cost.as_ref().map(|cost| cost.total.as_dollars()),
                cost_source = call.cost.as_ref().map(|cost| cost.source.as_str()),
                within = self.within,
                trace_id = %span.trace_id(),
                span_id = %span.span_id(),
                "model call"
            );
        });
    }
}
