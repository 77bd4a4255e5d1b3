//! One pass over the rows that meet a filter.

use super::Late;
use super::filter::{Filter, Picked};
use super::until::Until;
use crate::store::Row;
use crate::store::facts::{Facts, Segment};

/// A part of the rows that meet a filter.
pub(super) enum Part<'a> {
    /// Rows of a segment.
    Segment(&'a Segment, Picked),
    /// A row by itself.
    Row(&'a Row),
}

/// Calls `each` with every part that meets a filter, and the place of its first row, in order of segments.
pub(super) fn scan<'a>(
    facts: &'a Facts,
    filter: &Filter<'_>,
    until: &Until,
    each: impl FnMut(usize, Part<'a>),
) -> Result<(), Late> {
    scan_share(facts, filter, until, (0, 1), each)
}

/// Scans one of a number of equal shares.
pub(super) fn scan_share<'a>(
    facts: &'a Facts,
    filter: &Filter<'_>,
    until: &Until,
    (share, shares): (usize, usize),
    mut each: impl FnMut(usize, Part<'a>),
) -> Result<(), Late> {
    let per_share = facts.sealed().len().div_ceil(shares);
    let sealed = facts.sealed().skip(share * per_share).take(per_share);
    for (first, sealed) in sealed {
        until.check()?;
        let mut picked = filter.pick(&sealed.segment);
        if !sealed.changed.is_empty() {
            picked.retain(|row| !sealed.changed.contains_key(&row));
        }
        let project = &sealed.segment.project;
        // Codes are sorted, and no others are as great.
        let last = project.own().last();
        if last.is_some_and(|code| Row::is_no_project(*code)) {
            picked.retain(|row| !project.get(row).is_some_and(Row::is_no_project));
        }
        if first < facts.first() {
            picked.retain(|row| first + row >= facts.first());
        }
        if !picked.is_empty() {
            each(first, Part::Segment(&sealed.segment, picked));
        }
        let changed = sealed
            .changed
            .iter()
            .map(|(index, row)| (first + index, row));
        let stays = |(place, row): &(usize, &Row)| *place >= facts.first() && filter.accepts(row);
        for (place, row) in changed.filter(stays) {
            each(place, Part::Row(row));
        }
    }
    until.check()?;
    if share + 1 < shares {
        return Ok(());
    }
    for (place, row) in facts.open().filter(|(_, row)| filter.accepts(row)) {
        each(place, Part::Row(row));
    }
    Ok(())
}
