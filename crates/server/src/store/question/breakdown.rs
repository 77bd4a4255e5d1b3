//! Measures of calls, by time and by group.

use std::cmp::Ordering;

use hashbrown::HashMap;

use super::bins::Bins;
use super::cells::Cells;
use super::dimension::Dimension;
use super::filter::Filter;
use super::measures::{Block, Measured, Measures};
use super::rollup::Rollup;
use super::scan::{Offer, Part, in_shares, offer_share};
use super::sizes::{Counted, sizes};
use super::slots::Slots;
use super::until::{Late, Until};
use crate::store::facts::{Facts, Sealed, Segment};
use crate::store::{Code, Row};

/// Up to two dimensions. Calls without either are one group.
pub(crate) type Groups = [Option<Dimension>; 2];

/// The codes of a group: one of each dimension.
pub(crate) type Key = [Option<Code>; 2];

/// The groups that are measured; all others are only in the sums of all.
#[derive(Clone, Debug)]
pub(crate) enum Which {
    /// Those of most calls.
    Largest(usize),
    These(Vec<Key>),
}

/// How calls are broken down.
#[derive(Clone, Debug)]
pub(crate) struct By {
    pub(crate) groups: Groups,
    pub(crate) which: Which,
    /// The first and the last start that the time buckets cover where the filter's range is open.
    pub(crate) starts: (i64, i64),
    /// The maximum number of time buckets.
    pub(crate) most_bins: usize,
    /// Whether latency and first chunk are measured: their quantiles take most of the time.
    pub(crate) with_times: bool,
}

impl By {
    /// Returns a breakdown without time buckets.
    pub(crate) fn groups(groups: Groups, which: Which) -> Self {
        Self {
            groups,
            which,
            starts: (i64::MIN / 2, i64::MAX / 2),
            most_bins: 1,
            with_times: true,
        }
    }

    /// Returns whether its groups must be counted first.
    fn is_counted(&self) -> bool {
        matches!(self.which, Which::Largest(most) if most > 0)
    }
}

/// The measures of calls in total and by bucket.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) all: Measures,
    pub(crate) bins: Vec<Measures>,
}

impl Series {
    pub(super) fn of(bins: Vec<Measures>) -> Self {
        let mut all = Measures::default();
        bins.iter().for_each(|bin| all.merge(bin));
        Self { all, bins }
    }

    fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        for (own, other) in self.bins.iter_mut().zip(&other.bins) {
            own.merge(other);
        }
    }
}

/// Calls broken down by time and by group.
#[derive(Debug)]
pub(crate) struct Breakdown {
    pub(crate) bins: Bins,
    /// All calls that meet the filter.
    pub(crate) all: Series,
    /// The measured groups: the largest first, or in the order in which they were asked for.
    pub(crate) groups: Vec<(Key, Series)>,
    /// The number of all groups; of groups that were named, their number.
    pub(crate) groups_total: usize,
}

/// Returns the measures of the calls that meet a filter. Groups of equal size are ordered by `order`.
pub(crate) fn breakdown(
    facts: &Facts,
    filter: &Filter<'_>,
    by: By,
    mut order: impl FnMut(&Key, &Key) -> Ordering,
    until: &Until,
) -> Result<Breakdown, Late> {
    let order = |_, left: &Key, right: &Key| order(left, right);
    let mut found = breakdowns(facts, filter, vec![by], order, until)?;
    // One is asked for.
    found.pop().ok_or(Late)
}

/// Returns several breakdowns of the same calls, which are read once for all of them. `order` gets the number of the breakdown.
pub(crate) fn breakdowns(
    facts: &Facts,
    filter: &Filter<'_>,
    by: Vec<By>,
    mut order: impl FnMut(usize, &Key, &Key) -> Ordering,
    until: &Until,
) -> Result<Vec<Breakdown>, Late> {
    let counted = by.iter().filter(|by| by.is_counted());
    let counted: Vec<Groups> = counted.map(|by| by.groups).collect();
    let mut sizes = match counted.is_empty() {
        true => Vec::new().into_iter(),
        false => {
            let sizes = sizes(facts, filter, &counted, Counted::Once, until)?;
            sizes.by.into_iter()
        }
    };
    let mut plan = Plan {
        filter,
        parts: Vec::with_capacity(by.len()),
    };
    for (number, by) in by.into_iter().enumerate() {
        until.check()?;
        let sizes = match by.is_counted() {
            true => sizes.next().unwrap_or_default(),
            false => HashMap::new(),
        };
        let order = |left: &Key, right: &Key| order(number, left, right);
        plan.parts.push(PlanPart::of(filter, by, sizes, order));
    }
    let measured = plan.measure(facts, until)?;
    let found = plan.parts.into_iter().zip(measured);
    Ok(found.map(|(part, cells)| part.breakdown(cells)).collect())
}

/// The largest groups of a breakdown, the largest first, and the number of all groups.
pub(crate) type Largest = (Vec<Key>, usize);

/// Returns the groups of most calls of several breakdowns, at most `most` each. Groups of equal size are ordered by `order`.
pub(crate) fn largest_groups(
    facts: &Facts,
    filter: &Filter<'_>,
    by: &[Groups],
    most: usize,
    mut order: impl FnMut(usize, &Key, &Key) -> Ordering,
    until: &Until,
) -> Result<Vec<Largest>, Late> {
    let sizes = sizes(facts, filter, by, Counted::Once, until)?;
    let found = sizes.by.into_iter().enumerate().map(|(number, sizes)| {
        let total = sizes.len();
        let order = |left: &Key, right: &Key| order(number, left, right);
        (largest(sizes, most, order), total)
    });
    Ok(found.collect())
}

/// What is measured, and how.
struct Plan<'a> {
    filter: &'a Filter<'a>,
    parts: Vec<PlanPart>,
}

/// One breakdown of a plan.
struct PlanPart {
    groups: Groups,
    groups_total: usize,
    /// The groups that are measured, the largest first.
    keys: Vec<Key>,
    /// Their numbers. The last slot, which is not among them, is for all other groups.
    slots: HashMap<Key, usize>,
    bins: Bins,
    empty: Cells,
}

impl PlanPart {
    fn of(
        filter: &Filter<'_>,
        by: By,
        sizes: HashMap<Key, u64>,
        order: impl FnMut(&Key, &Key) -> Ordering,
    ) -> Self {
        let (groups_total, keys) = match by.which {
            Which::These(keys) => (keys.len(), keys),
            Which::Largest(most) => (sizes.len(), largest(sizes, most, order)),
        };
        let (first, last) = by.starts;
        let from = filter.range.from.unwrap_or(first);
        let to = filter.range.to.unwrap_or_else(|| last.saturating_add(1));
        let bins = Bins::cover(from, to, by.most_bins);
        Self {
            groups: by.groups,
            groups_total,
            slots: keys.iter().copied().zip(0..).collect(),
            empty: Cells::new(bins, keys.len() + 1, by.with_times),
            keys,
            bins,
        }
    }

    fn slot(&self, key: &Key) -> usize {
        let slot = self.slots.get(key).copied();
        slot.unwrap_or(self.slots.len())
    }

    fn slots<'a>(&'a self, segment: &'a Segment) -> Slots<'a> {
        Slots::of(segment, self.groups, &self.slots, self.slots.len())
    }

    /// Adds a segment as a whole, if it lies in one time bucket and can be summed up.
    fn add_whole(&self, sealed: &Sealed, filter: &Filter<'_>, cells: &mut Cells) -> bool {
        let (first, last) = sealed.segment.bounds();
        let bin = self.bins.of(first);
        let Some(bin) = bin.filter(|bin| self.bins.of(last) == Some(*bin)) else {
            return false;
        };
        let Some(rollup) = Rollup::of(sealed, filter, self.groups) else {
            return false;
        };
        for sum in rollup.sums(filter, self.groups) {
            cells.add_sum(self.slot(&sum.key), bin, sum.measures);
        }
        true
    }

    fn breakdown(self, cells: Cells) -> Breakdown {
        let mut series = cells.into_series();
        // All calls are the sum of their parts, and each call was added once.
        let mut all = series.pop().unwrap_or_else(|| Series::of(Vec::new()));
        series.iter().for_each(|group| all.merge(group));
        Breakdown {
            bins: self.bins,
            all,
            groups: self.keys.into_iter().zip(series).collect(),
            groups_total: self.groups_total,
        }
    }
}

/// Returns the groups of most calls, the largest first.
fn largest(
    sizes: HashMap<Key, u64>,
    most: usize,
    mut order: impl FnMut(&Key, &Key) -> Ordering,
) -> Vec<Key> {
    let mut sizes: Vec<(Key, u64)> = sizes.into_iter().collect();
    // Names are compared of few: there may be a group for each call.
    let least = most.max(1);
    if sizes.len() > least {
        sizes.select_nth_unstable_by(least - 1, |(key, size), (other_key, other)| {
            other.cmp(size).then_with(|| key.cmp(other_key))
        });
        sizes.truncate(least);
    }
    sizes.sort_unstable_by(|(key, size), (other_key, other)| {
        other.cmp(size).then_with(|| order(key, other_key))
    });
    let keys = sizes.into_iter().map(|(key, _)| key);
    keys.take(most).collect()
}

impl Plan<'_> {
    /// Measures all calls that meet the filter.
    fn measure(&self, facts: &Facts, until: &Until) -> Result<Vec<Cells>, Late> {
        let share = |share| self.measure_share(facts, until, share);
        in_shares(facts, share, |cells, others| {
            for (own, other) in cells.iter_mut().zip(&others) {
                own.merge(other);
            }
        })
    }

    fn measure_share(
        &self,
        facts: &Facts,
        until: &Until,
        share: (usize, usize),
    ) -> Result<Vec<Cells>, Late> {
        let cells = self.parts.iter().map(|part| part.empty.clone());
        let mut cells: Vec<Cells> = cells.collect();
        let (mut block, mut slot_of) = (Block::default(), Vec::new());
        // The parts to which the last segment was added as a whole.
        let mut added = vec![false; self.parts.len()];
        offer_share(facts, self.filter, until, share, |offer| {
            match offer {
                Offer::Whole(sealed) => {
                    for ((part, cells), added) in self.parts.iter().zip(&mut cells).zip(&mut added)
                    {
                        *added = part.add_whole(sealed, self.filter, cells);
                    }
                    let is_taken = added.iter().all(|added| *added);
                    if is_taken {
                        added.fill(false);
                    }
                    return is_taken;
                }
                Offer::Part(_, Part::Row(row)) => {
                    let call = Measured::of(row);
                    for (cells, part) in cells.iter_mut().zip(&self.parts) {
                        cells.add(part.slot(&key(part.groups, row)), &call);
                    }
                }
                Offer::Part(_, Part::Segment(segment, picked)) => {
                    let left = self.parts.iter().zip(&mut cells).zip(&added);
                    let left = left.filter(|(_, added)| !**added);
                    let left = left.map(|((part, cells), _)| (part.slots(segment), cells));
                    let mut left: Vec<(Slots<'_>, &mut Cells)> = left.collect();
                    picked.for_each_block(|rows| {
                        block.read(segment, rows);
                        for (slots, cells) in &mut left {
                            slots.read(rows, &mut slot_of);
                            let calls = block.calls(segment, rows.len());
                            for (slot, call) in slot_of.iter().zip(calls) {
                                cells.add(*slot, &call);
                            }
                        }
                    });
                    added.fill(false);
                }
            }
            true
        })?;
        Ok(cells)
    }
}

pub(super) fn key(groups: Groups, row: &Row) -> Key {
    groups.map(|group| group.and_then(|group| group.of(row)))
}
