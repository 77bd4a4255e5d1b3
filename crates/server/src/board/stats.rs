//! Sums, means and percentiles of calls. A number that no call has is null.

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::store::question::Measures;

/// Converts nanoseconds to milliseconds.
pub(super) fn ms(nanos: i64) -> f64 {
    nanos as f64 / 1e6
}

fn dollars(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

/// A measure of calls, as answers name it.
#[derive(Clone, Copy)]
pub(super) struct Measure {
    pub(super) name: &'static str,
    /// Null if no call has one.
    pub(super) of: fn(&Measures) -> Value,
    /// Whether it is one of latency or first chunk.
    pub(super) is_of_times: bool,
}

const fn measure(name: &'static str, of: fn(&Measures) -> Value) -> Measure {
    let is_of_times = false;
    Measure {
        name,
        of,
        is_of_times,
    }
}

const fn of_times(name: &'static str, of: fn(&Measures) -> Value) -> Measure {
    let is_of_times = true;
    Measure {
        name,
        of,
        is_of_times,
    }
}

/// All measures. Times are milliseconds, starts milliseconds since the epoch, costs US dollars, shares 0 to 1.
pub(super) const MEASURES: [Measure; 30] = [
    measure("calls", |of| of.calls.into()),
    measure("errors", |of| of.errors.into()),
    measure("error_rate", |of| {
        (of.calls > 0)
            .then(|| of.errors as f64 / of.calls as f64)
            .into()
    }),
    measure("cancelled", |of| of.cancelled.into()),
    measure("running", |of| of.running.into()),
    measure("priced_calls", |of| of.cost.count.into()),
    measure("unpriced_calls", |of| (of.calls - of.cost.count).into()),
    measure("estimated_calls", |of| of.estimated.into()),
    measure("cost_usd", |of| of.cost.total().map(dollars).into()),
    measure("counted_calls", |of| of.total_tokens.count.into()),
    measure("input_tokens", |of| of.input_tokens.total().into()),
    measure("output_tokens", |of| of.output_tokens.total().into()),
    measure("total_tokens", |of| of.total_tokens.total().into()),
    measure("cached_tokens", |of| of.cached_tokens.total().into()),
    measure("cached_share", |of| {
        let (cached, input) = (of.cached_tokens.total(), of.cacheable_tokens.total());
        let known = cached.zip(input.filter(|input| *input > 0));
        known
            .map(|(cached, input)| cached as f64 / input as f64)
            .into()
    }),
    measure("reasoning_tokens", |of| of.reasoning_tokens.total().into()),
    measure("mean_cost_usd", |of| {
        of.cost.mean().map(|nanos| nanos / 1e9).into()
    }),
    measure("mean_input_tokens", |of| of.input_tokens.mean().into()),
    measure("mean_output_tokens", |of| of.output_tokens.mean().into()),
    measure("mean_total_tokens", |of| of.total_tokens.mean().into()),
    of_times("mean_ms", |of| {
        of.latency.mean().map(|nanos| nanos / 1e6).into()
    }),
    of_times("p50_ms", |of| of.latency.quantile(0.5).map(ms).into()),
    of_times("p90_ms", |of| of.latency.quantile(0.9).map(ms).into()),
    of_times("p95_ms", |of| of.latency.quantile(0.95).map(ms).into()),
    of_times("p99_ms", |of| of.latency.quantile(0.99).map(ms).into()),
    of_times("ttfc_p50_ms", |of| {
        of.first_chunk.quantile(0.5).map(ms).into()
    }),
    of_times("ttfc_p95_ms", |of| {
        of.first_chunk.quantile(0.95).map(ms).into()
    }),
    measure("output_tokens_per_s", |of| {
        let (tokens, nanos) = of.speed;
        (nanos > 0)
            .then(|| tokens as f64 / (nanos as f64 / 1e9))
            .into()
    }),
    measure("first_started_at", |of| of.first.map(ms).into()),
    measure("last_started_at", |of| of.last.map(ms).into()),
];

/// Returns a measure by its name.
pub(super) fn find_measure(name: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.name == name)
}

/// Returns the names of all measures.
pub(super) fn measure_names() -> String {
    MEASURES.map(|measure| measure.name).join(", ")
}

/// The measures of a set of calls, as an answer has them: all of them, unless some are asked for.
pub(super) struct Stats<'a> {
    measures: &'a Measures,
    shown: &'a [Measure],
}

impl<'a> Stats<'a> {
    pub(super) fn of(measures: &'a Measures) -> Self {
        Self::only(&MEASURES, measures)
    }

    pub(super) fn only(shown: &'a [Measure], measures: &'a Measures) -> Self {
        Self { measures, shown }
    }
}

impl Serialize for Stats<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = self.shown.iter();
        serializer.collect_map(shown.map(|measure| (measure.name, (measure.of)(self.measures))))
    }
}

/// Columns for the charts, with one entry per bucket.
#[derive(Debug, Default, Serialize)]
pub(super) struct Series {
    calls: Vec<u64>,
    errors: Vec<u64>,
    cancelled: Vec<u64>,
    unpriced: Vec<u64>,
    cost_usd: Vec<Option<f64>>,
    input_tokens: Vec<Option<i64>>,
    output_tokens: Vec<Option<i64>>,
    cached_tokens: Vec<Option<i64>>,
    reasoning_tokens: Vec<Option<i64>>,
    mean_ms: Vec<Option<f64>>,
    p50_ms: Vec<Option<f64>>,
    p95_ms: Vec<Option<f64>>,
    ttfc_p50_ms: Vec<Option<f64>>,
    ttfc_p95_ms: Vec<Option<f64>>,
}

impl Series {
    pub(super) fn of(bins: &[Measures]) -> Self {
        let mut series = Self::default();
        for bin in bins {
            let latency = |share| bin.latency.quantile(share).map(ms);
            let first_chunk = |share| bin.first_chunk.quantile(share).map(ms);
            series.calls.push(bin.calls);
            series.errors.push(bin.errors);
            series.cancelled.push(bin.cancelled);
            series.unpriced.push(bin.calls - bin.cost.count);
            series.cost_usd.push(bin.cost.total().map(dollars));
            series.input_tokens.push(bin.input_tokens.total());
            series.output_tokens.push(bin.output_tokens.total());
            series.cached_tokens.push(bin.cached_tokens.total());
            series.reasoning_tokens.push(bin.reasoning_tokens.total());
            let mean = bin.latency.mean().map(|nanos| nanos / 1e6);
            series.mean_ms.push(mean);
            series.p50_ms.push(latency(0.5));
            series.p95_ms.push(latency(0.95));
            series.ttfc_p50_ms.push(first_chunk(0.5));
            series.ttfc_p95_ms.push(first_chunk(0.95));
        }
        series
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_null_and_not_zero() {
        let stats = serde_json::to_value(Stats::of(&Measures::default())).unwrap();
        assert_eq!(
            (
                stats["calls"].as_u64(),
                stats["cost_usd"].is_null(),
                stats["p50_ms"].is_null()
            ),
            (Some(0), true, true)
        );
    }
}
