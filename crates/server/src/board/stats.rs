//! Sums, means and percentiles of calls. A number that no call has is null.

use serde::Serialize;
use spanloom_core::Outcome;

use crate::store::{Row, Status};

/// Converts nanoseconds to milliseconds.
pub(super) fn ms(nanos: i64) -> f64 {
    nanos as f64 / 1e6
}

fn dollars(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

/// A sum and the number of values added.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    total: i64,
    count: u64,
}

impl Sum {
    fn add(&mut self, value: Option<i64>) {
        if let Some(value) = value {
            self.total = self.total.saturating_add(value);
            self.count += 1;
        }
    }

    fn total(self) -> Option<i64> {
        (self.count > 0).then_some(self.total)
    }

    fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| self.total as f64 / self.count as f64)
    }
}

/// The values for exact percentiles.
#[derive(Clone, Debug, Default)]
struct Sample(Vec<i64>);

impl Sample {
    fn sort(&mut self) {
        self.0.sort_unstable();
    }

    /// Returns the smallest value that a `share` of all values do not exceed (nearest rank), once sorted.
    fn percentile(&self, share: f64) -> Option<f64> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank is between 1 and the length"
        )]
        let rank = (share * self.0.len() as f64).ceil().max(1.0) as usize;
        self.0.get(rank - 1).map(|nanos| ms(*nanos))
    }

    fn mean(&self) -> Option<f64> {
        let total: i128 = self.0.iter().copied().map(i128::from).sum();
        (!self.0.is_empty()).then(|| total as f64 / self.0.len() as f64 / 1e6)
    }
}

/// Statistics, accumulated call by call.
#[derive(Clone, Debug, Default)]
pub(super) struct Accumulator {
    calls: u64,
    errors: u64,
    cancelled: u64,
    running: u64,
    estimated: u64,
    cost: Sum,
    input: Sum,
    output: Sum,
    total: Sum,
    cached: Sum,
    reasoning: Sum,
    latency: Sample,
    first_chunk: Sample,
    /// Output tokens and nanoseconds of the calls that have both.
    speed: (i64, i64),
    first: Option<i64>,
    last: Option<i64>,
}

impl Accumulator {
    pub(super) fn add(&mut self, row: &Row) {
        if !row.counts() {
            return;
        }
        self.calls += 1;
        self.errors += u64::from(row.status == Status::Error);
        self.running += u64::from(row.status == Status::Running);
        self.cancelled += u64::from(row.outcome == Some(Outcome::Cancelled));
        self.estimated += u64::from(row.usage_estimated == Some(true));
        self.cost.add(row.cost);
        self.input.add(row.input_tokens);
        self.output.add(row.output_tokens);
        self.total.add(row.total_tokens());
        self.cached.add(row.cached_tokens);
        self.reasoning.add(row.reasoning_tokens);
        self.latency.0.extend(row.latency());
        self.first_chunk.0.extend(row.first_chunk);
        if let (Some(tokens), Some(nanos)) = (row.output_tokens, row.latency()) {
            self.speed = (
                self.speed.0.saturating_add(tokens),
                self.speed.1.saturating_add(nanos),
            );
        }
        self.first = Some(
            self.first
                .map_or(row.started_at, |first| first.min(row.started_at)),
        );
        self.last = Some(
            self.last
                .map_or(row.started_at, |last| last.max(row.started_at)),
        );
    }

    pub(super) fn stats(mut self) -> Stats {
        self.latency.sort();
        self.first_chunk.sort();
        let (tokens, nanos) = self.speed;
        Stats {
            calls: self.calls,
            errors: self.errors,
            cancelled: self.cancelled,
            running: self.running,
            priced_calls: self.cost.count,
            estimated_calls: self.estimated,
            cost_usd: self.cost.total().map(dollars),
            counted_calls: self.total.count,
            input_tokens: self.input.total(),
            output_tokens: self.output.total(),
            cached_tokens: self.cached.total(),
            reasoning_tokens: self.reasoning.total(),
            mean_cost_usd: self.cost.mean().map(|nanos| nanos / 1e9),
            mean_input_tokens: self.input.mean(),
            mean_output_tokens: self.output.mean(),
            mean_total_tokens: self.total.mean(),
            mean_ms: self.latency.mean(),
            p50_ms: self.latency.percentile(0.5),
            p95_ms: self.latency.percentile(0.95),
            p99_ms: self.latency.percentile(0.99),
            ttfc_p50_ms: self.first_chunk.percentile(0.5),
            ttfc_p95_ms: self.first_chunk.percentile(0.95),
            output_tokens_per_s: (nanos > 0).then(|| tokens as f64 / (nanos as f64 / 1e9)),
            first_started_at: self.first.map(ms),
            last_started_at: self.last.map(ms),
        }
    }
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

/// Columns for the charts, with one entry per bucket.
#[derive(Debug, Default, Serialize)]
pub(super) struct Series {
    calls: Vec<u64>,
    errors: Vec<u64>,
    unpriced: Vec<u64>,
    cost_usd: Vec<Option<f64>>,
    input_tokens: Vec<Option<i64>>,
    output_tokens: Vec<Option<i64>>,
    mean_ms: Vec<Option<f64>>,
    p50_ms: Vec<Option<f64>>,
    p95_ms: Vec<Option<f64>>,
}

impl Series {
    pub(super) fn of(buckets: Vec<Accumulator>) -> Self {
        let mut series = Self::default();
        for mut bucket in buckets {
            bucket.latency.sort();
            series.calls.push(bucket.calls);
            series.errors.push(bucket.errors);
            series.unpriced.push(bucket.calls - bucket.cost.count);
            series.cost_usd.push(bucket.cost.total().map(dollars));
            series.input_tokens.push(bucket.input.total());
            series.output_tokens.push(bucket.output.total());
            series.mean_ms.push(bucket.latency.mean());
            series.p50_ms.push(bucket.latency.percentile(0.5));
            series.p95_ms.push(bucket.latency.percentile(0.95));
        }
        series
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let sample = Sample((1..=100).map(|value| value * 1_000_000).collect());
        assert_eq!(sample.percentile(0.5), Some(50.0));
        assert_eq!(sample.percentile(0.95), Some(95.0));
        assert_eq!(sample.percentile(1.0), Some(100.0));
        assert_eq!(Sample(vec![7_000_000]).percentile(0.5), Some(7.0));
        assert_eq!(Sample::default().percentile(0.5), None);
    }

    #[test]
    fn nothing_is_null_and_not_zero() {
        let stats = serde_json::to_value(Accumulator::default().stats()).unwrap();
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
