//! The protocol of each kind of destination: how spans are encoded, requests are made of them, and answers are read.
//!
//! | file | what |
//! |---|---|
//! | `weave` | records as calls of Weave's API |
//! | `otlp`, `route`, `attribute`, `field` | spans as OTLP, over HTTP and gRPC |
//! | `lines` | records as lines of a file |
//! | `verdict` | the retry tables |
//! | `retry_info` | when a gRPC server wants to be asked again |

#[cfg(feature = "otlp")]
mod attribute;
#[cfg(feature = "otlp")]
mod field;
pub(crate) mod lines;
#[cfg(feature = "otlp")]
pub(crate) mod otlp;
#[cfg(feature = "otlp")]
mod retry_info;
#[cfg(feature = "otlp")]
mod route;
pub(crate) mod verdict;
pub(crate) mod weave;

use opentelemetry_sdk::Resource;
use spanloom_core::StreamName;

use crate::content::{Content, OtherSpans};
use crate::destination::{Address, Destination, DestinationKind};
use crate::exchange::{Answer, Request};
use crate::item::Item;
pub(crate) use crate::spool::Stored;
use lines::Lines;
#[cfg(feature = "otlp")]
use otlp::Otlp;
use verdict::Verdict;
use weave::Weave;

/// The protocol of one destination.
#[derive(Debug)]
pub(crate) enum Protocol {
    Weave(Weave),
    #[cfg(feature = "otlp")]
    Otlp(Otlp),
    Lines(Lines),
}

impl Protocol {
    /// Returns the protocol of a destination; `stream` is the default for spans that name none.
    pub(crate) fn of(destination: &Destination, stream: &StreamName, others: &OtherSpans) -> Self {
        let content = Content {
            destination: destination.content.clone(),
            others: others.clone(),
            sampling: destination.sampling,
        };
        let stream = stream.clone();
        let url = match &destination.address {
            Address::File(path) => {
                let rotation = destination.rotation;
                return Self::Lines(Lines::new(path.clone(), rotation, stream, content));
            }
            Address::Server(url) => url.clone(),
        };
        let headers = destination.headers.clone();
        #[cfg(feature = "otlp")]
        if let Some(profile) = destination.kind.profile() {
            let url = destination.kind.endpoint(url);
            let carrier = destination.carrier();
            let otlp = Otlp::new(url, headers, carrier, profile, stream, content);
            return Self::Otlp(otlp.with_turns(destination.turns));
        }
        let is_hosted = destination.kind == DestinationKind::Wandb;
        Self::Weave(Weave::new(url, headers, stream, content, is_hosted))
    }

    /// Returns the protocol of start records, if the destination gets them.
    pub(crate) fn of_starts(
        destination: &Destination,
        stream: &StreamName,
        others: &OtherSpans,
    ) -> Option<Weave> {
        let wanted = destination.starts && destination.kind == DestinationKind::Spanloom;
        let protocol = wanted.then(|| Self::of(destination, stream, others));
        match protocol {
            Some(Self::Weave(weave)) => Some(weave.of_starts()),
            _ => None,
        }
    }

    /// Returns whether the destination takes evaluations of calls. Collectors get them as events.
    pub(crate) fn takes_evaluations(&self) -> bool {
        matches!(self, Self::Weave(_))
    }

    /// Encodes an item as its route and body. `None` when it cannot be encoded.
    pub(crate) fn encode(&mut self, item: Item, resource: &Resource) -> Option<Stored> {
        let span = match (item, &*self) {
            (Item::Span(span), _) => span,
            (Item::Evaluation(evaluation), Self::Weave(weave)) => {
                return weave.encode_evaluation(&evaluation, resource);
            }
            (Item::Evaluation(_), _) => return None,
        };
        match self {
            Self::Weave(weave) => weave.encode(span, resource),
            #[cfg(feature = "otlp")]
            Self::Otlp(otlp) => Some(otlp.encode(span, resource)),
            Self::Lines(lines) => lines.encode(span, resource),
        }
    }

    /// Returns whether records of different routes may be in one request.
    pub(crate) fn mixes_routes(&self) -> bool {
        !matches!(self, Self::Weave(_))
    }

    /// Returns a request with these records; `None` for a destination that is not a server.
    pub(crate) fn request(&self, records: &[&Stored]) -> Option<Request> {
        match self {
            Self::Weave(weave) => weave.request(records),
            #[cfg(feature = "otlp")]
            Self::Otlp(otlp) => Some(otlp.request(records)),
            Self::Lines(_) => None,
        }
    }

    /// Returns a request without records to `stream`, to check whether the destination accepts the key.
    pub(crate) fn empty_request(&self, stream: &StreamName) -> Option<Request> {
        match self {
            Self::Weave(weave) => weave.request_to(&stream.entity, &stream.project, &[]),
            #[cfg(feature = "otlp")]
            Self::Otlp(otlp) => Some(otlp.request(&[])),
            Self::Lines(_) => None,
        }
    }

    /// Returns what the answer to a request with these records means; [`Verdict::RetryAsParts`] if later requests have another form.
    pub(crate) fn judge(&mut self, records: &[&Stored], answer: &Answer) -> Verdict {
        match self {
            Self::Weave(weave) => weave.judge(records, answer),
            #[cfg(feature = "otlp")]
            Self::Otlp(otlp) => otlp.judge(answer),
            Self::Lines(_) => Verdict::Rejected,
        }
    }
}
