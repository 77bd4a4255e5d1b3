//! Every span, metric and event a call makes, against the data of the GenAI semantic conventions.

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

/// Attributes of the stable core conventions that the GenAI data does not refer to, with their type.
const OTHERS: &[(&str, &str)] = &[
    ("session.id", "string"),
    ("user.id", "string"),
    ("tenant.id", "string"),
    // Of the plain spans of other calls.
    ("http.request.method", "string"),
    ("http.response.status_code", "int"),
];

/// One call from outside: what was asked, what came, and what it became.
pub(crate) struct Case<'a> {
    pub(crate) question: &'a Question,
    pub(crate) answer: &'a Answer,
    pub(crate) observed: &'a Observed,
}

impl Case<'_> {
    /// Fails where anything the call became is not as the conventions say.
    pub(crate) fn assert_conforms(&self) {
        span::check(self);
        metric::check(self);
        event::check(self);
    }
}
