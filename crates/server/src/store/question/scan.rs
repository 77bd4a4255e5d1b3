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
        if !picked.is_empty() {
            each(first, Part::Segment(&sealed.segment, picked));
        }
        for (index, row) in sealed.changed.iter().filter(|(_, row)| filter.accepts(row)) {
            each(first + index, Part::Row(row));
        }
    }
    until.check()?;
    if share + 1 < shares {
        return Ok(());
    }
    let open = (facts.first_open()..).zip(facts.open());
    for (place, row) in open.filter(|(_, row)| filter.accepts(row)) {
        each(place, Part::Row(row));
    }
    Ok(())
}
