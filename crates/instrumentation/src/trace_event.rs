//! One `tracing` event per call: what a console shows and what filters choose from. Never content.
//!
//! Target `spanloom`, level INFO. It is told to the subscriber that was the caller's when the call began, inside the
//! caller's span if that is still open when the call has been read. The span is not kept open for it: its end is the
//! service's to decide.

use std::time::Duration;

use opentelemetry::trace::SpanContext;
use spanloom_core::{Call, secret};
use tracing::dispatcher::{self, Dispatch};
use tracing::{Level, event, event_enabled, span};

const TARGET: &str = "spanloom";

/// Whom to tell.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    dispatch: Dispatch,
    span: Option<span::Id>,
}

impl Listener {
    /// The caller's subscriber and span; `None` when nobody wants the event.
    pub(crate) fn of_caller() -> Option<Self> {
        if !event_enabled!(target: TARGET, Level::INFO) {
            return None;
        }
        Some(dispatcher::get_default(|dispatch| Self {
            dispatch: dispatch.clone(),
            span: dispatch.current_span().id().cloned(),
        }))
    }

    pub(crate) fn tell(&self, call: &Call, elapsed: Duration, span: &SpanContext) {
        let model = call.response.model.as_ref().or(call.request.model.as_ref());
        let failure = call.failure.as_ref();
        dispatcher::with_default(&self.dispatch, || {
            event!(
                target: TARGET,
                parent: self.span.clone(),
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
                trace_id = %span.trace_id(),
                span_id = %span.span_id(),
                "model call"
            );
        });
    }
}
