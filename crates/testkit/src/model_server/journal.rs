//! The requests that the server received, and its answers.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use tokio::time::Instant;

use super::fault::Fault;
use super::usage::TokenUsage;
use crate::lock::lock;

/// Headers whose values are not kept: a failed assertion must not print a key.
const SECRET: &[&str] = &[
    "authorization",
    "api-key",
    "x-api-key",
    "cookie",
    "proxy-authorization",
];

/// One request as the server received it; a retry is a separate request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// The number of the request in order of arrival, from 1.
    pub number: u64,
    /// The method, such as `POST`.
    pub method: String,
    /// The path with its query, such as `/v1/chat/completions`.
    pub path: String,
    /// The body; `null` when there was none or it was not JSON.
    pub body: Value,
    /// The time of arrival since the start of the server, by tokio's clock.
    pub arrived_after: Duration,
    headers: Vec<(String, Option<String>)>,
}

/// The answer that the server chose; whether the client read all of it is unknown.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// The number of the answered request.
    pub number: u64,
    /// The status; 499 ("client closed request") for [`Fault::Disconnect`] and [`Fault::Hang`], which have none.
    pub status: StatusCode,
    /// The model of the response; `None` for errors and lists.
    pub model: Option<String>,
    /// Tokens of the whole answer, even if a fault kept it from being reported or sent. `None` for errors and lists.
    pub usage: Option<TokenUsage>,
    /// The fault that struck.
    pub fault: Option<Fault>,
}

impl ReceivedRequest {
    /// Returns the names of the headers, in lower case, in the order received.
    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(name, _)| name.as_str())
    }

    /// Returns a header's value; `None` when it is absent, not text, or a credential (credentials are never kept).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))?
            .1
            .as_deref()
    }
}

/// The newest requests and answers, and the usage of all answers.
#[derive(Debug)]
pub(super) struct Journal {
    limit: usize,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    count: u64,
    requests: VecDeque<ReceivedRequest>,
    answers: VecDeque<Answer>,
    usage: TokenUsage,
}

impl Journal {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            started: Instant::now(),
            state: Mutex::default(),
        }
    }

    /// Records a request and returns its number.
    pub(super) fn receive(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: Value,
    ) -> u64 {
        let headers = headers.iter().map(|(name, value)| {
            let is_secret = SECRET.contains(&name.as_str());
            let value = if is_secret {
                None
            } else {
                value.to_str().ok().map(str::to_owned)
            };
            (name.as_str().to_owned(), value)
        });
        let headers = headers.collect();
        let mut state = lock(&self.state);
        state.count += 1;
        let request = ReceivedRequest {
            number: state.count,
            method: method.to_string(),
            path: path.to_owned(),
            body,
            arrived_after: self.started.elapsed(),
            headers,
        };
        keep(&mut state.requests, request, self.limit);
        state.count
    }

    pub(super) fn answer(&self, answer: Answer) {
        let mut state = lock(&self.state);
        state.usage += answer.usage.unwrap_or_default();
        keep(&mut state.answers, answer, self.limit);
    }

    pub(super) fn requests(&self) -> Vec<ReceivedRequest> {
        lock(&self.state).requests.iter().cloned().collect()
    }

    pub(super) fn answers(&self) -> Vec<Answer> {
        lock(&self.state).answers.iter().cloned().collect()
    }

    pub(super) fn usage(&self) -> TokenUsage {
        lock(&self.state).usage
    }

    pub(super) fn clear(&self) {
        let mut state = lock(&self.state);
        let count = state.count;
        *state = State {
            count,
            ..State::default()
        };
    }
}

fn keep<T>(entries: &mut VecDeque<T>, entry: T, limit: usize) {
    entries.push_back(entry);
    if entries.len() > limit {
        entries.pop_front();
    }
}
