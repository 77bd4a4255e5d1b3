//! Recorded model calls, as a service's own test wants to look at them.
//!
//! Whatever carried them here, a span of an SDK or a record sent to a [`Sink`](crate::Sink), core's mapping reads them:
//! so calls of any instrumentation that spanloom understands are found, and they tell what the board would show.

mod budget;
mod call;
mod record;
mod span;

use std::ops::Deref;

pub use budget::{Figures, OverBudget, Statistic};
pub use call::RecordedCall;
pub use span::{json, record};

/// Recorded model calls, oldest first: a slice of [`RecordedCall`]s with a few ways to choose among them.
///
/// From a [`SpanRecorder`](crate::SpanRecorder::calls), where the layer works on a tracer provider, or from a
/// [`Sink`](crate::Sink::calls), where a monitor sends records. Spans that are no model calls (the service's own, those
/// of tools and agents, whose tokens are the sum of calls that are here already) are left out.
#[derive(Clone, Debug, Default)]
pub struct Calls(Vec<RecordedCall>);

impl Calls {
    /// Those that went to this model: the one that answered, or the one that was asked for.
    #[must_use]
    pub fn of_model(&self, model: &str) -> Self {
        self.only(|call| {
            [&call.model, &call.request_model]
                .into_iter()
                .any(|name| name.as_deref() == Some(model))
        })
    }

    /// Those that have this attribute (`monitor_attributes` of the service) with this value.
    #[must_use]
    pub fn with_attribute(&self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        let value = value.into();
        self.only(|call| call.attributes.get(name) == Some(&value))
    }

    /// Those that the predicate is true for.
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
