//! Calls that end unexpectedly: the span still ends exactly once.

use std::future::pending;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt as _;
use reqwest::{Body, Method, Request, Response};
use spanloom_instrumentation::Content;
use spanloom_testkit::attribute;
use tokio::sync::oneshot;
use tower::{Layer as _, Service};

use super::script::{Ending, Script, Scripts};
use crate::observe::Observer;

fn silent() -> Scripts {
    Scripts(Arc::new(Script {
        status: 200,
        headers: vec![("content-type".into(), "text/event-stream".into())],
        chunks: vec![Bytes::from_static(
            b"data: {\"id\":\"c\",\"choices\":[]}\n\n",
        )],
        ending: Ending::Silent,
        sized: false,
    }))
}

fn request() -> HttpRequestFactory {
    HttpRequestFactory::new(|| async {
        let url = "http://127.0.0.1:1/v1/chat/completions".parse().unwrap();
        let mut request = Request::new(Method::POST, url);
        *request.body_mut() = Some(Body::from("{\"model\":\"m\",\"stream\":true}"));
        Ok(request)
    })
}

fn observer() -> Observer {
    Observer::with(|builder| builder.with_content(Content::Off))
}

fn assert_cancelled(observer: Observer) {
    let span = observer.observed().span;
    let outcome = attribute(&span, "spanloom.outcome").unwrap();
    assert_eq!(outcome.as_str(), "cancelled", "{span:#?}");
}

#[tokio::test]
async fn a_task_aborted_in_the_middle_of_a_stream() {
    let observer = observer();
    let mut service = observer.layer.layer(silent());
    let (began, begun) = oneshot::channel();
    let task = tokio::spawn(async move {
        let response = service.call(request()).await.unwrap();
        let mut body = http::Response::from(response).into_body();
        body.frame().await.unwrap().unwrap();
        began.send(()).unwrap();
        body.frame().await
    });
    begun.await.unwrap();
    assert!(observer.spans().is_empty(), "it is not over yet");
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_cancelled(observer);
}

#[tokio::test]
async fn a_panic_in_the_middle_of_a_stream() {
    let observer = observer();
    let mut service = observer.layer.layer(silent());
    let task = tokio::spawn(async move {
        let response = service.call(request()).await.unwrap();
        let mut body = http::Response::from(response).into_body();
        body.frame().await.unwrap().unwrap();
        panic!("the caller's own fault, on purpose");
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_cancelled(observer);
}

/// The behaviour of a service inside the layer that does not answer.
#[derive(Clone, Copy)]
enum Fails {
    AtOnce,
    WhenPolled,
    Never,
}

impl Service<HttpRequestFactory> for Fails {
    type Response = Response;
    type Error = OpenAIError;
    type Future = BoxFuture<'static, Result<Response, OpenAIError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: HttpRequestFactory) -> Self::Future {
        match self {
            Self::AtOnce => panic!("a service's own fault, on purpose"),
            Self::WhenPolled => Box::pin(async { panic!("a service's own fault, on purpose") }),
            Self::Never => Box::pin(pending()),
        }
    }
}

#[tokio::test]
async fn a_panic_inside_a_service() {
    for fails in [Fails::AtOnce, Fails::WhenPolled] {
        let observer = observer();
        let mut service = observer.layer.layer(fails);
        let task = tokio::spawn(async move { service.call(request()).await });
        assert!(task.await.unwrap_err().is_panic());
        assert_cancelled(observer);
    }
}

#[tokio::test]
async fn a_call_dropped_before_its_answer() {
    let observer = observer();
    let mut call = Box::pin(observer.layer.layer(Fails::Never).call(request()));
    assert!(futures_util::poll!(&mut call).is_pending());
    drop(call);
    assert_cancelled(observer);
}

#[tokio::test]
async fn a_call_nobody_ever_waits_for_is_none() {
    let observer = observer();
    drop(observer.layer.layer(silent()).call(request()));
    assert!(observer.spans().is_empty());
}
