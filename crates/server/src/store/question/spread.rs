//! The mean and the spread of numbers, by group.

use std::collections::HashMap;

use super::breakdown::{Key, key};
use super::dimension::Dimension;
use super::filter::Filter;
use super::number::Number;
use super::scan::{Part, scan};
use super::until::{Late, Until};
use crate::store::facts::{Facts, Segment};

/// The count, the mean and the spread of a number, added one by one (Welford's way: no great sums are subtracted).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Spread {
    pub(crate) count: u64,
    mean: f64,
    squares: f64,
}

impl Spread {
    fn add(&mut self, value: Option<i64>) {
        let Some(value) = value else { return };
        self.count += 1;
        let off = value as f64 - self.mean;
        self.mean += off / self.count as f64;
        self.squares += off * (value as f64 - self.mean);
    }

    pub(crate) fn mean(self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// Returns the standard deviation of a sample; a single value has none.
    pub(crate) fn deviation(self) -> Option<f64> {
        let others = self.count.checked_sub(1).filter(|others| *others > 0)?;
        Some((self.squares / others as f64).sqrt())
    }
}

/// Returns the spread of numbers for each of some groups, of the calls that meet a filter and count.
pub(crate) fn spread<const N: usize>(
    facts: &Facts,
    filter: &Filter<'_>,
    by: [Option<Dimension>; 2],
    groups: &[Key],
    of: [Number; N],
    until: &Until,
) -> Result<Vec<[Spread; N]>, Late> {
    let slots: HashMap<&Key, usize> = groups.iter().zip(0..).collect();
    let mut found = vec![[Spread::default(); N]; groups.len()];
    let mut add = |key: &Key, numbers: [Option<i64>; N]| {
        let slot = slots.get(key).and_then(|slot| found.get_mut(*slot));
        for (spread, number) in slot.into_iter().flatten().zip(numbers) {
            spread.add(number);
        }
    };
    scan(facts, filter, until, |_, part| match part {
        Part::Row(row) if row.counts() => add(&key(by, row), of.map(|number| number.of(row))),
        Part::Row(_) => {}
        Part::Segment(segment, picked) => {
            let columns = by.map(|of| of.and_then(|of| of.column(segment)));
            picked.for_each(|row| {
                if counts(segment, row) {
                    let key = columns.map(|column| column.and_then(|column| column.get(row)));
                    add(&key, of.map(|number| number.at(segment, row)));
                }
            });
        }
    })?;
    Ok(found)
}

/// Returns whether a row counts, or spans below it report its tokens.
fn counts(segment: &Segment, row: usize) -> bool {
    let is_reported_below = segment.reported_below.get(row) == Some(1);
    !(is_reported_below && Number::TotalTokens.at(segment, row).is_some())
}
