//! The tower service, and the path of one call through it.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{self, Poll};

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use opentelemetry::Context;
use opentelemetry::trace::{FutureExt as _, TraceContextExt as _};
use reqwest::{Request, Response};
use tower::Service;

use super::attempt::{Attempts, endpoint};
use super::body::tap;
use super::config::Config;
use super::enclosing::{Enclosing, parent};
use super::failure;
use super::guard::OpenCall;
use super::http_span::HttpSpan;
use super::outgoing::Outgoing;
use crate::attributes::MonitorAttributes;

/// The service created by a [`GenAiLayer`](crate::GenAiLayer).
#[derive(Clone, Debug)]
pub struct GenAiService<S> {
    inner: S,
    config: Arc<Config>,
}

impl<S> GenAiService<S> {
    pub(super) fn new(inner: S, config: Arc<Config>) -> Self {
        Self { inner, config }
    }
}

impl<S> Service<HttpRequestFactory> for GenAiService<S>
where
    S: Service<HttpRequestFactory, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<OpenAIError>,
{
    type Response = Response;
    type Error = OpenAIError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, OpenAIError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), OpenAIError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        // The ready service goes with the call, as tower requires.
        let next = self.inner.clone();
        let inner = mem::replace(&mut self.inner, next);
        // The scope is read on the caller's task: the future may be polled on another task.
        let scope = Scope {
            attributes: MonitorAttributes::current(),
            parent: parent(&*self.config.policy, self.config.policy.context()),
            operation: Enclosing::of(&self.config.recorder),
        };
        Box::pin(observe(inner, factory, Arc::clone(&self.config), scope))
    }
}

/// The surroundings of a call.
struct Scope {
    attributes: MonitorAttributes,
    parent: Context,
    operation: Option<Enclosing>,
}

/// Builds the first attempt before the inner services do, so that the call's span exists before any of theirs. Dropping
/// the future drops the open call, which ends the call.
async fn observe<S>(
    mut inner: S,
    factory: HttpRequestFactory,
    config: Arc<Config>,
    scope: Scope,
) -> Result<Response, OpenAIError>
where
    S: Service<HttpRequestFactory, Response = Response>,
    S::Error: Into<OpenAIError>,
{
    let Scope {
        attributes,
        parent,
        operation,
    } = scope;
    let mut first = factory.build().await;
    let attempts = Attempts::default();
    let mut changes = Outgoing::default();
    let (mut call, mut other, mut active) = (None, None, None);
    if let Ok(request) = &mut first {
        if let Some(endpoint) = endpoint(request) {
            if let Some(agent) = operation.as_ref().and_then(Enclosing::agent)
                && endpoint.is_inference()
            {
                agent.count_inference();
            }
            // The changes are made before the body is read, so that the recorded body is the sent body.
            changes = Outgoing::of(&config, request);
            let named = attributes.clone();
            let (span, open) =
                OpenCall::start(&config, endpoint, request, attributes, &parent, &attempts);
            named.name_call(span.span().span_context());
            changes.trace(&config, request, &span);
            active = Some(span).filter(|_| config.policy.makes_current());
            call = open;
        } else if config.http_spans {
            other = Some(HttpSpan::start(&config, request, &parent));
        }
    }
    let factory = replay(factory, first, attempts, changes);
    let answer = match active {
        Some(context) => {
            // Inner services may do work before they return their future.
            let future = {
                let _active = context.clone().attach();
                inner.call(factory)
            };
            future.with_context(context).await
        }
        None => inner.call(factory).await,
    };
    let answer = answer.map_err(Into::into);
    if let Some(other) = other {
        other.end(&answer);
    }
    let Some(mut call) = call else {
        return answer;
    };
    match answer {
        Ok(response) => Ok(tap(response, call)),
        Err(error) => {
            call.fail(failure::of_client(&error));
            Err(error)
        }
    }
}

/// Returns a factory that first yields the attempt already built, then builds the same attempts as `factory`.
fn replay(
    factory: HttpRequestFactory,
    first: Result<Request, OpenAIError>,
    attempts: Attempts,
    changes: Outgoing,
) -> HttpRequestFactory {
    let first = Arc::new(Mutex::new(Some(first)));
    let changes = (!changes.is_none()).then(|| Arc::new(changes));
    HttpRequestFactory::new(move || {
        attempts.count();
        let built = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let factory = factory.clone();
        let changes = changes.clone();
        async move {
            if let Some(built) = built {
                return built;
            }
            let mut request = factory.build().await?;
            if let Some(changes) = changes {
                changes.apply(&mut request);
            }
            Ok(request)
        }
    })
}
