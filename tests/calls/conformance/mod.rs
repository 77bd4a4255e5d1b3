//! Every span, metric and event of a call or an operation, checked against the data of the GenAI semantic conventions.

mod calls;
mod condition;
pub(crate) mod event;
mod metric;
mod operation;
mod plain;
mod registry;
mod schema;
mod span;

pub(crate) use condition::payloads;

use crate::ask::{Answer, Question};
use crate::observe::Observed;
use spanloom_core::semconv::HTTP_RESPONSE_HEADER;

/// Attributes of the stable core conventions that the GenAI data does not refer to, with their types.
const OTHERS: &[(&str, &str)] = &[
    ("session.id", "string"),
    ("user.id", "string"),
    ("tenant.id", "string"),
    // For the plain spans of other calls.
    ("http.request.method", "string"),
    ("http.response.status_code", "int"),
    ("url.full", "string"),
];

/// Returns the declared type of one of these, or of a header.
fn other(name: &str) -> Option<&'static str> {
    let named = OTHERS.iter().find(|(other, _)| *other == name);
    let header = name.starts_with(HTTP_RESPONSE_HEADER).then_some("string[]");
    named.map(|(_, kind)| *kind).or(header)
}

/// One call from outside: the question, the answer, and the resulting signals.
pub(crate) struct Case<'a> {
    pub(crate) question: &'a Question,
    pub(crate) answer: &'a Answer,
    pub(crate) observed: &'a Observed,
}

impl Case<'_> {
    /// Fails if any signal of the call violates the conventions.
    pub(crate) fn assert_conforms(&self) {
        span::check(self);
        metric::check(self);
        event::check(self);
    }
}
