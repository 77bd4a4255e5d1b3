//! A service that answers as scripted, frame by frame.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body::{Body as HttpBody, Frame, SizeHint};
use reqwest::{Body, Response};
use tower::Service;

/// How a scripted answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Whole,
    /// The connection breaks off.
    Broken,
    /// Nothing more arrives, and the connection stays open.
    Silent,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) chunks: Vec<Bytes>,
    pub(crate) ending: Ending,
    /// Whether the body states its length.
    pub(crate) sized: bool,
}

impl Script {
    pub(crate) fn response(&self) -> Response {
        let mut response = http::Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        let body = Scripted {
            rest: self.chunks.clone().into_iter().collect(),
            pending: true,
            ending: self.ending,
            sized: self.sized,
        };
        Response::from(response.body(Body::wrap(body)).unwrap())
    }
}

struct Scripted {
    rest: std::collections::VecDeque<Bytes>,
    /// Whether the next poll is still pending.
    pending: bool,
    ending: Ending,
    sized: bool,
}

impl HttpBody for Scripted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.pending = !self.pending;
        if !self.pending {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match (self.rest.pop_front(), self.ending) {
            (Some(chunk), _) => Poll::Ready(Some(Ok(Frame::data(chunk)))),
            (None, Ending::Whole) => Poll::Ready(None),
            (None, Ending::Broken) => {
                self.ending = Ending::Whole;
                let error = io::Error::new(io::ErrorKind::ConnectionReset, "scripted to break");
                Poll::Ready(Some(Err(error)))
            }
            (None, Ending::Silent) => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.sized && self.rest.is_empty() && self.ending == Ending::Whole
    }

    fn size_hint(&self) -> SizeHint {
        let length: usize = self.rest.iter().map(Bytes::len).sum();
        if self.sized && self.ending == Ending::Whole {
            SizeHint::with_exact(length as u64)
        } else {
            SizeHint::default()
        }
    }
}

/// Answers every call with the script. Builds the request first, as a service that sends it does.
#[derive(Clone)]
pub(crate) struct Scripts(pub(crate) Arc<Script>);

impl Service<HttpRequestFactory> for Scripts {
    type Response = Response;
    type Error = OpenAIError;
    type Future = BoxFuture<'static, Result<Response, OpenAIError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let script = Arc::clone(&self.0);
        Box::pin(async move {
            factory.build().await?;
            Ok(script.response())
        })
    }
}
