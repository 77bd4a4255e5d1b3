//! Optional changes that the layer makes to a request. Default: none.

use opentelemetry::Context;
use opentelemetry::propagation::{Injector, TextMapPropagator as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Request};
use spanloom_core::openai;

use super::config::Config;

/// The changes to all attempts of one call.
#[derive(Clone, Debug, Default)]
pub(super) struct Outgoing {
    include_usage: bool,
    trace: HeaderMap,
}

impl Outgoing {
    /// Returns the changes that do not need the call's span, applied to its first attempt.
    pub(super) fn of(config: &Config, request: &mut Request) -> Self {
        let changes = Self {
            include_usage: config.request_usage,
            trace: HeaderMap::new(),
        };
        changes.apply(request);
        changes
    }

    /// Adds the headers that name the call's span, also to the first attempt.
    pub(super) fn trace(&mut self, config: &Config, request: &mut Request, span: &Context) {
        let host = request.url().host_str().unwrap_or_default();
        let mut hosts = config.trace_hosts.iter();
        if hosts.any(|named| named.eq_ignore_ascii_case(host)) {
            TraceContextPropagator::new().inject_context(span, self);
            self.apply(request);
        }
    }

    pub(super) fn is_none(&self) -> bool {
        !self.include_usage && self.trace.is_empty()
    }

    /// Applies the changes; headers set by the caller stay.
    pub(super) fn apply(&self, request: &mut Request) {
        for (name, value) in &self.trace {
            let headers = request.headers_mut();
            headers.entry(name).or_insert_with(|| value.clone());
        }
        if !self.include_usage || !takes_stream_options(request) {
            return;
        }
        let body = request.body().and_then(Body::as_bytes);
        if let Some(body) = body.and_then(openai::include_usage) {
            *request.body_mut() = Some(Body::from(body));
        }
    }
}

/// Returns whether usage can be requested: the Responses API always reports usage and rejects the option.
fn takes_stream_options(request: &Request) -> bool {
    request
        .url()
        .path()
        .trim_end_matches('/')
        .ends_with("completions")
}

impl Injector for Outgoing {
    fn set(&mut self, key: &str, value: String) {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value))
        else {
            return;
        };
        // An empty `tracestate` carries no information.
        if !value.is_empty() {
            self.trace.insert(name, value);
        }
    }
}
