//! The places of the calls that meet a filter.

use super::Late;
use super::filter::Filter;
use super::scan::{Part, scan};
use super::until::Until;
use crate::store::facts::Facts;

/// Returns the places of the first `most` calls that meet a filter, about in the order of their arrival.
pub(crate) fn places(
    facts: &Facts,
    filter: &Filter<'_>,
    most: usize,
    until: &Until,
) -> Result<Vec<usize>, Late> {
    let mut places = Vec::new();
    let mut add = |place| {
        if places.len() < most {
            places.push(place);
        }
    };
    scan(facts, filter, until, |first, part| match part {
        Part::Row(_) => add(first),
        Part::Segment(_, picked) => picked.for_each(|row| add(first + row)),
    })?;
    Ok(places)
}
