//! A segment summed up by a few properties: a question that takes a segment whole adds up some groups instead of all rows.

use std::sync::Arc;

use super::breakdown::{Groups, Key};
use super::dimension::Dimension;
use super::filter::{BLOCK, Filter};
use super::measures::{Block, Measures};
use crate::store::Code;
use crate::store::facts::{Column, Sealed, Segment};

/// The most groups of a rollup. Each takes about as much as twenty rows.
const MOST: usize = if cfg!(test) { 40 } else { 24 };
/// The most groups that there could be, for a rollup to be tried.
const MOST_POSSIBLE: usize = 4_096;

/// The groups of a segment by some properties.
#[derive(Debug)]
pub(super) struct Rollup {
    /// Sorted.
    by: Vec<Dimension>,
    groups: Vec<Group>,
}

/// The rows with the same values of all properties.
#[derive(Debug)]
struct Group {
    codes: Vec<Option<Code>>,
    rows: u64,
    /// The first and the last start.
    starts: (i64, i64),
    measures: Measures,
}

/// A part of the rows of a segment: those of a group that meet a filter.
pub(super) struct Sum<'a> {
    pub(super) key: Key,
    pub(super) rows: u64,
    /// The first and the last start.
    pub(super) starts: (i64, i64),
    pub(super) measures: &'a Measures,
}

impl Rollup {
    /// Returns a segment summed up by the properties of a filter and of groups; `None` if the filter has other conditions, if it picks
    /// few rows, or if there are too many groups.
    pub(super) fn of(sealed: &Sealed, filter: &Filter<'_>, groups: Groups) -> Option<Arc<Self>> {
        let mut by = filter.properties()?;
        by.extend(groups.into_iter().flatten());
        by.sort_unstable();
        by.dedup();
        if let Some(kept) = sealed.kept.find(|kept: &Self| kept.by == by) {
            return Some(kept);
        }
        let segment = &sealed.segment;
        let columns = by.iter().map(|of| of.column(segment));
        let columns: Vec<Option<Column<'_>>> = columns.collect();
        // The last is that of rows without a value.
        let width =
            |column: &Option<Column<'_>>| column.map_or(0, |column| column.codes.own().len()) + 1;
        let widths: Vec<usize> = columns.iter().map(width).collect();
        let possible = widths
            .iter()
            .fold(1_usize, |all, width| all.saturating_mul(*width));
        if possible > MOST_POSSIBLE || filter.pick(segment).len() < segment.len() / 4 {
            return None;
        }
        let groups = measure(segment, &columns, &widths, possible)?;
        // Two questions may make the same; both are right.
        let made = Arc::new(Self { by, groups });
        sealed.kept.keep(made.groups.len(), Arc::clone(&made));
        Some(made)
    }

    /// Returns the groups of which a filter accepts all rows; it accepts no row of the others.
    pub(super) fn sums<'a>(
        &'a self,
        filter: &'a Filter<'_>,
        groups: Groups,
    ) -> impl Iterator<Item = Sum<'a>> {
        let own = self.groups.iter();
        let accepted = own.filter(|group| filter.accepts_values(|of| self.code(group, of)));
        accepted.map(move |group| Sum {
            key: groups.map(|of| of.and_then(|of| self.code(group, of))),
            rows: group.rows,
            starts: group.starts,
            measures: &group.measures,
        })
    }

    fn code(&self, group: &Group, of: Dimension) -> Option<Code> {
        let at = self.by.iter().position(|own| *own == of)?;
        group.codes.get(at).copied().flatten()
    }
}

/// Measures all rows by group; returns `None` if there are too many groups.
fn measure(
    segment: &Segment,
    columns: &[Option<Column<'_>>],
    widths: &[usize],
    possible: usize,
) -> Option<Vec<Group>> {
    // The place of each possible group among those that there are.
    let mut places: Vec<Option<usize>> = vec![None; possible];
    let mut groups: Vec<Group> = Vec::new();
    let mut block = Block::default();
    let all: Vec<u32> = (0..u32::try_from(segment.len()).ok()?).collect();
    let (mut numbers, mut of_column) = (Vec::new(), [None; BLOCK]);
    for rows in all.chunks(BLOCK) {
        numbers.clear();
        numbers.resize(rows.len(), 0_usize);
        for (column, width) in columns.iter().zip(widths) {
            let indexes = of_column.get_mut(..rows.len())?;
            match column {
                Some(column) => column.read(rows, indexes),
                None => indexes.fill(None),
            }
            for (number, index) in numbers.iter_mut().zip(&*indexes) {
                let index = index.map_or(Ok(width - 1), usize::try_from).ok()?;
                *number = *number * width + index;
            }
        }
        block.read(segment, rows);
        for ((number, call), row) in numbers
            .iter()
            .zip(block.calls(segment, rows.len()))
            .zip(rows)
        {
            let place = places.get_mut(*number)?;
            let place = *place.get_or_insert(groups.len());
            if place == groups.len() {
                if place >= MOST {
                    return None;
                }
                let code =
                    |column: &Option<Column<'_>>| column.and_then(|of| of.get(*row as usize));
                groups.push(Group {
                    codes: columns.iter().map(code).collect(),
                    rows: 0,
                    starts: (call.started_at, call.started_at),
                    measures: Measures::default(),
                });
            }
            let group = groups.get_mut(place)?;
            group.rows += 1;
            let (first, last) = group.starts;
            group.starts = (first.min(call.started_at), last.max(call.started_at));
            group.measures.add(&call, true);
        }
    }
    Some(groups)
}
