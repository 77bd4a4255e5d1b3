//! What a board shows of calls: counts, sums and distributions. A number that no call has is unknown, never 0.

use spanloom_core::Outcome;

use super::filter::BLOCK;
use super::quantiles::Quantiles;
use crate::store::facts::{Codes, Segment};
use crate::store::{Code, Row, Status, outcome, row};

/// A sum, and the number of values in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    total: i128,
    pub(crate) count: u64,
}

impl Sum {
    /// Without a branch: whether a value is known is as good as random.
    #[inline]
    fn add(&mut self, value: Option<i64>) {
        self.total += i128::from(value.unwrap_or(0));
        self.count += u64::from(value.is_some());
    }

    fn merge(&mut self, other: Self) {
        self.total += other.total;
        self.count += other.count;
    }

    /// Returns the number of values, and their sum.
    pub(super) fn exact(self) -> (u64, i128) {
        (self.count, self.total)
    }

    pub(crate) fn total(self) -> Option<i64> {
        let total = i64::try_from(self.total).unwrap_or(i64::MAX);
        (self.count > 0).then_some(total)
    }

    pub(crate) fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| self.total as f64 / self.count as f64)
    }
}

/// The facts of one call that are measured. Times are nanoseconds, costs nano-dollars.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) started_at: i64,
    latency: Option<i64>,
    first_chunk: Option<i64>,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    cached_tokens: Option<i64>,
    reasoning_tokens: Option<i64>,
    cost: Option<i64>,
    status: Code,
    outcome: Option<Code>,
    estimated: bool,
    reported_below: bool,
}

impl Measured {
    pub(super) fn of(row: &Row) -> Self {
        Self {
            started_at: row.started_at,
            latency: row.latency(),
            first_chunk: row.first_chunk,
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cached_tokens: row.cached_tokens,
            reasoning_tokens: row.reasoning_tokens,
            cost: row.cost,
            status: row.status.number().into(),
            outcome: row.outcome.map(|outcome| outcome::number(outcome).into()),
            estimated: row.usage_estimated == Some(true),
            reported_below: row.reported_below,
        }
    }

    fn total_tokens(&self) -> Option<i64> {
        row::total(self.input_tokens, self.output_tokens)
    }
}

/// The columns that are measured, for a block of rows.
#[derive(Debug)]
pub(super) struct Block {
    columns: [Vec<Option<i64>>; 12],
}

impl Default for Block {
    fn default() -> Self {
        Self {
            columns: std::array::from_fn(|_| vec![None; BLOCK]),
        }
    }
}

impl Block {
    /// Reads rows of a segment, at most [`BLOCK`].
    pub(super) fn read(&mut self, segment: &Segment, rows: &[u32]) {
        let numbers = [
            &segment.started_at,
            &segment.duration,
            &segment.first_chunk,
            &segment.input_tokens,
            &segment.output_tokens,
            &segment.cached_tokens,
            &segment.reasoning_tokens,
            &segment.cost,
            &segment.usage_estimated,
            &segment.reported_below,
        ];
        for (column, numbers) in self.columns.iter_mut().zip(numbers) {
            let column = column.get_mut(..rows.len()).unwrap_or_default();
            numbers.read(rows, column);
        }
        let [.., statuses, outcomes] = &mut self.columns;
        for (column, codes) in [(statuses, &segment.status), (outcomes, &segment.outcome)] {
            let column = column.get_mut(..rows.len()).unwrap_or_default();
            codes.read(rows, column);
        }
    }

    /// Returns the facts of the first rows that were read last.
    pub(super) fn calls(&self, segment: &Segment, rows: usize) -> impl Iterator<Item = Measured> {
        let code = |codes: &Codes, index: Option<i64>| {
            codes.own().get(usize::try_from(index?).ok()?).copied()
        };
        let [
            started_at,
            duration,
            first_chunk,
            input,
            output,
            cached,
            reasoning,
            cost,
            estimated,
            below,
            status,
            outcome,
        ] = &self.columns;
        (0..rows).map(move |row| {
            let number = |column: &Vec<Option<i64>>| column.get(row).copied().flatten();
            Measured {
                started_at: number(started_at).unwrap_or_default(),
                latency: number(duration).map(|duration| duration.max(0)),
                first_chunk: number(first_chunk),
                input_tokens: number(input),
                output_tokens: number(output),
                cached_tokens: number(cached),
                reasoning_tokens: number(reasoning),
                cost: number(cost),
                status: code(&segment.status, number(status)).unwrap_or_default(),
                outcome: code(&segment.outcome, number(outcome)),
                estimated: number(estimated) == Some(1),
                reported_below: number(below) == Some(1),
            }
        })
    }
}

/// The measures of a set of calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measures {
    pub(crate) calls: u64,
    pub(crate) errors: u64,
    pub(crate) cancelled: u64,
    pub(crate) running: u64,
    /// Calls whose tokens are estimates.
    pub(crate) estimated: u64,
    /// Nano-dollars.
    pub(crate) cost: Sum,
    pub(crate) input_tokens: Sum,
    pub(crate) output_tokens: Sum,
    pub(crate) total_tokens: Sum,
    pub(crate) cached_tokens: Sum,
    /// Of the calls whose cached tokens are known.
    pub(crate) cacheable_tokens: Sum,
    pub(crate) reasoning_tokens: Sum,
    /// Nanoseconds.
    pub(crate) latency: Quantiles,
    /// Nanoseconds.
    pub(crate) first_chunk: Quantiles,
    /// Output tokens and nanoseconds of the calls that have both.
    pub(crate) speed: (i128, i128),
    /// The first and the last start, in nanoseconds since the epoch.
    pub(crate) first: Option<i64>,
    pub(crate) last: Option<i64>,
}

impl Measures {
    /// Adds a call, unless spans below it report its tokens: it is the same calls again.
    #[inline]
    pub(super) fn add(&mut self, call: &Measured, with_times: bool) {
        let total_tokens = call.total_tokens();
        if call.reported_below && total_tokens.is_some() {
            return;
        }
        self.calls += 1;
        self.errors += u64::from(call.status == Code::from(Status::Error.number()));
        self.running += u64::from(call.status == Code::from(Status::Running.number()));
        let cancelled = Code::from(outcome::number(Outcome::Cancelled));
        self.cancelled += u64::from(call.outcome == Some(cancelled));
        self.estimated += u64::from(call.estimated);
        self.cost.add(call.cost);
        self.input_tokens.add(call.input_tokens);
        self.output_tokens.add(call.output_tokens);
        self.total_tokens.add(total_tokens);
        self.cached_tokens.add(call.cached_tokens);
        let cacheable = call.cached_tokens.and(call.input_tokens);
        self.cacheable_tokens.add(cacheable);
        self.reasoning_tokens.add(call.reasoning_tokens);
        if with_times {
            self.latency.add(call.latency);
            self.first_chunk.add(call.first_chunk);
        }
        let (tokens, nanos) = call.output_tokens.zip(call.latency).unwrap_or_default();
        self.speed.0 += i128::from(tokens);
        self.speed.1 += i128::from(nanos);
        self.first = Some(
            self.first
                .map_or(call.started_at, |first| first.min(call.started_at)),
        );
        self.last = self.last.max(Some(call.started_at));
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.merge_without_times(other);
        self.latency.merge(&other.latency);
        self.first_chunk.merge(&other.first_chunk);
    }

    /// Adds all but latency and first chunk.
    pub(super) fn merge_without_times(&mut self, other: &Self) {
        self.calls += other.calls;
        self.errors += other.errors;
        self.cancelled += other.cancelled;
        self.running += other.running;
        self.estimated += other.estimated;
        self.cost.merge(other.cost);
        self.input_tokens.merge(other.input_tokens);
        self.output_tokens.merge(other.output_tokens);
        self.total_tokens.merge(other.total_tokens);
        self.cached_tokens.merge(other.cached_tokens);
        self.cacheable_tokens.merge(other.cacheable_tokens);
        self.reasoning_tokens.merge(other.reasoning_tokens);
        self.speed.0 += other.speed.0;
        self.speed.1 += other.speed.1;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
    }
}
