//! The tower service, and the way of one call through it.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{self, Poll};

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use opentelemetry::Context;
use opentelemetry::trace::FutureExt as _;
use reqwest::{Request, Response};
use tower::Service;

use super::attempt::{Attempts, endpoint};
use super::body::tap;
use super::builder::Config;
use super::failure;
use super::guard::OpenCall;
use crate::attributes::MonitorAttributes;

/// The service a [`GenAiLayer`](crate::GenAiLayer) makes.
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
        // The one that is ready goes with the call, as tower has it.
        let next = self.inner.clone();
        let inner = mem::replace(&mut self.inner, next);
        // Read here, on the caller's task: the future may be polled on another.
        let scope = Scope {
            attributes: MonitorAttributes::current(),
            parent: self.config.policy.context(),
        };
        Box::pin(observe(inner, factory, Arc::clone(&self.config), scope))
    }
}

/// What a call is made in.
struct Scope {
    attributes: MonitorAttributes,
    parent: Context,
}

/// Builds the first attempt ahead of the services inside, so that the call's span is there before anything of theirs.
/// Dropping the future drops the open call, which ends it.
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
    let mut first = factory.build().await;
    let attempts = Attempts::default();
    let call = first.as_mut().ok().and_then(|request| {
        let endpoint = endpoint(request)?;
        let Scope { attributes, parent } = scope;
        Some(OpenCall::start(
            &config, endpoint, request, attributes, &parent, &attempts,
        ))
    });
    let factory = replay(factory, first, attempts);
    let Some(mut call) = call else {
        return inner.call(factory).await.map_err(Into::into);
    };
    let active = call.context().filter(|_| config.policy.activates());
    let answer = match active {
        Some(context) => {
            // Services inside may do something before they return their future.
            let future = {
                let _active = context.clone().attach();
                inner.call(factory)
            };
            future.with_context(context).await
        }
        None => inner.call(factory).await,
    };
    match answer {
        Ok(response) => Ok(tap(response, call)),
        Err(error) => {
            let error = error.into();
            call.fail(failure::of_client(&error));
            Err(error)
        }
    }
}

/// A factory that gives out the attempt that is already built, then builds the same ones `factory` does.
fn replay(
    factory: HttpRequestFactory,
    first: Result<Request, OpenAIError>,
    attempts: Attempts,
) -> HttpRequestFactory {
    let first = Arc::new(Mutex::new(Some(first)));
    HttpRequestFactory::new(move || {
        attempts.count();
        let built = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let factory = factory.clone();
        async move {
            match built {
                Some(built) => built,
                None => factory.build().await,
            }
        }
    })
}
