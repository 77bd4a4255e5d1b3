//! The open call, as held by its driver: created when the first attempt is built, ended exactly once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use opentelemetry::trace::{SpanKind, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue, StringValue};
use reqwest::Request;
use spanloom_core::{Endpoint, Failure, Fetch, openai, provider_at, secret, semconv as names};

use super::attempt::{Attempts, shared_body};
use super::config::Config;
use super::parent::outer_span;
use super::running::{Running, RunningCall};
use crate::attributes::MonitorAttributes;
use crate::clock::Start;
use crate::observation::{Answer, End, Observation, Server};
use crate::recorder::{Open, Queue, Recorder};
use crate::span::{name, starting};
use crate::trace_event::Listener;

/// The driver's handle to a call. Dropping the handle ends the call: a call dropped early was abandoned by its caller.
#[derive(Debug)]
pub(super) struct OpenCall {
    /// Keeps the recorder's thread alive, even as its last handle.
    recorder: Recorder,
    call: Arc<RunningCall>,
    ended: bool,
}

impl OpenCall {
    /// Starts the span, with the attributes that samplers may need. Returns no call if no more data is needed: the span
    /// is not recorded, and no other signal uses the answer.
    pub(super) fn start(
        config: &Arc<Config>,
        endpoint: Endpoint,
        request: &mut Request,
        attributes: MonitorAttributes,
        parent: &Context,
        attempts: &Attempts,
    ) -> (Context, Option<Self>) {
        let queue = config.recorder.queue();
        if queue.is_over() {
            // The recorder no longer ends spans.
            return (parent.clone(), None);
        }
        let start = Start::now();
        let url = request.url();
        let host = url.host_str().unwrap_or_default();
        let provider = config.provider.clone();
        let provider = provider.unwrap_or_else(|| provider_at(host).into());
        let server = Server::of(url);
        let bytes = request
            .body()
            .and_then(reqwest::Body::as_bytes)
            .unwrap_or_default();
        // The model goes on the span before the recorder sees it, and must not contain a secret.
        let model = openai::model(bytes).map(secret::mask_owned);
        let span = start_span(
            config,
            endpoint,
            &provider,
            &server,
            model.as_deref(),
            start,
            parent,
        );
        let listener = Listener::of_caller();
        let recording = span.span().is_recording();
        let is_recorded = recording || listener.is_some() || config.content.events.is_some();
        if !is_recorded && config.instruments.is_none() {
            return (span, None);
        }
        let fetch = (endpoint == Endpoint::FetchResponse)
            .then(|| Fetch::of(url.path(), url.query()))
            .flatten();
        let known = Known {
            endpoint,
            provider,
            server,
            model,
            fetch,
            attributes,
            listener,
        };
        let body = Body::keep(request, queue);
        let reserved = body.kept.as_ref().map_or(0, Bytes::len);
        let running = Running {
            observation: observation(config, &span, known, body, start),
            attempts: attempts.clone(),
            start,
            timed: config.instruments.is_some(),
            reserved,
        };
        let call = RunningCall::new(span.span().span_context().span_id(), running);
        let open: Arc<dyn Open> = Arc::clone(&call) as _;
        queue.begin(&open);
        let call = Self {
            recorder: config.recorder.clone(),
            call,
            ended: false,
        };
        (span, Some(call))
    }

    pub(super) fn answered(&self, answer: Answer) {
        self.call.answered(answer);
    }

    /// Keeps a copy of a piece of the answer, as far as the limits allow.
    pub(super) fn chunk(&self, bytes: &[u8]) {
        self.call.chunk(bytes, self.recorder.queue());
    }

    pub(super) fn end(&mut self, end: End) {
        if !self.ended {
            self.ended = true;
            let call: Arc<dyn Open> = Arc::clone(&self.call) as _;
            self.recorder.queue().end(&call, end);
        }
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

/// The data known about a call when it begins.
struct Known {
    endpoint: Endpoint,
    provider: StringValue,
    server: Server,
    model: Option<String>,
    fetch: Option<Fetch>,
    attributes: MonitorAttributes,
    listener: Option<Listener>,
}

/// A request's body, as far as it is kept.
struct Body {
    kept: Option<Bytes>,
    dropped_bytes: usize,
}

impl Body {
    fn keep(request: &mut Request, queue: &Queue) -> Self {
        let len = request
            .body()
            .and_then(reqwest::Body::as_bytes)
            .map_or(0, <[u8]>::len);
        let body = shared_body(request, queue.limits().body_bytes);
        let kept = body.filter(|body| queue.reserve(body.len()));
        let dropped_bytes = if kept.is_none() { len } else { 0 };
        Self {
            kept,
            dropped_bytes,
        }
    }
}

/// Returns the observation before the request is sent.
fn observation(
    config: &Config,
    span: &Context,
    known: Known,
    body: Body,
    start: Start,
) -> Observation {
    Observation {
        span: span.clone(),
        endpoint: known.endpoint,
        model: known.model,
        fetch: known.fetch,
        provider: known.provider,
        server: known.server,
        content: Arc::clone(&config.content),
        instruments: config.instruments.clone(),
        prices: config.prices.clone(),
        attributes: known.attributes,
        layer_attributes: config.attributes.clone(),
        listener: known.listener,
        attempts: 0,
        started_at: start.wall(),
        elapsed: Duration::ZERO,
        time_to_first_chunk: None,
        request: body.kept.unwrap_or_default(),
        dropped_bytes: u64::try_from(body.dropped_bytes).unwrap_or(u64::MAX),
        answer: Answer::default(),
        end: End::Unfinished,
    }
}

fn start_span(
    config: &Config,
    endpoint: Endpoint,
    provider: &StringValue,
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
    attributes.push(KeyValue::new(names::GEN_AI_PROVIDER_NAME, provider.clone()));
    attributes.push(KeyValue::new(names::SERVER_ADDRESS, server.address.clone()));
    if let Some(port) = server.port {
        attributes.push(KeyValue::new(names::SERVER_PORT, i64::from(port)));
    }
    attributes
        .extend(model.map(|model| KeyValue::new(names::GEN_AI_REQUEST_MODEL, model.to_owned())));
    attributes.extend(outer_span(&*config.policy, parent));
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
