//! The trace context in `_meta`: `traceparent` and `tracestate` (SEP-414).

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator as _};
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use rmcp::model::{MetaObject, RequestParamsMeta};

/// Puts the context's span into the parameters of a request, unless the caller has put another there.
pub(crate) fn inject(context: &Context, params: &mut impl RequestParamsMeta) {
    if params.traceparent().is_none() {
        let mut writer = Writer(params.meta_or_default());
        TraceContextPropagator::new().inject_context(context, &mut writer);
    }
}

/// Returns the span that a request names as its parent.
pub(crate) fn extract(meta: &MetaObject) -> Option<SpanContext> {
    let context =
        TraceContextPropagator::new().extract_with_context(&Context::new(), &Reader(meta));
    let parent = context.span().span_context().clone();
    parent.is_valid().then_some(parent)
}

struct Writer<'a>(&'a mut MetaObject);

impl Injector for Writer<'_> {
    fn set(&mut self, key: &str, value: String) {
        // An empty `tracestate` carries no information.
        if !value.is_empty() {
            self.0.insert(key.to_owned(), value.into());
        }
    }
}

struct Reader<'a>(&'a MetaObject);

impl Extractor for Reader<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}
