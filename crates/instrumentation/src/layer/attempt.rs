//! The data read from an HTTP request before it is sent.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::Body as _;
use reqwest::{Body, Request};
use spanloom_core::Endpoint;

/// The number of requests of one call that were handed out to be sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts(Arc<AtomicU32>);

impl Attempts {
    pub(super) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Returns the endpoint of a request, if calls to it become spans.
pub(super) fn endpoint(request: &Request) -> Option<Endpoint> {
    Endpoint::of(request.method().as_str(), request.url().path())
}

/// Returns the request's body, shared and not copied, up to `limit` bytes; the request keeps it. Returns `None` for a
/// longer body and for a stream (a multipart upload), which is never read, and an empty body for a request without one.
pub(super) fn shared_body(request: &mut Request, limit: usize) -> Option<Bytes> {
    let Some(body) = request.body() else {
        return Some(Bytes::new());
    };
    let len = body.as_bytes().map(<[u8]>::len)?;
    if len > limit {
        return None;
    }
    // A body made of bytes returns them in its first frame; reqwest has no other way to share them.
    let mut body = request.body_mut().take()?;
    let mut context = Context::from_waker(Waker::noop());
    let bytes = match Pin::new(&mut body).poll_frame(&mut context) {
        Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
        Poll::Ready(Some(Err(_)) | None) | Poll::Pending => Bytes::new(),
    };
    *request.body_mut() = Some(Body::from(bytes.clone()));
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use reqwest::Method;

    use super::*;

    fn request(body: Body) -> Request {
        let mut request = Request::new(
            Method::POST,
            "http://127.0.0.1/v1/chat/completions".parse().unwrap(),
        );
        *request.body_mut() = Some(body);
        request
    }

    #[test]
    fn the_body_is_shared_and_stays() {
        let mut request = request(Body::from("{\"model\":\"m\"}"));
        let shared = shared_body(&mut request, 1_000).unwrap();
        assert_eq!(shared, "{\"model\":\"m\"}");
        assert_eq!(request.body().unwrap().as_bytes(), Some(&shared[..]));
        assert_eq!(
            request.body().unwrap().as_bytes().unwrap().as_ptr(),
            shared.as_ptr()
        );
    }

    #[test]
    fn a_long_or_empty_body_is_left_alone() {
        let mut long = request(Body::from("0123456789"));
        assert_eq!(shared_body(&mut long, 9), None);
        assert_eq!(long.body().unwrap().as_bytes(), Some(&b"0123456789"[..]));
        let mut empty = request(Body::from(""));
        assert_eq!(shared_body(&mut empty, 9), Some(Bytes::new()));
        let mut none = request(Body::from(""));
        *none.body_mut() = None;
        assert_eq!(shared_body(&mut none, 9), Some(Bytes::new()));
        assert!(none.body().is_none());
    }

    /// A multipart upload is a body of this kind.
    #[test]
    fn a_body_that_is_a_stream_is_never_read() {
        struct Never;
        impl http_body::Body for Never {
            type Data = Bytes;
            type Error = std::convert::Infallible;

            fn poll_frame(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
                panic!("it was read");
            }
        }
        let mut upload = request(Body::wrap(Never));
        assert_eq!(shared_body(&mut upload, 1_000), None);
        assert_eq!(upload.body().map(Body::as_bytes), Some(None));
    }

    #[test]
    fn only_known_methods_and_paths_are_endpoints() {
        let mut request = request(Body::from(""));
        assert_eq!(endpoint(&request), Some(Endpoint::ChatCompletions));
        *request.method_mut() = Method::GET;
        assert_eq!(endpoint(&request), None);
    }
}
