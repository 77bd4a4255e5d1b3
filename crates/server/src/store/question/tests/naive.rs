//! Sums in the simplest way.

use proptest::prelude::*;
use spanloom_core::Outcome;

use super::super::quantiles::rank;
use super::super::*;
use crate::store::{Row, Status};

/// Sums in the simplest way.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Naive {
    counts: [u64; 5],
    sums: [(i128, u64); 6],
    latencies: Vec<i64>,
    starts: Option<(i64, i64)>,
}

impl Naive {
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a Row>) -> Self {
        let mut naive = Self::default();
        for row in rows.filter(|row| row.counts()) {
            let is = [
                true,
                row.status == Status::Error,
                row.status == Status::Running,
                row.outcome == Some(Outcome::Cancelled),
                row.usage_estimated == Some(true),
            ];
            for (count, is) in naive.counts.iter_mut().zip(is) {
                *count += u64::from(is);
            }
            let numbers = [
                row.cost,
                row.input_tokens,
                row.output_tokens,
                row.total_tokens(),
                row.cached_tokens,
                row.reasoning_tokens,
            ];
            for (sum, number) in naive.sums.iter_mut().zip(numbers) {
                if let Some(number) = number {
                    *sum = (sum.0 + i128::from(number), sum.1 + 1);
                }
            }
            naive.latencies.extend(row.latency());
            let (first, last) = naive.starts.unwrap_or((row.started_at, row.started_at));
            naive.starts = Some((first.min(row.started_at), last.max(row.started_at)));
        }
        naive.latencies.sort_unstable();
        naive
    }

    pub(super) fn check(&self, found: &Measures) -> Result<(), TestCaseError> {
        let counts = [
            found.calls,
            found.errors,
            found.running,
            found.cancelled,
            found.estimated,
        ];
        prop_assert_eq!(counts, self.counts);
        let sums = [
            found.cost,
            found.input_tokens,
            found.output_tokens,
            found.total_tokens,
            found.cached_tokens,
            found.reasoning_tokens,
        ];
        for (found, (total, count)) in sums.iter().zip(self.sums) {
            let total = i64::try_from(total).unwrap_or(i64::MAX);
            prop_assert_eq!(
                (found.total(), found.count),
                ((count > 0).then_some(total), count)
            );
        }
        prop_assert_eq!(found.first.zip(found.last), self.starts);
        for share in [0.5, 0.95, 0.99] {
            let rank = usize::try_from(rank(share, self.latencies.len() as u64)).unwrap();
            match (found.latency.quantile(share), self.latencies.get(rank - 1)) {
                (Some(found), Some(exact)) => {
                    prop_assert!(
                        found.abs_diff(*exact) as f64 <= *exact as f64 * 0.025,
                        "{found} for {exact}"
                    );
                }
                (found, exact) => prop_assert_eq!(found, exact.copied()),
            }
        }
        Ok(())
    }
}
