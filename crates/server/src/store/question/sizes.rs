//! The number of calls of each group.

use std::sync::Arc;

use hashbrown::HashMap;

use super::breakdown::{Groups, Key, key};
use super::filter::{BLOCK, Filter, Picked};
use super::rollup::Rollup;
use super::scan::{Offer, Part, in_shares, offer_share};
use super::slots::Indexes;
use super::until::{Late, Until};
use crate::store::facts::{Facts, Sealed, Segment};

/// Numbers of calls by group, for each of some breakdowns, and the first and the last start of them all.
pub(super) struct Sizes {
    pub(super) by: Vec<HashMap<Key, u64>>,
    pub(super) starts: Option<(i64, i64)>,
}

/// Counts the calls that meet a filter, in one pass.
pub(super) fn sizes(
    facts: &Facts,
    filter: &Filter<'_>,
    by: &[Groups],
    until: &Until,
) -> Result<Sizes, Late> {
    let share = |share| {
        let mut sizes = Sizes {
            by: vec![HashMap::new(); by.len()],
            starts: None,
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
                *sizes.entry(sum.key).or_default() += sum.rows;
            }
        }
        true
    }

    fn add(&mut self, part: Part<'_>, by: &[Groups]) {
        match part {
            Part::Row(row) => {
                self.see(row.started_at, row.started_at);
                for (sizes, groups) in self.by.iter_mut().zip(by) {
                    *sizes.entry(key(*groups, row)).or_default() += 1;
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
                for (sizes, groups) in self.by.iter_mut().zip(by) {
                    count(segment, *groups, &picked, sizes);
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

/// Adds the number of picked rows of each group.
fn count(segment: &Segment, groups: Groups, picked: &Picked, sizes: &mut HashMap<Key, u64>) {
    let indexes = Indexes::of(segment, groups);
    if indexes.len() > segment.len().max(BLOCK) {
        picked.for_each_block(|rows| {
            for row in rows {
                *sizes.entry(indexes.key_at(*row)).or_default() += 1;
            }
        });
        return;
    }
    let mut counts = vec![0; indexes.len()];
    match (picked, indexes.len()) {
        (picked, 1) => counts.fill(picked.len() as u64),
        _ => {
            let mut of_rows = Vec::new();
            picked.for_each_block(|rows| {
                indexes.read(rows, &mut of_rows);
                for index in &of_rows {
                    if let Some(count) = counts.get_mut(*index) {
                        *count += 1;
                    }
                }
            });
        }
    }
    for (index, count) in counts
        .into_iter()
        .enumerate()
        .filter(|(_, count)| *count > 0)
    {
        *sizes.entry(indexes.key(index)).or_default() += count;
    }
}
