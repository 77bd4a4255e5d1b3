//! The monitors' spans that are entered on a thread, in order of entry.
//!
//! OpenTelemetry's current context is not used: it belongs to the service.

use std::cell::RefCell;

use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt as _};

thread_local! {
    static ENTERED: RefCell<Vec<Context>> = const { RefCell::new(Vec::new()) };
}

// `try_with` fails only on a thread that is ending, where no span is entered any more.

pub(crate) fn enter(context: Context) {
    let _ = ENTERED.try_with(|entered| entered.borrow_mut().push(context));
}

/// Exits the span, which need not be the last one entered.
pub(crate) fn exit(context: &Context) {
    let left = id(context);
    let _left = ENTERED.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        let at = entered.iter().rposition(|context| id(context) == left);
        at.map(|at| entered.remove(at))
    });
}

/// Returns the innermost entered span whose id satisfies `such`.
pub(crate) fn innermost(such: impl Fn(SpanId) -> bool) -> Option<Context> {
    let found = ENTERED.try_with(|entered| {
        let entered = entered.borrow();
        entered
            .iter()
            .rev()
            .find(|context| such(id(context)))
            .cloned()
    });
    found.ok().flatten()
}

fn id(context: &Context) -> SpanId {
    context.span().span_context().span_id()
}
