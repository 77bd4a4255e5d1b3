//! The number of calls of each group.

use std::sync::Arc;

use hashbrown::HashMap;

use super::breakdown::{Groups, Key, key};
use super::filter::{BLOCK, Filter, Picked};
use super::rollup::Rollup;
use super::scan::{Offer, Part, in_shares, offer_share};
use super::slots::Indexes;
use super::spread::{all_are_counted, is_counted};
use super::until::{Late, Until};
use crate::store::facts::{Facts, Sealed, Segment};

/// Numbers of calls by group, for each of some breakdowns, and the first and the last start of them all.
pub(super) struct Sizes {
    pub(super) by: Vec<HashMap<Key, u64>>,
    pub(super) starts: Option<(i64, i64)>,
    counted: Counted,
}

/// Which calls are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    All,
    /// Those that measures count: not the same calls again, as spans above others report them.
    Once,
}

/// Counts the calls that meet a filter, in one pass.
pub(super) fn sizes(
    facts: &Facts,
    filter: &Filter<'_>,
    by: &[Groups],
    counted: Counted,
    until: &Until,
) -> Result<Sizes, Late> {
    let share = |share| {
        let mut sizes = Sizes {
            by: vec![HashMap::new(); by.len()],
            starts: None,
            counted,
        };
        offer_share(facts, filter, until, share, |offer| match offer {
            Offer::Whole(sealed) => sizes.add_whole(sealed, filter, by),
            Offer::Part(_, part) => {
                sizes.add(part, by);
                true
            }
        })?;
        Ok(sizes)
    };
    in_shares(facts, share, Sizes::merge)
}

impl Sizes {
    fn see(&mut self, first: i64, last: i64) {
        let (before, after) = self.starts.unwrap_or((first, last));
        self.starts = Some((before.min(first), after.max(last)));
    }

    /// Adds a segment as a whole, if it can be summed up.
    fn add_whole(&mut self, sealed: &Sealed, filter: &Filter<'_>, by: &[Groups]) -> bool {
        let Some(rollups) = rollups(sealed, filter, by) else {
            return false;
        };
        // The same rows, whichever way they are grouped.
        if let Some((rollup, groups)) = rollups.first() {
            for sum in rollup.sums(filter, *groups) {
                self.see(sum.starts.0, sum.starts.1);
            }
        }
        for (sizes, (rollup, groups)) in self.by.iter_mut().zip(&rollups) {
            for sum in rollup.sums(filter, *groups) {
                *sizes.entry(sum.key).or_default() += match self.counted {
                    Counted::All => sum.rows,
                    Counted::Once => sum.measures.calls,
                };
            }
        }
        true
    }

    fn add(&mut self, part: Part<'_>, by: &[Groups]) {
        match part {
            Part::Row(row) => {
                self.see(row.started_at, row.started_at);
                let counts = self.counted == Counted::All || row.counts();
                for (sizes, groups) in self.by.iter_mut().zip(by) {
                    *sizes.entry(key(*groups, row)).or_default() += u64::from(counts);
                }
            }
            Part::Segment(segment, picked) => {
                if picked.len() == segment.len() {
                    let (first, last) = segment.bounds();
                    self.see(first, last);
                } else {
                    picked.for_each(|row| {
                        let start = segment.started_at.get(row).unwrap_or_default();
                        self.see(start, start);
                    });
                }
                let all_count = self.counted == Counted::All || all_are_counted(segment);
                for (sizes, groups) in self.by.iter_mut().zip(by) {
                    count(segment, *groups, &picked, all_count, sizes);
                }
            }
        }
    }

    fn merge(&mut self, other: Self) {
        if let Some((first, last)) = other.starts {
            self.see(first, last);
        }
        for (own, other) in self.by.iter_mut().zip(other.by) {
            for (key, size) in other {
                *own.entry(key).or_default() += size;
            }
        }
    }
}

/// Returns a segment summed up for each breakdown; `None` if it cannot be for one of them. Without a breakdown it is summed up by the
/// filter's properties alone.
fn rollups(
    sealed: &Sealed,
    filter: &Filter<'_>,
    by: &[Groups],
) -> Option<Vec<(Arc<Rollup>, Groups)>> {
    let by = match by {
        [] => &[[None, None]],
        by => by,
    };
    let rollup = |groups: &Groups| Some((Rollup::of(sealed, filter, *groups)?, *groups));
    by.iter().map(rollup).collect()
}

/// Adds the number of picked rows of each group. A group of which no row is counted is there too.
fn count(
    segment: &Segment,
    groups: Groups,
    picked: &Picked,
    all_count: bool,
    sizes: &mut HashMap<Key, u64>,
) {
    let indexes = Indexes::of(segment, groups);
    let counts = |row: u32| u64::from(all_count || is_counted(segment, row as usize));
    if indexes.len() > segment.len().max(BLOCK) {
        picked.for_each_block(|rows| {
            for row in rows {
                *sizes.entry(indexes.key_at(*row)).or_default() += counts(*row);
            }
        });
        return;
    }
    // The rows of each group, and those that are counted.
    let mut found = vec![(0_u64, 0_u64); indexes.len()];
    match (picked, found.as_mut_slice()) {
        (picked, [one]) if all_count => *one = (picked.len() as u64, picked.len() as u64),
        (picked, found) => {
            let mut of_rows = Vec::new();
            picked.for_each_block(|rows| {
                indexes.read(rows, &mut of_rows);
                for (index, row) in of_rows.iter().zip(rows) {
                    if let Some((all, counted)) = found.get_mut(*index) {
                        *all += 1;
                        *counted += counts(*row);
                    }
                }
            });
        }
    }
    let found = found.into_iter().enumerate();
    for (index, (_, counted)) in found.filter(|(_, (all, _))| *all > 0) {
        *sizes.entry(indexes.key(index)).or_default() += counted;
    }
}
