//! Sums, means and percentiles of calls. A number that no call has is null.

use serde::Serialize;

use crate::store::question::Measures;

/// Converts nanoseconds to milliseconds.
pub(super) fn ms(nanos: i64) -> f64 {
    nanos as f64 / 1e6
}

fn dollars(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

/// The numbers of a set of calls; see the board's API.
#[derive(Debug, Serialize)]
pub(super) struct Stats {
    calls: u64,
    errors: u64,
    cancelled: u64,
    running: u64,
    priced_calls: u64,
    estimated_calls: u64,
    cost_usd: Option<f64>,
    counted_calls: u64,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    cached_tokens: Option<i64>,
    reasoning_tokens: Option<i64>,
    mean_cost_usd: Option<f64>,
    mean_input_tokens: Option<f64>,
    mean_output_tokens: Option<f64>,
    mean_total_tokens: Option<f64>,
    mean_ms: Option<f64>,
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    p99_ms: Option<f64>,
    ttfc_p50_ms: Option<f64>,
    ttfc_p95_ms: Option<f64>,
    output_tokens_per_s: Option<f64>,
    first_started_at: Option<f64>,
    last_started_at: Option<f64>,
}

impl Stats {
    pub(super) fn of(measures: &Measures) -> Self {
        let Measures {
            latency,
            first_chunk,
            ..
        } = measures;
        let (tokens, nanos) = measures.speed;
        Self {
            calls: measures.calls,
            errors: measures.errors,
            cancelled: measures.cancelled,
            running: measures.running,
            priced_calls: measures.cost.count,
            estimated_calls: measures.estimated,
            cost_usd: measures.cost.total().map(dollars),
            counted_calls: measures.total_tokens.count,
            input_tokens: measures.input_tokens.total(),
            output_tokens: measures.output_tokens.total(),
            cached_tokens: measures.cached_tokens.total(),
            reasoning_tokens: measures.reasoning_tokens.total(),
            mean_cost_usd: measures.cost.mean().map(|nanos| nanos / 1e9),
            mean_input_tokens: measures.input_tokens.mean(),
            mean_output_tokens: measures.output_tokens.mean(),
            mean_total_tokens: measures.total_tokens.mean(),
            mean_ms: latency.mean().map(|nanos| nanos / 1e6),
            p50_ms: latency.quantile(0.5).map(ms),
            p95_ms: latency.quantile(0.95).map(ms),
            p99_ms: latency.quantile(0.99).map(ms),
            ttfc_p50_ms: first_chunk.quantile(0.5).map(ms),
            ttfc_p95_ms: first_chunk.quantile(0.95).map(ms),
            output_tokens_per_s: (nanos > 0).then(|| tokens as f64 / (nanos as f64 / 1e9)),
            first_started_at: measures.first.map(ms),
            last_started_at: measures.last.map(ms),
        }
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
