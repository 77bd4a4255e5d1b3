//! A request and its answer in transit: protocols make and read them, transports carry them.
//!
//! | file | what |
//! |---|---|
//! | `retry_after` | when a server wants to be asked again |

pub(crate) mod retry_after;

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use serde::de::IgnoredAny;
use spanloom_core::secret;

use retry_after::of_header;

/// A request, ready to be sent.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) carrier: Framing,
}

/// The framing of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Http,
    /// The body is one message; the transport adds the frame.
    Grpc,
}

/// A server's answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Headers and trailers.
    pub(crate) headers: HeaderMap,
    /// The body, cut only if it was too large.
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        of_header(value, SystemTime::now())
    }

    /// Returns the server's own reason for a refusal, which may quote what was sent, except secrets.
    pub(crate) fn reason(&self) -> String {
        /// The most characters kept of the server's reason.
        const LONGEST: usize = 500;
        let header = |name| {
            self.headers
                .get(name)
                .map(|value| String::from_utf8_lossy(value.as_bytes()))
        };
        let message = header("grpc-message").unwrap_or_else(|| String::from_utf8_lossy(&self.body));
        let message: String = message
            .chars()
            .filter(|it| !it.is_control())
            // A cut secret would not be recognized.
            .take(4 * LONGEST)
            .collect();
        let message: String = secret::mask(&message).chars().take(LONGEST).collect();
        match header("grpc-status") {
            Some(code) => format!("gRPC status {code}: {message}"),
            None => format!("HTTP status {}: {message}", self.status),
        }
    }

    /// Returns whether the body is a JSON object, as in answers of Weave's API.
    pub(crate) fn is_object(&self) -> bool {
        let object: Result<HashMap<String, IgnoredAny>, _> = serde_json::from_slice(&self.body);
        object.is_ok()
    }

    /// Returns whether a TLS server reports a request without TLS: Go, nginx and Apache then answer in human-readable
    /// text with this word. Destinations answer in JSON or protobuf.
    pub(crate) fn is_about_tls(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE);
        // Go sends no content type.
        let text = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/"));
        let mut words = self.body.windows(5);
        self.status == 400 && text && words.any(|word| word == b"HTTPS")
    }

    /// Returns whether the answer is a page for people: from a portal, a proxy, or a server that does not know the
    /// path.
    pub(crate) fn is_page(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE);
        let html = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        html || self.body.trim_ascii_start().starts_with(b"<")
    }
}
