//! How a call's span relates to the span it is made in.

use std::fmt;

use opentelemetry::Context;
use opentelemetry::trace::SpanContext;

/// Whether the span that is current when a call starts is its parent where the span goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParentKind {
    /// It goes to the same place: it is the parent.
    Parent,
    /// It goes elsewhere. The call keeps its trace and names it in `spanloom.outer_span_id`; records of it are roots.
    Foreign,
}

/// Decides [`ParentKind`] for a layer whose spans leave another way than the service's.
pub trait ParentPolicy: fmt::Debug + Send + Sync {
    /// The context a call is made in, asked on the caller's task. Default: OpenTelemetry's current one.
    fn context(&self) -> Context {
        Context::current()
    }

    /// What `outer`, a valid span context, is to a call made inside it.
    fn parent_kind(&self, outer: &SpanContext) -> ParentKind;

    /// Whether the call's span is made current while the call runs, so that spans inside become its children.
    fn makes_current(&self) -> bool;
}

/// The calls' spans are members of the service's own traces.
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
