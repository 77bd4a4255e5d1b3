//! Recorded model calls, for the assertions of a service's own tests.
//!
//! Core's mapping reads both spans of an SDK and records sent to a [`Sink`](crate::Sink), so calls of any
//! instrumentation that spanloom understands are found, with the values that the board would show.

mod budget;
mod call;
mod record;
mod span;

use std::ops::Deref;

pub use budget::{Figures, OverBudget, Statistic};
pub use call::RecordedCall;
pub use span::{json, record};

/// Recorded model calls, oldest first: a slice of [`RecordedCall`]s with a few filters.
///
/// Returned by a [`SpanRecorder`](crate::SpanRecorder::calls) when the layer works on a tracer provider, or by a
/// [`Sink`](crate::Sink::calls) when a monitor sends records. Spans that are not model calls are left out: the
/// service's own, and those of tools and agents, whose tokens are the sum of calls that are already in the list.
#[derive(Clone, Debug, Default)]
pub struct Calls(Vec<RecordedCall>);

impl Calls {
    /// Returns the calls to this model, which either answered or was requested.
    #[must_use]
    pub fn of_model(&self, model: &str) -> Self {
        self.only(|call| {
            [&call.model, &call.request_model]
                .into_iter()
                .any(|name| name.as_deref() == Some(model))
        })
    }

    /// Returns the calls that have this attribute (`monitor_attributes` of the service) with this value.
    #[must_use]
    pub fn with_attribute(&self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        let value = value.into();
        self.only(|call| call.attributes.get(name) == Some(&value))
    }

    /// Returns the calls for which the predicate is true.
    #[must_use]
    pub fn only(&self, predicate: impl Fn(&RecordedCall) -> bool) -> Self {
        self.0
            .iter()
            .filter(|call| predicate(call))
            .cloned()
            .collect()
    }
}

impl Deref for Calls {
    type Target = [RecordedCall];

    fn deref(&self) -> &[RecordedCall] {
        &self.0
    }
}

impl FromIterator<RecordedCall> for Calls {
    fn from_iter<I: IntoIterator<Item = RecordedCall>>(calls: I) -> Self {
        Self(calls.into_iter().collect())
    }
}

impl IntoIterator for Calls {
    type Item = RecordedCall;
    type IntoIter = std::vec::IntoIter<RecordedCall>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Calls {
    type Item = &'a RecordedCall;
    type IntoIter = std::slice::Iter<'a, RecordedCall>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
