//! The tap on an answer's body: every frame is passed on unchanged, in the poll of its arrival; its bytes are copied.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Body, Response, ResponseBuilderExt as _};

use super::failure::of_transport;
use super::guard::OpenCall;
use crate::observation::{Answer, End};
use crate::rate_limits::RateLimits;

/// Puts the tap on a response. Status, headers, version, URL and extensions stay as they are.
pub(super) fn tap(response: Response, call: OpenCall) -> Response {
    let headers = response.headers();
    call.answered(Answer {
        status: response.status().as_u16(),
        streamed: is_event_stream(headers),
        stated_cost: stated_cost(headers),
        rate_limits: RateLimits::of(headers),
        ..Answer::default()
    });
    let url = response.url().clone();
    let (mut parts, body) = http::Response::from(response).into_parts();
    // reqwest keeps a response's URL in an extension that only its own builder can write.
    if let Ok(carrier) = http::Response::builder().url(url).body(()) {
        parts.extensions.extend(carrier.into_parts().0.extensions);
    }
    Response::from(http::Response::from_parts(
        parts,
        Body::wrap(Tap { body, call }),
    ))
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).map(|value| value.as_bytes());
    value
        .and_then(|value| value.get(..17))
        .is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/event-stream"))
}

/// Reads the cost that a `LiteLLM` proxy states in US dollars. It states 0 for a model without a price.
fn stated_cost(headers: &HeaderMap) -> Option<f64> {
    let value = headers.get("x-litellm-response-cost")?.to_str().ok()?;
    value.trim().parse().ok().filter(|cost| *cost > 0.0)
}

struct Tap {
    body: Body,
    call: OpenCall,
}

impl HttpBody for Tap {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, reqwest::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(bytes) = frame.data_ref() {
                    self.call.chunk(bytes);
                }
            }
            Poll::Ready(Some(Err(error))) => self.call.fail(of_transport(error)),
            Poll::Ready(None) => self.call.end(End::Whole),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        // A reader that knows the length stops after the last byte, without polling again.
        if self.body.is_end_stream() {
            self.call.end(End::Whole);
        }
    }
}
