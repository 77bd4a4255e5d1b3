//! Every span, metric and event of a call, checked against the data of the GenAI semantic conventions.

mod calls;
mod condition;
pub(crate) mod event;
mod metric;
mod registry;
mod schema;
mod span;

pub(crate) use condition::payloads;

use crate::ask::{Answer, Question};
use crate::observe::Observed;

/// Attributes of the stable core conventions that the GenAI data does not refer to, with their types.
const OTHERS: &[(&str, &str)] = &[
    ("session.id", "string"),
    ("user.id", "string"),
    ("tenant.id", "string"),
    // For the plain spans of other calls.
    ("http.request.method", "string"),
    ("http.response.status_code", "int"),
];

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
