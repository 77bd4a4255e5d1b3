//! Which spans a destination gets with their content.

use std::time::Duration;

use opentelemetry::trace::{Status, TraceId};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;
use spanloom_core::{Outcome, semconv as names};

/// The traces that a ratio selects from: the last seven bytes of a trace's id, which are random (W3C Trace Context, level 2).
const TRACES: u64 = 1 << 56;

/// A rule that sends the content of a share of the traces, and of every span that failed, cost or took more than a limit.
///
/// All spans are sent, so that counts, tokens, costs and latencies stay exact; those that are not selected have no prompts,
/// answers, instructions, tools, arguments or results, and `spanloom.content.sampled_out`. Attributes of the service stay. The
/// calls of a trace are selected together, in the same way by every process.
///
/// ```
/// use std::time::Duration;
/// use spanloom_exporter::{Destination, Sampling};
///
/// # fn f() -> Result<(), spanloom_exporter::Error> {
/// let sampling = Sampling::of_traces(0.05)
///     .with_cost_from(0.02)
///     .with_duration_from(Duration::from_secs(20));
/// let destination = Destination::spanloom("http://127.0.0.1:7440")?.with_sampling(sampling);
/// # drop(destination); Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// The number of traces, of [`TRACES`], whose content is sent.
    traces: u64,
    cost_usd: Option<f64>,
    duration: Option<Duration>,
}

impl Sampling {
    /// Sends the content of a share of the traces, from 0 (none) to 1 (all), and of every span with an error.
    #[must_use]
    pub fn of_traces(share: f64) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of 2^56, which is exact"
        )]
        let traces = (share.clamp(0.0, 1.0) * TRACES as f64) as u64;
        Self {
            traces,
            cost_usd: None,
            duration: None,
        }
    }

    /// Also sends the content of spans that cost at least this many US dollars.
    #[must_use]
    pub fn with_cost_from(mut self, usd: f64) -> Self {
        self.cost_usd = Some(usd);
        self
    }

    /// Also sends the content of spans that take at least this long.
    #[must_use]
    pub fn with_duration_from(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// Returns whether the span's content is sent.
    pub(crate) fn selects(&self, span: &SpanData) -> bool {
        self.selects_trace(span.span_context.trace_id())
            || failed(span)
            || self.is_dear(span)
            || self.is_slow(span)
    }

    pub(crate) fn selects_trace(&self, trace: TraceId) -> bool {
        let [_, _, _, _, _, _, _, _, _, random @ ..] = trace.to_bytes();
        let random = random
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        random < self.traces
    }

    fn is_dear(&self, span: &SpanData) -> bool {
        let Some(limit) = self.cost_usd else {
            return false;
        };
        let cost = value(span, names::SPANLOOM_COST_TOTAL_USD);
        matches!(cost, Some(Value::F64(cost)) if *cost >= limit)
    }

    fn is_slow(&self, span: &SpanData) -> bool {
        let took = span.end_time.duration_since(span.start_time);
        let limit = self.duration;
        took.is_ok_and(|took| limit.is_some_and(|limit| took >= limit))
    }
}

/// The attribute of a span whose content was not selected.
pub(crate) fn sampled_out() -> KeyValue {
    KeyValue::new(names::SPANLOOM_CONTENT_SAMPLED_OUT, true)
}

fn failed(span: &SpanData) -> bool {
    let is_error = |outcome: &Value| outcome.as_str() == Outcome::Error.as_str();
    matches!(span.status, Status::Error { .. })
        || value(span, names::ERROR_TYPE).is_some()
        || value(span, names::SPANLOOM_OUTCOME).is_some_and(is_error)
}

fn value<'a>(span: &'a SpanData, name: &str) -> Option<&'a Value> {
    let mut attributes = span.attributes.iter();
    let found = attributes.find(|attribute| attribute.key.as_str() == name);
    found.map(|attribute| &attribute.value)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use opentelemetry::InstrumentationScope;
    use opentelemetry::trace::{SpanContext, SpanId, SpanKind, TraceFlags, TraceState};
    use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};

    use super::*;

    fn span(trace: u128, attributes: Vec<KeyValue>) -> SpanData {
        SpanData {
            span_context: SpanContext::new(
                TraceId::from_bytes(trace.to_be_bytes()),
                SpanId::from_bytes([1; 8]),
                TraceFlags::SAMPLED,
                false,
                TraceState::default(),
            ),
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Client,
            name: "chat".into(),
            start_time: UNIX_EPOCH,
            end_time: UNIX_EPOCH + Duration::from_secs(3),
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: InstrumentationScope::default(),
        }
    }

    #[test]
    fn a_share_of_the_traces_is_selected() {
        let random = |number: u64| u128::from(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        for (share, expected) in [(0.0, 0..=0), (0.1, 850..=1_150), (1.0, 10_000..=10_000)] {
            let sampling = Sampling::of_traces(share);
            let traces = (0..10_000).map(|number| span(random(number), Vec::new()));
            let selected = traces.filter(|span| sampling.selects(span)).count();
            assert!(expected.contains(&selected), "{share}: {selected}");
        }
        // A span of the same trace has the same fate, whatever else it has.
        let sampling = Sampling::of_traces(0.5);
        for number in 0..100 {
            let [one, other] = [1, 2].map(|count| {
                let tokens = KeyValue::new("gen_ai.usage.input_tokens", count);
                sampling.selects(&span(random(number), vec![tokens]))
            });
            assert_eq!(one, other);
        }
    }

    #[test]
    fn errors_and_dear_and_slow_spans_are_always_selected() {
        let none = Sampling::of_traces(0.0);
        let of = |attribute| span(u128::MAX, vec![attribute]);
        let cost = |usd: f64| of(KeyValue::new(names::SPANLOOM_COST_TOTAL_USD, usd));
        let plain = of(KeyValue::new(names::SPANLOOM_OUTCOME, "completed"));
        assert!(!none.selects(&plain) && !none.selects(&cost(9.0)));
        assert!(none.selects(&of(KeyValue::new(names::SPANLOOM_OUTCOME, "error"))));
        assert!(none.selects(&of(KeyValue::new(names::ERROR_TYPE, "timeout"))));
        let mut failed = plain.clone();
        failed.status = Status::error("refused");
        assert!(none.selects(&failed));
        let dear = none.with_cost_from(0.02);
        assert!(dear.selects(&cost(0.02)) && !dear.selects(&cost(0.019)));
        assert!(
            none.with_duration_from(Duration::from_secs(3))
                .selects(&plain)
        );
        assert!(
            !none
                .with_duration_from(Duration::from_secs(4))
                .selects(&plain)
        );
    }
}
