//! The open call: made when the first attempt is built, ended exactly once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use opentelemetry::trace::{SpanKind, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use reqwest::{Request, Url};
use spanloom_core::{Failure, Operation, openai, semconv as names};

use super::attempt::{Attempts, shared_body};
use super::builder::{Config, Parenting};
use super::provider::provider;
use crate::attributes::MonitorAttributes;
use crate::clock::Start;
use crate::observation::{Answer, Arrival, End, Observation};
use crate::span::{OurSpan, name};

/// A call that runs. Dropping it ends the call: a call dropped before its end was given up by the caller.
#[derive(Debug)]
pub(super) struct OpenCall {
    config: Arc<Config>,
    /// `None` once the observation is handed over.
    call: Option<Box<Running>>,
}

#[derive(Debug)]
struct Running {
    span: Context,
    operation: Operation,
    provider: &'static str,
    url: Url,
    attributes: MonitorAttributes,
    attempts: Attempts,
    start: Start,
    first_chunk: Option<Duration>,
    request: Bytes,
    answer: Answer,
    reserved: usize,
}

impl OpenCall {
    /// Starts the span, with what samplers may want to know.
    pub(super) fn start(
        config: &Arc<Config>,
        operation: Operation,
        request: &mut Request,
        attributes: MonitorAttributes,
        parent: &Context,
        attempts: &Attempts,
    ) -> Self {
        let start = Start::now();
        let queue = config.recorder.queue();
        let body = shared_body(request, queue.limits().body_bytes);
        let kept = body.filter(|body| queue.reserve(body.len()));
        let reserved = kept.as_ref().map_or(0, Bytes::len);
        let url = request.url().clone();
        let provider = config
            .provider
            .unwrap_or_else(|| provider(url.host_str().unwrap_or_default()));
        let bytes = request
            .body()
            .and_then(reqwest::Body::as_bytes)
            .unwrap_or_default();
        let model = openai::model(bytes);
        let span = start_span(
            config,
            operation,
            provider,
            &url,
            model.as_deref(),
            start,
            parent,
        );
        let answer = Answer {
            dropped_bytes: u64::from(kept.is_none()),
            ..Answer::default()
        };
        let running = Running {
            span,
            operation,
            provider,
            url,
            attributes,
            attempts: attempts.clone(),
            start,
            first_chunk: None,
            request: kept.unwrap_or_default(),
            answer,
            reserved,
        };
        Self {
            config: Arc::clone(config),
            call: Some(Box::new(running)),
        }
    }

    /// The context in which the span is active; for layers and clients inside.
    pub(super) fn context(&self) -> Option<Context> {
        self.call.as_ref().map(|call| call.span.clone())
    }

    pub(super) fn answered(&mut self, status: u16, streamed: bool) {
        if let Some(call) = &mut self.call {
            call.answer.status = status;
            call.answer.streamed = streamed;
        }
    }

    /// Keeps a copy of a piece of the answer, as far as the limits allow.
    pub(super) fn chunk(&mut self, bytes: &[u8]) {
        let Some(call) = &mut self.call else { return };
        let at = call.start.elapsed();
        call.first_chunk.get_or_insert(at);
        let timed = call.answer.streamed && self.config.instruments.is_some();
        let held = if timed {
            bytes.len().saturating_add(size_of::<Arrival>())
        } else {
            bytes.len()
        };
        let queue = self.config.recorder.queue();
        let fits = call.answer.dropped_bytes == 0
            && call.answer.body.len().saturating_add(bytes.len()) <= queue.limits().body_bytes;
        if fits && queue.reserve(held) {
            call.reserved += held;
            call.answer.body.extend_from_slice(bytes);
            if timed {
                let end = call.answer.body.len();
                call.answer.arrivals.push(Arrival { end, at });
            }
        } else {
            // A body with a hole would be read wrongly: from here on nothing is kept.
            let dropped = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            call.answer.dropped_bytes = call.answer.dropped_bytes.saturating_add(dropped);
        }
    }

    pub(super) fn end(&mut self, end: End) {
        let Some(call) = self.call.take() else { return };
        let elapsed = call.start.elapsed();
        let reserved = call.reserved;
        let observation = Observation {
            span: call.span,
            operation: call.operation,
            provider: call.provider,
            server_address: call.url.host_str().unwrap_or_default().to_owned(),
            server_port: call.url.port_or_known_default(),
            content: self.config.content,
            instruments: self.config.instruments.clone(),
            prices: self.config.prices.clone(),
            attributes: call.attributes,
            attempts: call.attempts.get(),
            started_at: call.start.wall(),
            elapsed,
            time_to_first_chunk: call.first_chunk,
            request: call.request,
            answer: call.answer,
            end,
        };
        self.config.recorder.queue().push(observation, reserved);
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.end(End::Failed(failure));
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.end(End::Dropped);
    }
}

fn start_span(
    config: &Config,
    operation: Operation,
    provider: &'static str,
    url: &Url,
    model: Option<&str>,
    start: Start,
    parent: &Context,
) -> Context {
    let mut attributes = vec![
        KeyValue::new(names::GEN_AI_OPERATION_NAME, operation.as_str()),
        KeyValue::new(names::GEN_AI_PROVIDER_NAME, provider),
    ];
    if let Some(host) = url.host_str() {
        attributes.push(KeyValue::new(names::SERVER_ADDRESS, host.to_owned()));
        if let Some(port) = url.port_or_known_default() {
            attributes.push(KeyValue::new(names::SERVER_PORT, i64::from(port)));
        }
    }
    attributes
        .extend(model.map(|model| KeyValue::new(names::GEN_AI_REQUEST_MODEL, model.to_owned())));
    let outer = parent.span().span_context().clone();
    if outer.is_valid() && matches!(config.policy.parenting(&outer), Parenting::Outer) {
        attributes.push(KeyValue::new(
            names::SPANLOOM_OUTER_SPAN_ID,
            outer.span_id().to_string(),
        ));
    }
    let name = model.map_or_else(
        || operation.as_str().to_owned(),
        |model| name(operation, model),
    );
    let builder = config
        .tracer
        .span_builder(name)
        .with_kind(SpanKind::Client)
        .with_start_time(start.wall())
        .with_attributes(attributes);
    let span = config
        .tracer
        .build_with_context(builder, &parent.with_value(OurSpan));
    parent.with_span(span)
}
