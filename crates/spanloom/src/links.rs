//! Links to calls on stderr: for people at a terminal, with `WEAVE_PRINT_CALL_LINK=true`.

use std::fmt;

use opentelemetry::SpanId;
use opentelemetry_sdk::trace::SpanData;
use spanloom_core::semconv;

/// Prints the page address of every ended span without a parent among the records, as W&B's clients do for their calls.
pub(crate) struct CallLinks {
    /// The base address of the project's pages.
    project: String,
    print: fn(&str),
}

impl CallLinks {
    pub(crate) fn new(project: String, print: fn(&str)) -> Self {
        Self { project, print }
    }

    pub(crate) fn ended(&self, span: &SpanData) {
        let is_outer = |name: &str| name == semconv::SPANLOOM_OUTER_SPAN_ID;
        let is_root = span.parent_span_id == SpanId::INVALID
            || span
                .attributes
                .iter()
                .any(|attribute| is_outer(attribute.key.as_str()));
        if is_root {
            let id = span.span_context.span_id();
            (self.print)(&format!("{}/r/call/{id}", self.project));
        }
    }
}

impl fmt::Debug for CallLinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallLinks")
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use opentelemetry::trace::{Span as _, TraceContextExt as _, Tracer as _, TracerProvider as _};
    use opentelemetry::{Context, KeyValue};
    use spanloom_testkit::SpanRecorder;

    use super::*;

    thread_local! {
        /// Storage that a plain function can reach.
        static PRINTED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    #[test]
    fn calls_without_a_parent_get_a_link() {
        let print = |line: &str| PRINTED.with_borrow_mut(|printed| printed.push(line.to_owned()));
        let links = CallLinks::new("https://wandb.ai/acme/chatbot".to_owned(), print);
        let spans = SpanRecorder::new();
        let provider = spans.provider();
        let tracer = provider.tracer("test");
        let root = tracer.start("root");
        let id = root.span_context().span_id();
        let context = Context::new().with_span(root);
        tracer.start_with_context("child", &context).end();
        let mut outer = tracer.start_with_context("call", &context);
        outer.set_attribute(KeyValue::new(
            semconv::SPANLOOM_OUTER_SPAN_ID,
            id.to_string(),
        ));
        let outer_id = outer.span_context().span_id();
        outer.end();
        context.span().end();
        spans.spans().iter().for_each(|span| links.ended(span));
        let expected =
            [outer_id, id].map(|id| format!("https://wandb.ai/acme/chatbot/r/call/{id}"));
        assert_eq!(PRINTED.take(), expected);
    }
}
