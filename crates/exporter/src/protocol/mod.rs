//! How each kind of destination wants its records: what a span becomes, what a request of several is, and what an answer
//! means.
//!
//! | file | what |
//! |---|---|
//! | `weave` | records as calls of Weave's API |
//! | `otlp`, `attribute` | spans as OTLP, over HTTP and gRPC |
//! | `lines` | records as lines of a file |
//! | `verdict` | the retry tables |
//! | `retry_after`, `retry_info` | when a server wants to be asked again |

#[cfg(feature = "otlp")]
mod attribute;
pub(crate) mod lines;
#[cfg(feature = "otlp")]
pub(crate) mod otlp;
pub(crate) mod retry_after;
#[cfg(feature = "otlp")]
mod retry_info;
pub(crate) mod verdict;
pub(crate) mod weave;

use std::sync::Arc;

use bytes::Bytes;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use reqwest::Url;
use reqwest::header::HeaderMap;
use spanloom_core::StreamName;

pub(crate) use crate::spool::Stored;
use crate::transport::Answer;
use lines::Lines;
#[cfg(feature = "otlp")]
use otlp::Otlp;
use verdict::Verdict;
use weave::Weave;

/// One destination's way of speaking.
#[derive(Debug)]
pub(crate) enum Protocol {
    Weave(Weave),
    #[cfg(feature = "otlp")]
    Otlp(Otlp),
    Lines(Lines),
}

/// A request, ready to be sent.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) carrier: Carrier,
}

/// How requests travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Http,
    /// The body is one message; its frame is the transport's.
    Grpc,
}

impl Protocol {
    /// What a span becomes: the route it goes by, and its body. `None` when it cannot be told.
    pub(crate) fn encode(&mut self, span: Arc<SpanData>, resource: &Resource) -> Option<Stored> {
        match self {
            Self::Weave(weave) => weave.encode(span, resource),
            #[cfg(feature = "otlp")]
            Self::Otlp(otlp) => Some(otlp.encode(span, resource)),
            Self::Lines(lines) => lines.encode(span, resource),
        }
    }

    /// Whether records of different routes may be in one request.
    pub(crate) fn mixes_routes(&self) -> bool {
        !matches!(self, Self::Weave(_))
    }

    /// A request of these records; `None` for a destination that is no server.
    pub(crate) fn request(&self, records: &[&Stored]) -> Option<Request> {
        match self {
            Self::Weave(weave) => weave.request(records),
            #[cfg(feature = "otlp")]
            Self::Otlp(otlp) => Some(otlp.request(records)),
            Self::Lines(_) => None,
        }
    }

    /// A request without records, to see whether the destination takes the key; `stream` is where records go.
    pub(crate) fn empty_request(&self, stream: &StreamName) -> Option<Request> {
        match self {
            Self::Weave(weave) => weave.request_to(&stream.entity, &stream.project, &[]),
            #[cfg(feature = "otlp")]
            Self::Otlp(otlp) => Some(otlp.request(&[])),
            Self::Lines(_) => None,
        }
    }

    /// What the answer means; a destination that speaks in another form from now on says [`Verdict::InOtherForm`].
    pub(crate) fn judge(&mut self, answer: &Answer) -> Verdict {
        match self {
            Self::Weave(weave) => weave.judge(answer),
            #[cfg(feature = "otlp")]
            Self::Otlp(otlp) => otlp.judge(answer),
            Self::Lines(_) => Verdict::Rejected,
        }
    }
}
