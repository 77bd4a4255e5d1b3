//! Measures of calls, by time and by group.

use std::collections::{BTreeMap, HashMap};

use super::bins::Bins;
use super::cells::Cells;
use super::dimension::Dimension;
use super::filter::{BLOCK, Filter};
use super::measures::{Block, Measured, Measures};
use super::scan::{Part, scan, scan_share};
use super::slots::Slots;
use super::until::{Late, Until};
use crate::store::facts::{Column, Facts, Segment};
use crate::store::{Code, Row};

/// The codes of a group: one of each dimension.
pub(crate) type Key = [Option<Code>; 2];

/// How calls are broken down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct By {
    /// Up to two dimensions. Calls without either are one group.
    pub(crate) groups: [Option<Dimension>; 2],
    /// The maximum number of groups that are measured: the largest.
    pub(crate) most_groups: usize,
    /// The first and the last start that the time buckets cover where the filter's range is open.
    pub(crate) starts: (i64, i64),
    /// The maximum number of time buckets.
    pub(crate) most_bins: usize,
}

impl By {
    /// Returns a breakdown without time buckets.
    pub(crate) fn groups(groups: [Option<Dimension>; 2], most_groups: usize) -> Self {
        Self {
            groups,
            most_groups,
            starts: (i64::MIN / 2, i64::MAX / 2),
            most_bins: 1,
        }
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
        bins.iter().for_each(|bin| all.merge(bin.clone()));
        Self { all, bins }
    }

    fn merge(&mut self, other: &Self) {
        self.all.merge(other.all.clone());
        for (own, other) in self.bins.iter_mut().zip(&other.bins) {
            own.merge(other.clone());
        }
    }
}

/// Calls broken down by time and by group.
#[derive(Debug)]
pub(crate) struct Breakdown {
    pub(crate) bins: Bins,
    /// All calls that meet the filter.
    pub(crate) all: Series,
    /// The largest groups, the largest first.
    pub(crate) groups: Vec<(Key, Series)>,
    /// The number of all groups.
    pub(crate) groups_total: usize,
}

/// Returns the measures of the calls that meet a filter. Groups of equal size are ordered by `order`.
pub(crate) fn breakdown(
    facts: &Facts,
    filter: &Filter<'_>,
    by: By,
    mut order: impl FnMut(&Key, &Key) -> std::cmp::Ordering,
    until: &Until,
) -> Result<Breakdown, Late> {
    let (sizes, _) = sizes(facts, filter, by.groups, until)?;
    let groups_total = sizes.len();
    let mut sizes: Vec<(Key, u64)> = sizes.into_iter().collect();
    // Names are compared of few: there may be a group for each call.
    let most = by.most_groups.max(1);
    if sizes.len() > most {
        until.check()?;
        sizes.select_nth_unstable_by(most - 1, |(key, size), (other_key, other)| {
            other.cmp(size).then_with(|| key.cmp(other_key))
        });
        sizes.truncate(most);
    }
    sizes.sort_unstable_by(|(key, size), (other_key, other)| {
        other.cmp(size).then_with(|| order(key, other_key))
    });
    let keys = sizes.iter().map(|(key, _)| *key).take(by.most_groups);
    let slots: HashMap<Key, usize> = keys.clone().zip(0..).collect();
    let keys: Vec<Key> = keys.collect();

    let (first, last) = by.starts;
    let from = filter.range.from.unwrap_or(first);
    let to = filter.range.to.unwrap_or_else(|| last.saturating_add(1));
    let bins = Bins::cover(from, to, by.most_bins);
    let plan = Plan {
        filter,
        groups: by.groups,
        slots,
        empty: Cells::new(bins, keys.len() + 1),
    };
    let mut series = plan.measure(facts, until)?.into_series();
    // All calls are the sum of their parts, and each call was added once.
    let mut all = series.pop().unwrap_or_else(|| Series::of(Vec::new()));
    series.iter().for_each(|group| all.merge(group));
    Ok(Breakdown {
        bins,
        all,
        groups: keys.into_iter().zip(series).collect(),
        groups_total,
    })
}

/// The segments from which on a second thread halves the time.
const MANY_SEGMENTS: usize = 16;

/// What is measured, and how.
struct Plan<'a> {
    filter: &'a Filter<'a>,
    groups: [Option<Dimension>; 2],
    /// The last slot, which is not among them, is for the groups that are not shown.
    slots: HashMap<Key, usize>,
    empty: Cells,
}

impl Plan<'_> {
    /// Measures all calls that meet the filter.
    fn measure(&self, facts: &Facts, until: &Until) -> Result<Cells, Late> {
        if facts.sealed().len() < MANY_SEGMENTS {
            return self.measure_share(facts, until, (0, 1));
        }
        std::thread::scope(|scope| {
            let second = || self.measure_share(facts, until, (1, 2));
            let thread = std::thread::Builder::new().spawn_scoped(scope, second);
            let mut cells = self.measure_share(facts, until, (0, 2))?;
            let other = match thread.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(other)) => other?,
                // There was no thread to be had.
                _ => second()?,
            };
            cells.merge(other);
            Ok(cells)
        })
    }

    fn measure_share(
        &self,
        facts: &Facts,
        until: &Until,
        share: (usize, usize),
    ) -> Result<Cells, Late> {
        let mut cells = self.empty.clone();
        let rest = self.slots.len();
        let (mut block, mut slot_of) = (Block::default(), Vec::new());
        scan_share(facts, self.filter, until, share, |_, part| match part {
            Part::Row(row) => {
                let slot = self.slots.get(&key(self.groups, row));
                cells.add(slot.copied().unwrap_or(rest), &Measured::of(row));
            }
            Part::Segment(segment, picked) => {
                let slots = Slots::of(segment, self.groups, &self.slots, rest);
                picked.for_each_block(|rows| {
                    slots.read(rows, &mut slot_of);
                    let calls = block.read(segment, rows);
                    for (slot, call) in slot_of.iter().zip(calls) {
                        cells.add(*slot, &call);
                    }
                });
            }
        })?;
        Ok(cells)
    }
}

pub(super) fn key(groups: [Option<Dimension>; 2], row: &Row) -> Key {
    groups.map(|group| group.and_then(|group| group.of(row)))
}

/// Returns the number of calls of each group, and the first and the last start.
#[expect(clippy::type_complexity, reason = "used once")]
pub(super) fn sizes(
    facts: &Facts,
    filter: &Filter<'_>,
    groups: [Option<Dimension>; 2],
    until: &Until,
) -> Result<(HashMap<Key, u64>, Option<(i64, i64)>), Late> {
    let mut sizes: HashMap<Key, u64> = HashMap::new();
    let mut bounds: Option<(i64, i64)> = None;
    let mut seen = |first: i64, last: i64| {
        let (before, after) = bounds.unwrap_or((first, last));
        bounds = Some((before.min(first), after.max(last)));
    };
    scan(facts, filter, until, |_, part| match part {
        Part::Row(row) => {
            seen(row.started_at, row.started_at);
            *sizes.entry(key(groups, row)).or_default() += 1;
        }
        Part::Segment(segment, picked) => {
            if picked.len() == segment.len() {
                let (first, last) = segment.bounds();
                seen(first, last);
            } else {
                picked.for_each(|row| {
                    let start = segment.started_at.get(row).unwrap_or_default();
                    seen(start, start);
                });
            }
            for (key, size) in counts(segment, groups, &picked) {
                *sizes.entry(key).or_default() += size;
            }
        }
    })?;
    Ok((sizes, bounds))
}

/// Returns the number of picked rows of each group.
fn counts(
    segment: &Segment,
    groups: [Option<Dimension>; 2],
    picked: &super::filter::Picked,
) -> BTreeMap<Key, u64> {
    let columns = groups.map(|group| group.and_then(|group| group.column(segment)));
    let mut found = BTreeMap::new();
    let [first, second] = columns;
    if second.is_some() {
        let code = |column: Option<Column<'_>>, row| column.and_then(|column| column.get(row));
        picked.for_each(|row| {
            *found
                .entry([code(first, row), code(second, row)])
                .or_default() += 1
        });
        return found;
    }
    let own = first.map_or(&[][..], |column| column.codes.own());
    let mut by_index = vec![0; own.len() + 1];
    let mut indexes = [None; BLOCK];
    picked.for_each_block(|rows| {
        let indexes = indexes.get_mut(..rows.len()).unwrap_or_default();
        if let Some(column) = first {
            column.read(rows, indexes);
        }
        for index in indexes {
            let index = index.and_then(|index| usize::try_from(index).ok());
            if let Some(count) = by_index.get_mut(index.unwrap_or(own.len())) {
                *count += 1;
            }
        }
    });
    let codes = own.iter().map(|code| Some(*code)).chain([None]);
    let counted = codes.zip(by_index).filter(|(_, count)| *count > 0);
    found.extend(counted.map(|(code, count)| ([code, None], count)));
    found
}
