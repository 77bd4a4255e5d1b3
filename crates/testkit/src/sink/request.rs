//! A request that a sink received.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use bytes::Bytes;
use http::HeaderMap;
use http::header::AUTHORIZATION;

/// One request that a [`Sink`](super::Sink) received.
///
/// Credentials are kept, because an exporter's tests have to check them, but `Debug` shows them as `Sensitive`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SinkRequest {
    /// The method, such as `POST`.
    pub method: String,
    /// The path with its query, such as `/v2/acme/chatbot/calls/complete`.
    pub path: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body as received, still compressed if the client compressed it.
    pub body: Bytes,
}

impl SinkRequest {
    /// Returns a header's value; `None` when it is absent or not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Parses the body as JSON.
    ///
    /// # Errors
    ///
    /// The parser's error when the body is not JSON (compressed or protobuf, for example).
    pub fn json(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// Reads a request; `None` when the client disconnected before the end of its body.
    pub(super) async fn read(request: Request<Body>) -> Option<Self> {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.ok()?;
        let path = head
            .uri
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned();
        let mut headers = head.headers;
        if let Some(credentials) = headers.get_mut(AUTHORIZATION) {
            credentials.set_sensitive(true);
        }
        Some(Self {
            method: head.method.to_string(),
            path,
            headers,
            body,
        })
    }
}
