//! The open spans of the monitor itself.
//!
//! A record whose parent is exported elsewhere appears in no list of roots. A call therefore takes the current span as
//! its parent only if that span belongs to the same provider, which this module tracks.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::{Span as _, SpanContext, SpanId};
use opentelemetry_sdk::trace::Span;
use spanloom_instrumentation::{ParentKind, ParentPolicy};

/// The spans of one provider that have started and not ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnSpans {
    open: Arc<Mutex<HashSet<SpanId>>>,
}

impl OwnSpans {
    /// Returns an id that differs between monitors.
    #[cfg(feature = "tracing")]
    pub(crate) fn id(&self) -> usize {
        Arc::as_ptr(&self.open).addr()
    }

    pub(crate) fn begun(&self, span: &Span) {
        self.open().insert(span.span_context().span_id());
    }

    pub(crate) fn ended(&self, span: SpanId) {
        self.open().remove(&span);
    }

    fn open(&self) -> MutexGuard<'_, HashSet<SpanId>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ParentPolicy for OwnSpans {
    #[cfg(feature = "tracing")]
    fn context(&self) -> opentelemetry::Context {
        let open = self.open();
        crate::span_stack::innermost(|span| open.contains(&span))
            .unwrap_or_else(opentelemetry::Context::current)
    }

    fn parent_kind(&self, outer: &SpanContext) -> ParentKind {
        if self.open().contains(&outer.span_id()) {
            ParentKind::Parent
        } else {
            ParentKind::Foreign
        }
    }

    fn makes_current(&self) -> bool {
        // If it were current, the call's span would become the parent of the service's own spans.
        false
    }
}
