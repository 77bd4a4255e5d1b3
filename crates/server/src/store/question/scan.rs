//! One pass over the rows that meet a filter.

use super::Late;
use super::filter::{Filter, Picked};
use super::until::Until;
use crate::store::Row;
use crate::store::facts::{Facts, Sealed, Segment};

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

/// The segments from which on a second thread halves the time.
const MANY_SEGMENTS: usize = 16;

/// Works on all rows, or on two shares of them at once: `merge` joins the results.
pub(super) fn in_shares<T: Send>(
    facts: &Facts,
    work: impl Fn((usize, usize)) -> Result<T, Late> + Sync,
    merge: impl FnOnce(&mut T, T),
) -> Result<T, Late> {
    if facts.sealed().len() < MANY_SEGMENTS {
        return work((0, 1));
    }
    std::thread::scope(|scope| {
        let second = || work((1, 2));
        let thread = std::thread::Builder::new().spawn_scoped(scope, second);
        let mut found = work((0, 2))?;
        let other = match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(other)) => other?,
            // There was no thread to be had.
            _ => second()?,
        };
        merge(&mut found, other);
        Ok(found)
    })
}

/// Scans one of a number of equal shares.
pub(super) fn scan_share<'a>(
    facts: &'a Facts,
    filter: &Filter<'_>,
    until: &Until,
    share: (usize, usize),
    mut each: impl FnMut(usize, Part<'a>),
) -> Result<(), Late> {
    offer_share(facts, filter, until, share, |offer| match offer {
        Offer::Whole(_) => false,
        Offer::Part(first, part) => {
            each(first, part);
            true
        }
    })
}

/// A segment, or a part of the rows that meet a filter.
pub(super) enum Offer<'a> {
    /// A segment that is in range as a whole, and of which no row has changed or gone. If it is not taken, its rows follow.
    Whole(&'a Sealed),
    Part(usize, Part<'a>),
}

/// Scans one of a number of equal shares, and offers segments as a whole. `take` returns whether it has taken what was offered.
pub(super) fn offer_share<'a>(
    facts: &'a Facts,
    filter: &Filter<'_>,
    until: &Until,
    (share, shares): (usize, usize),
    mut take: impl FnMut(Offer<'a>) -> bool,
) -> Result<(), Late> {
    let per_share = facts.sealed().len().div_ceil(shares);
    let sealed = facts.sealed().skip(share * per_share).take(per_share);
    for (first, sealed) in sealed {
        until.check()?;
        let project = &sealed.segment.project;
        // Codes are sorted, and no others are as great.
        let last = project.own().last();
        let has_holes = last.is_some_and(|code| Row::is_no_project(*code));
        let is_whole = sealed.changed.is_empty()
            && !has_holes
            && first >= facts.first()
            && filter.takes_whole(&sealed.segment);
        if is_whole && take(Offer::Whole(sealed)) {
            continue;
        }
        let was_offered = is_whole;
        let mut picked = filter.pick(&sealed.segment);
        if !sealed.changed.is_empty() {
            picked.retain(|row| !sealed.changed.contains_key(&row));
        }
        if has_holes {
            picked.retain(|row| !project.get(row).is_some_and(Row::is_no_project));
        }
        if first < facts.first() {
            picked.retain(|row| first + row >= facts.first());
        }
        // Who refused the whole gets its part, though it may be empty.
        if was_offered || !picked.is_empty() {
            take(Offer::Part(first, Part::Segment(&sealed.segment, picked)));
        }
        let changed = sealed
            .changed
            .iter()
            .map(|(index, row)| (first + index, row));
        let stays = |(place, row): &(usize, &Row)| *place >= facts.first() && filter.accepts(row);
        for (place, row) in changed.filter(stays) {
            take(Offer::Part(place, Part::Row(row)));
        }
    }
    until.check()?;
    if share + 1 < shares {
        return Ok(());
    }
    for (place, row) in facts.open().filter(|(_, row)| filter.accepts(row)) {
        take(Offer::Part(place, Part::Row(row)));
    }
    Ok(())
}
