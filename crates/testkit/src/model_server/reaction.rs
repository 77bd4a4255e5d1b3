//! The decision of a handler: an answer for the journal, and the behaviour on the wire.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use super::fault::Fault;
use super::journal::Answer;
use super::latency::wait;
use super::problem::Problem;
use crate::listen::{Disconnect, Signal};

const PROCESSING: HeaderName = HeaderName::from_static("openai-processing-ms");
const VERSION: HeaderName = HeaderName::from_static("openai-version");

/// The decision about one request. Deciding takes no time; carrying it out may.
#[derive(Debug)]
pub(super) struct Reaction {
    pub(super) answer: Answer,
    after: Duration,
    delivery: Delivery,
}

#[derive(Debug)]
enum Delivery {
    Respond(Response),
    Hang,
    Disconnect,
}

impl Reaction {
    /// Returns the decision to send a body of this type after a delay.
    pub(super) fn respond(answer: Answer, after: Duration, kind: &'static str, body: Body) -> Self {
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(
            PROCESSING,
            HeaderValue::from(u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
        );
        headers.insert(VERSION, HeaderValue::from_static("2020-10-01"));
        Self {
            answer,
            after,
            delivery: Delivery::Respond(response),
        }
    }

    pub(super) fn json(answer: Answer, after: Duration, body: &Value) -> Self {
        Self::respond(
            answer,
            after,
            "application/json",
            Body::from(body.to_string()),
        )
    }

    /// Returns the decision to send an error at once, because refusals are quick.
    pub(super) fn problem(number: u64, problem: Problem, fault: Option<Fault>) -> Self {
        let answer = Answer {
            number,
            status: problem.status(),
            model: None,
            usage: None,
            fault,
        };
        Self {
            answer,
            after: Duration::ZERO,
            delivery: Delivery::Respond(problem.into_response()),
        }
    }

    /// Returns the decision to send no response, if the fault is of that kind.
    pub(super) fn silence(number: u64, fault: &Fault) -> Option<Self> {
        let delivery = match fault {
            Fault::Hang => Delivery::Hang,
            Fault::Disconnect => Delivery::Disconnect,
            _ => return None,
        };
        let status = StatusCode::from_u16(499).unwrap_or_default();
        let answer = Answer {
            number,
            status,
            model: None,
            usage: None,
            fault: Some(fault.clone()),
        };
        Some(Self {
            answer,
            after: Duration::ZERO,
            delivery,
        })
    }

    /// Carries the decision out.
    pub(super) async fn happen(self, mut signal: Signal) -> Response {
        wait(self.after).await;
        match self.delivery {
            Delivery::Respond(response) => response,
            Delivery::Disconnect => Disconnect::response(),
            Delivery::Hang => {
                signal.requested().await;
                Disconnect::response()
            }
        }
    }
}
