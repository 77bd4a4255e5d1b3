//! The open call: made when the first attempt is built, ended exactly once.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use opentelemetry::trace::{SpanKind, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use reqwest::Request;
use spanloom_core::{Endpoint, Failure, Fetch, openai, secret, semconv as names};

use super::attempt::{Attempts, shared_body};
use super::builder::{Config, Parenting};
use super::provider::provider;
use crate::attributes::MonitorAttributes;
use crate::clock::Start;
use crate::observation::{Answer, Arrival, End, Observation, Server};
use crate::recorder::Queue;
use crate::span::{name, starting};
use crate::trace_event::Listener;

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
    endpoint: Endpoint,
    named: bool,
    unread_model: Option<String>,
    fetch: Option<Fetch>,
    provider: &'static str,
    server: Server,
    attributes: MonitorAttributes,
    listener: Option<Listener>,
    attempts: Attempts,
    start: Start,
    /// Whether the chunks' times are wanted.
    timed: bool,
    first_chunk: Option<Instant>,
    request: Bytes,
    /// Bytes of the request that are not kept.
    dropped_bytes: u64,
    answer: Answer,
    reserved: usize,
}

impl OpenCall {
    /// Starts the span, with what samplers may want to know. Without an observed call, nobody wants to know more: the
    /// span is not recorded, and there is no other use for what the answer says.
    pub(super) fn start(
        config: &Arc<Config>,
        endpoint: Endpoint,
        request: &mut Request,
        attributes: MonitorAttributes,
        parent: &Context,
        attempts: &Attempts,
    ) -> (Context, Option<Self>) {
        let start = Start::now();
        let url = request.url();
        let host = url.host_str().unwrap_or_default();
        let provider = config.provider.unwrap_or_else(|| provider(host));
        let server = Server::of(url);
        let bytes = request
            .body()
            .and_then(reqwest::Body::as_bytes)
            .unwrap_or_default();
        // It goes on the span before the recorder sees it, and is no place for a secret.
        let model = openai::model(bytes).map(|model| secret::mask(&model).into_owned());
        let span = start_span(
            config,
            endpoint,
            provider,
            &server,
            model.as_deref(),
            start,
            parent,
        );
        let fetch = (endpoint == Endpoint::FetchResponse)
            .then(|| Fetch::of(url.path(), url.query()))
            .flatten();
        let listener = Listener::of_caller();
        let recording = span.span().is_recording();
        let told = recording || listener.is_some() || config.content.events.is_some();
        if !told && config.instruments.is_none() {
            return (span, None);
        }
        let queue = config.recorder.queue();
        let len = bytes.len();
        let body = shared_body(request, queue.limits().body_bytes);
        let kept = body.filter(|body| queue.reserve(body.len()));
        let dropped = if kept.is_none() { len } else { 0 };
        let named = model.is_some();
        let unread_model = model.filter(|_| kept.is_none());
        let running = Running {
            span: span.clone(),
            endpoint,
            named,
            unread_model,
            fetch,
            provider,
            server,
            attributes,
            listener,
            attempts: attempts.clone(),
            start,
            timed: config.instruments.is_some(),
            first_chunk: None,
            reserved: kept.as_ref().map_or(0, Bytes::len),
            request: kept.unwrap_or_default(),
            dropped_bytes: u64::try_from(dropped).unwrap_or(u64::MAX),
            answer: Answer::default(),
        };
        let call = Self {
            config: Arc::clone(config),
            call: Some(Box::new(running)),
        };
        (span, Some(call))
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
        let answer = &mut call.answer;
        let timed = answer.streamed && call.timed;
        let now = (timed || call.first_chunk.is_none()).then(Instant::now);
        call.first_chunk = call.first_chunk.or(now);
        let queue = self.config.recorder.queue();
        let growth = answer.kept.growth(bytes.len(), answer.streamed);
        let times = if timed { answer.arrivals_growth() } else { 0 };
        let more = growth.saturating_add(times * size_of::<Arrival>());
        let fits = !answer.kept.is_cut()
            && answer.kept.len().saturating_add(bytes.len()) <= queue.limits().body_bytes;
        // Most frames need nothing more than was taken from the budget before.
        if fits && (more == 0 || queue.reserve(more)) {
            call.reserved += more;
            answer.kept.push(bytes, growth, queue.pool());
            if let (true, Some(at)) = (timed, now) {
                answer.arrivals.reserve_exact(times);
                let end = answer.kept.len();
                answer.arrivals.push(Arrival { end, at });
            }
        } else {
            call.cut(bytes, queue);
        }
    }

    pub(super) fn end(&mut self, end: End) {
        let Some(call) = self.call.take() else { return };
        let elapsed = call.start.elapsed();
        let reserved = call.reserved;
        let observation = Observation {
            span: call.span,
            endpoint: call.endpoint,
            named: call.named,
            unread_model: call.unread_model,
            fetch: call.fetch,
            provider: call.provider,
            server: call.server,
            content: Arc::clone(&self.config.content),
            instruments: self.config.instruments.clone(),
            prices: self.config.prices.clone(),
            attributes: call.attributes,
            of_layer: self.config.attributes.clone(),
            listener: call.listener,
            attempts: call.attempts.get(),
            started_at: call.start.wall(),
            elapsed,
            time_to_first_chunk: call.first_chunk.map(|at| call.start.until(at)),
            request: call.request,
            dropped_bytes: call.dropped_bytes,
            answer: call.answer,
            end,
        };
        self.config.recorder.queue().push(observation, reserved);
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.end(End::Failed(failure));
    }
}

impl Running {
    /// Keeps a piece of an answer that there is no room for: a body with a hole would be read wrongly, so its end is all
    /// that stays of it, and the memory of the rest serves other calls.
    #[cold]
    fn cut(&mut self, bytes: &[u8], queue: &Queue) {
        let answer = &mut self.answer;
        if !answer.kept.is_cut() {
            answer.cut(queue.pool());
            let held = answer.held_bytes() + self.request.len();
            queue.release(self.reserved - held);
            self.reserved = held;
        }
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        answer.dropped_bytes = answer.dropped_bytes.saturating_add(len);
        let growth = answer.kept.growth(bytes.len(), answer.streamed);
        if growth == 0 || queue.reserve(growth) {
            self.reserved += growth;
            answer.kept.push(bytes, growth, queue.pool());
        }
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.end(End::Dropped);
    }
}

fn start_span(
    config: &Config,
    endpoint: Endpoint,
    provider: &'static str,
    server: &Server,
    model: Option<&str>,
    start: Start,
    parent: &Context,
) -> Context {
    let mut attributes = Vec::with_capacity(6);
    attributes.push(KeyValue::new(
        names::GEN_AI_OPERATION_NAME,
        endpoint.operation(),
    ));
    attributes.push(KeyValue::new(names::GEN_AI_PROVIDER_NAME, provider));
    attributes.push(KeyValue::new(names::SERVER_ADDRESS, server.address.clone()));
    if let Some(port) = server.port {
        attributes.push(KeyValue::new(names::SERVER_PORT, i64::from(port)));
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
        || endpoint.operation().to_owned(),
        |model| name(endpoint, model),
    );
    let builder = config
        .tracer
        .span_builder(name)
        .with_kind(SpanKind::Client)
        .with_start_time(start.wall())
        .with_attributes(attributes);
    let span = starting(|| config.tracer.build_with_context(builder, parent));
    parent.with_span(span)
}
