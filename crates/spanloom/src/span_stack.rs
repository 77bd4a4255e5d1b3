//! The monitors' spans that are entered on a thread, in order.
//!
//! Not OpenTelemetry's current context: that one is the service's.

use std::cell::RefCell;

use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt as _};

thread_local! {
    static ENTERED: RefCell<Vec<Context>> = const { RefCell::new(Vec::new()) };
}

// A thread that is ending has nothing entered any more: that is all `try_with` can fail for.

pub(crate) fn enter(context: Context) {
    let _ = ENTERED.try_with(|entered| entered.borrow_mut().push(context));
}

/// Leaves the span, which need not be the one entered last.
pub(crate) fn exit(context: &Context) {
    let left = id(context);
    let _left = ENTERED.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        let at = entered.iter().rposition(|context| id(context) == left);
        at.map(|at| entered.remove(at))
    });
}

/// The innermost of them that is `such`.
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
