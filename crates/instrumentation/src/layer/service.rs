//! The tower service, and the future of one call.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{self, Poll};

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use opentelemetry::Context;
use pin_project_lite::pin_project;
use reqwest::{Request, Response};
use tower::Service;

use super::attempt::operation;
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

/// The call, from the moment its first attempt is built; shared by the future and the request factory, which builds
/// the attempts.
type Slot = Arc<Mutex<Option<OpenCall>>>;

fn with_call<T>(slot: &Slot, act: impl FnOnce(&mut Option<OpenCall>) -> T) -> T {
    act(&mut slot.lock().unwrap_or_else(PoisonError::into_inner))
}

impl<S> Service<HttpRequestFactory> for GenAiService<S>
where
    S: Service<HttpRequestFactory, Response = Response>,
    S::Error: Into<OpenAIError>,
{
    type Response = Response;
    type Error = OpenAIError;
    type Future = CallFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), OpenAIError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let slot = Slot::default();
        let observed = observe(factory, &self.config, &slot);
        let activates = self.config.policy.activates();
        CallFuture {
            future: self.inner.call(observed),
            ended: Ended { slot },
            activates,
        }
    }
}

/// A factory that builds the same requests and takes note of each.
fn observe(factory: HttpRequestFactory, config: &Arc<Config>, slot: &Slot) -> HttpRequestFactory {
    // Read here, on the caller's task: the factory may be called inside other layers.
    let (attributes, parent) = (MonitorAttributes::current(), Context::current());
    let (config, slot) = (Arc::clone(config), Arc::clone(slot));
    HttpRequestFactory::new(move || {
        let (factory, config, slot) = (factory.clone(), Arc::clone(&config), Arc::clone(&slot));
        let (attributes, parent) = (attributes.clone(), parent.clone());
        async move {
            let mut request = factory.build().await?;
            attempt(&mut request, &config, &slot, attributes, &parent);
            Ok(request)
        }
    })
}

fn attempt(
    request: &mut Request,
    config: &Arc<Config>,
    slot: &Slot,
    attributes: MonitorAttributes,
    parent: &Context,
) {
    let Some(operation) = operation(request) else {
        return;
    };
    with_call(slot, |call| {
        call.get_or_insert_with(|| OpenCall::start(config, operation, request, attributes, parent))
            .attempt();
    });
}

pin_project! {
    /// The future of one call.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct CallFuture<F> {
        #[pin]
        future: F,
        ended: Ended,
        activates: bool,
    }
}

/// Ends the call when its future is dropped early, even if some layer still holds the request factory.
#[derive(Debug)]
struct Ended {
    slot: Slot,
}

impl Drop for Ended {
    fn drop(&mut self) {
        drop(with_call(&self.slot, Option::take));
    }
}

impl<F, E> Future for CallFuture<F>
where
    F: Future<Output = Result<Response, E>>,
    E: Into<OpenAIError>,
{
    type Output = Result<Response, OpenAIError>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let slot = &this.ended.slot;
        let active = if *this.activates {
            with_call(slot, |call| call.as_ref().and_then(OpenCall::context))
        } else {
            None
        };
        let result = {
            let _guard = active.map(Context::attach);
            task::ready!(this.future.poll(cx))
        };
        let call = with_call(slot, Option::take);
        Poll::Ready(match (result, call) {
            (Ok(response), Some(call)) => Ok(tap(response, call)),
            (Ok(response), None) => Ok(response),
            (Err(error), call) => {
                let error = error.into();
                if let Some(mut call) = call {
                    call.fail(failure::of_client(&error));
                }
                Err(error)
            }
        })
    }
}
