//! Which spans are the monitor's own.
//!
//! A record whose parent goes elsewhere is in no list of roots. So a call takes the current span for its parent only
//! if that span leaves through the same provider, and this is how the monitor knows.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{Span as _, SpanContext, SpanId, TraceContextExt as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use spanloom_instrumentation::{ParentPolicy, Parenting};

/// The spans of one provider that have begun and not ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lineage {
    open: Arc<Mutex<HashSet<SpanId>>>,
}

thread_local! {
    /// The monitors' spans that are entered on this thread, in order. Not OpenTelemetry's current context: that one is
    /// the service's.
    static ENTERED: RefCell<Vec<Context>> = const { RefCell::new(Vec::new()) };
}

impl Lineage {
    /// Takes note that the span of `context` is entered on this thread.
    #[cfg(feature = "tracing")]
    pub(crate) fn enter(context: Context) {
        // A thread that is ending has nothing to enter.
        let _ = ENTERED.try_with(|entered| entered.borrow_mut().push(context));
    }

    /// Takes note that it is left again.
    #[cfg(feature = "tracing")]
    pub(crate) fn exit(context: &Context) {
        let left = context.span().span_context().span_id();
        drop(ENTERED.try_with(|entered| {
            let mut entered = entered.borrow_mut();
            let at = entered
                .iter()
                .rposition(|context| context.span().span_context().span_id() == left);
            at.map(|at| entered.remove(at))
        }));
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
    fn context(&self) -> Context {
        let open = self.open();
        let innermost = ENTERED.try_with(|entered| {
            let is_own =
                |context: &&Context| open.contains(&context.span().span_context().span_id());
            entered.borrow().iter().rev().find(is_own).cloned()
        });
        innermost.ok().flatten().unwrap_or_else(Context::current)
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
