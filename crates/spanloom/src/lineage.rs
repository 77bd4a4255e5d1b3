//! Which spans are the monitor's own.
//!
//! A record whose parent goes elsewhere is in no list of roots. So a call takes the current span for its parent only
//! if that span leaves through the same provider, and this is how the monitor knows.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{Span as _, SpanContext, SpanId};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use spanloom_instrumentation::{ParentPolicy, Parenting};

/// The spans of one provider that have begun and not ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lineage {
    open: Arc<Mutex<HashSet<SpanId>>>,
}

impl Lineage {
    /// Tells monitors apart.
    #[cfg(feature = "tracing")]
    pub(crate) fn id(&self) -> usize {
        Arc::as_ptr(&self.open).addr()
    }

    fn open(&self) -> MutexGuard<'_, HashSet<SpanId>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SpanProcessor for Lineage {
    fn on_start(&self, span: &mut Span, _: &Context) {
        self.open().insert(span.span_context().span_id());
    }

    fn on_end(&self, span: SpanData) {
        self.open().remove(&span.span_context.span_id());
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

impl ParentPolicy for Lineage {
    #[cfg(feature = "tracing")]
    fn context(&self) -> Context {
        let open = self.open();
        crate::entered::innermost(|span| open.contains(&span)).unwrap_or_else(Context::current)
    }

    fn parenting(&self, outer: &SpanContext) -> Parenting {
        if self.open().contains(&outer.span_id()) {
            Parenting::Parent
        } else {
            Parenting::Outer
        }
    }

    fn activates(&self) -> bool {
        // Made current, the call's span would become the parent of the service's own spans.
        false
    }
}
