//! A request and its answer, as they travel: what protocols make and read, and transports carry.
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

/// How requests travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Http,
    /// The body is one message; its frame is the transport's.
    Grpc,
}

/// What a server said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Headers, with the trailers among them.
    pub(crate) headers: HeaderMap,
    /// The first of it; all of it, unless there was too much.
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        of_header(value, SystemTime::now())
    }

    /// Why it is a refusal, in its own words: they may quote what was sent, but for secrets.
    pub(crate) fn reason(&self) -> String {
        /// Characters of the server's words.
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
            // A secret that is cut would not be known as one.
            .take(4 * LONGEST)
            .collect();
        let message: String = secret::mask(&message).chars().take(LONGEST).collect();
        match header("grpc-status") {
            Some(code) => format!("gRPC status {code}: {message}"),
            None => format!("HTTP status {}: {message}", self.status),
        }
    }

    /// Whether it is a JSON object, as Weave's API answers.
    pub(crate) fn is_object(&self) -> bool {
        let object: Result<HashMap<String, IgnoredAny>, _> = serde_json::from_slice(&self.body);
        object.is_ok()
    }

    /// Whether a server with TLS says that it was spoken to without: what Go, nginx and Apache answer then, in text for people,
    /// has this word. What destinations answer is JSON or protobuf.
    pub(crate) fn is_about_tls(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE);
        // Go names no kind.
        let text = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/"));
        let mut words = self.body.windows(5);
        self.status == 400 && text && words.any(|word| word == b"HTTPS")
    }

    /// Whether it is a page for people: a portal or a proxy said it, or a server that does not know the path.
    pub(crate) fn is_page(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE);
        let html = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        html || self.body.trim_ascii_start().starts_with(b"<")
    }
}
