//! The answers of a sink.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::SinkRequest;
use crate::listen::{Disconnect, Signal};

/// One answer of a [`Sink`](super::Sink).
#[derive(Clone, Debug)]
#[must_use = "hand it to `Sink::answer_next_with` or `Sink::answer_always`"]
pub struct SinkAnswer(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Respond {
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    },
    Hang,
    Disconnect,
}

impl SinkAnswer {
    /// Returns a response with this status, no headers and an empty body.
    pub fn status(status: StatusCode) -> Self {
        Self(Kind::Respond {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        })
    }

    /// Returns an answer that sends no response until the client gives up or the sink stops.
    pub fn hang() -> Self {
        Self(Kind::Hang)
    }

    /// Returns an answer that sends no response: the connection is closed once the request has been read.
    pub fn disconnect() -> Self {
        Self(Kind::Disconnect)
    }

    /// Adds a header, such as `retry-after`. No effect on an answer without a response.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        if let Kind::Respond { headers, .. } = &mut self.0 {
            headers.append(name, value);
        }
        self
    }

    /// Sets the body, of any size. No effect on an answer without a response.
    pub fn with_body(mut self, bytes: impl Into<Bytes>) -> Self {
        if let Kind::Respond { body, .. } = &mut self.0 {
            *body = bytes.into();
        }
        self
    }

    /// Returns the response that accepts the request: an empty message for OTLP in protobuf, or else an empty object.
    pub(super) fn accepting(request: &SinkRequest) -> Self {
        let (kind, body) = match request.header("content-type") {
            Some("application/x-protobuf") => ("application/x-protobuf", ""),
            _ => ("application/json", "{}"),
        };
        Self::status(StatusCode::OK)
            .with_header(CONTENT_TYPE, HeaderValue::from_static(kind))
            .with_body(body)
    }

    pub(super) async fn into_response(self, mut signal: Signal) -> Response {
        match self.0 {
            Kind::Respond {
                status,
                headers,
                body,
            } => {
                let mut response = Response::new(Body::from(body));
                *response.status_mut() = status;
                *response.headers_mut() = headers;
                response
            }
            Kind::Hang => {
                signal.requested().await;
                Disconnect::response()
            }
            Kind::Disconnect => Disconnect::response(),
        }
    }
}
