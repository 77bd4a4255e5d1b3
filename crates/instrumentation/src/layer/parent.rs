//! How a call's span relates to the surrounding span.

use std::fmt;

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use spanloom_core::semconv as names;

/// Whether the span that is current when a call starts is the parent of the call's span at its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParentKind {
    /// The span goes to the same destination: it is the parent.
    Parent,
    /// The span goes elsewhere. `spanloom.outer_span_id` names it; the call keeps the trace, and its records are roots.
    Foreign,
}

/// A policy that decides the [`ParentKind`], for a layer whose spans are exported separately from the service's.
pub trait ParentPolicy: fmt::Debug + Send + Sync {
    /// Returns the context of a call; called on the caller's task. Default: OpenTelemetry's current context.
    fn context(&self) -> Context {
        Context::current()
    }

    /// Returns the relation of `outer`, a valid span context, to a call made inside it.
    fn parent_kind(&self, outer: &SpanContext) -> ParentKind;

    /// Returns whether the call's span is made current while the call runs, so that inner spans become its children.
    fn makes_current(&self) -> bool;
}

/// Returns the attribute that names the span around, if it goes elsewhere.
pub(crate) fn outer_span(policy: &dyn ParentPolicy, parent: &Context) -> Option<KeyValue> {
    let outer = parent.span().span_context().clone();
    let is_foreign = outer.is_valid() && policy.parent_kind(&outer) == ParentKind::Foreign;
    is_foreign.then(|| {
        let id = outer.span_id().to_string();
        KeyValue::new(names::SPANLOOM_OUTER_SPAN_ID, id)
    })
}

/// The policy that makes the calls' spans members of the service's own traces.
#[derive(Debug)]
pub(super) struct Member;

impl ParentPolicy for Member {
    fn parent_kind(&self, _: &SpanContext) -> ParentKind {
        ParentKind::Parent
    }

    fn makes_current(&self) -> bool {
        true
    }
}
