//! What there is to filter by.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use super::dimension::Dimension;
use super::filter::Filter;
use super::scan::{Part, scan};
use super::sizes::{Counted, sizes};
use super::until::{Late, Until};
use crate::store::Code;
use crate::store::facts::Facts;

/// The codes in use: a bit for each.
#[derive(Default)]
struct Used {
    words: Vec<u64>,
    count: usize,
}

impl Used {
    fn add(&mut self, code: Code) {
        let (word, bit) = ((code / u64::BITS) as usize, 1_u64 << (code % u64::BITS));
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(word) = self.words.get_mut(word) {
            self.count += usize::from(*word & bit == 0);
            *word |= bit;
        }
    }
}

/// Returns the number of calls with each code of a property, of those that meet a filter.
pub(crate) fn counts(
    facts: &Facts,
    filter: &Filter<'_>,
    of: Dimension,
    until: &Until,
) -> Result<Vec<(Option<Code>, u64)>, Late> {
    let sizes = sizes(facts, filter, &[[Some(of), None]], Counted::All, until)?;
    let calls = sizes
        .by
        .into_iter()
        .flatten()
        .map(|([code, _], size)| (code, size));
    Ok(calls.collect())
}

/// Returns the first and the last start of the calls that meet a filter, in nanoseconds since the epoch.
pub(crate) fn starts(
    facts: &Facts,
    filter: &Filter<'_>,
    until: &Until,
) -> Result<Option<(i64, i64)>, Late> {
    Ok(sizes(facts, filter, &[], Counted::All, until)?.starts)
}

/// Returns the wanted values of a property among the calls that meet a filter, each with the number of its calls: the most
/// frequent first, equal numbers in an order.
pub(crate) fn distinct(
    facts: &Facts,
    filter: &Filter<'_>,
    of: Dimension,
    is_wanted: impl Fn(Code) -> bool,
    order: impl Fn(Code, Code) -> Ordering,
    until: &Until,
) -> Result<Vec<(Code, u64)>, Late> {
    let counts = counts(facts, filter, of, until)?.into_iter();
    let known = counts.filter_map(|(code, calls)| Some((code?, calls)));
    let mut found: Vec<(Code, u64)> = known.filter(|(code, _)| is_wanted(*code)).collect();
    found.sort_unstable_by(|(left, fewer), (right, more)| {
        more.cmp(fewer).then_with(|| order(*left, *right))
    });
    Ok(found)
}

/// Returns the attribute paths of the calls that meet a filter, and the number of different values of each.
pub(crate) fn attributes(
    facts: &Facts,
    filter: &Filter<'_>,
    until: &Until,
) -> Result<HashMap<Code, usize>, Late> {
    let mut used: HashMap<Code, Used> = HashMap::new();
    scan(facts, filter, until, |_, part| match part {
        Part::Row(row) => {
            for (path, value) in &row.attributes {
                used.entry(*path).or_default().add(*value);
            }
        }
        Part::Segment(segment, picked) => {
            for (path, column) in segment.attributes() {
                let used = used.entry(path).or_default();
                if picked.len() == segment.len() {
                    column.codes.own().iter().for_each(|value| used.add(*value));
                } else {
                    picked.for_each(|row| {
                        if let Some(value) = column.get(row) {
                            used.add(value);
                        }
                    });
                }
            }
        }
    })?;
    let used = used.into_iter().filter(|(_, used)| used.count > 0);
    Ok(used.map(|(path, used)| (path, used.count)).collect())
}

/// A stream that has calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) project: Code,
    pub(crate) stream: Code,
    pub(crate) calls: u64,
    /// Nanoseconds since the epoch.
    pub(crate) last_started_at: i64,
}

/// Returns all streams, in the order of their codes.
pub(crate) fn streams(facts: &Facts, until: &Until) -> Result<Vec<Stream>, Late> {
    let mut found: BTreeMap<[Code; 2], (u64, i64)> = BTreeMap::new();
    let mut add = |project: Code, stream: Code, calls: u64, last: i64| {
        let known = found.entry([project, stream]).or_insert((0, i64::MIN));
        *known = (known.0 + calls, known.1.max(last));
    };
    scan(facts, &Filter::default(), until, |_, part| match part {
        Part::Row(row) => add(row.project, row.stream, 1, row.started_at),
        Part::Segment(segment, picked) => {
            let (project, stream) = (&segment.project, &segment.stream);
            let is_one = project.is_constant() && stream.is_constant();
            match (project.get(0), stream.get(0)) {
                (Some(project), Some(stream)) if is_one && picked.len() == segment.len() => {
                    add(project, stream, segment.len() as u64, segment.bounds().1);
                }
                _ => picked.for_each(|row| {
                    let code = |codes: Option<Code>| codes.unwrap_or_default();
                    let start = segment.started_at.get(row).unwrap_or_default();
                    add(code(project.get(row)), code(stream.get(row)), 1, start);
                }),
            }
        }
    })?;
    let streams = found
        .into_iter()
        .map(|([project, stream], (calls, last_started_at))| Stream {
            project,
            stream,
            calls,
            last_started_at,
        });
    Ok(streams.collect())
}
