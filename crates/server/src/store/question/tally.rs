//! One measure of every group, however many there are: what groups are put in order by.

use hashbrown::HashMap;

use super::breakdown::{Groups, Key, key};
use super::filter::{BLOCK, Filter, Picked};
use super::measures::Measures;
use super::number::Number;
use super::rollup::Rollup;
use super::scan::{Offer, Part, in_shares, offer_share};
use super::slots::Indexes;
use super::spread::{all_are_counted, is_counted};
use super::until::{Late, Until};
use crate::store::facts::{Facts, Segment};
use crate::store::{Code, Row, Status};

/// What is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tallied {
    Cost,
    InputTokens,
    OutputTokens,
    TotalTokens,
    Errors,
}

/// A sum over the calls of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) calls: u64,
    /// The calls that have a value.
    pub(crate) known: u64,
    pub(crate) total: i128,
}

impl Tally {
    #[inline]
    fn add(&mut self, value: Option<i64>, counts: bool) {
        if counts {
            self.calls += 1;
            self.known += u64::from(value.is_some());
            self.total += i128::from(value.unwrap_or(0));
        }
    }

    fn merge(&mut self, other: Self) {
        self.calls += other.calls;
        self.known += other.known;
        self.total += other.total;
    }
}

impl Tallied {
    /// Returns the number that it is; errors are none.
    fn number(self) -> Option<Number> {
        match self {
            Self::Cost => Some(Number::Cost),
            Self::InputTokens => Some(Number::InputTokens),
            Self::OutputTokens => Some(Number::OutputTokens),
            Self::TotalTokens => Some(Number::TotalTokens),
            Self::Errors => None,
        }
    }

    fn of(self, row: &Row) -> Option<i64> {
        match self.number() {
            Some(number) => number.of(row),
            None => Some(i64::from(row.status == Status::Error)),
        }
    }

    /// Returns the sum of calls that are measured already.
    fn of_all(self, calls: &Measures) -> Tally {
        let (known, total) = match self {
            Self::Cost => calls.cost.exact(),
            Self::InputTokens => calls.input_tokens.exact(),
            Self::OutputTokens => calls.output_tokens.exact(),
            Self::TotalTokens => calls.total_tokens.exact(),
            Self::Errors => (calls.calls, i128::from(calls.errors)),
        };
        Tally {
            calls: calls.calls,
            known,
            total,
        }
    }

    /// Reads the values of rows, each into its place in `values`.
    fn read(self, segment: &Segment, rows: &[u32], values: &mut [Option<i64>]) {
        let number = self.number();
        if number.is_some_and(|number| number.read(segment, rows, values)) {
            return;
        }
        let error = Code::from(Status::Error.number());
        for (value, row) in values.iter_mut().zip(rows) {
            let row = *row as usize;
            *value = match number {
                Some(number) => number.at(segment, row),
                None => Some(i64::from(segment.status.get(row) == Some(error))),
            };
        }
    }
}

/// Returns the sum of each group, of the calls that meet a filter and count. A group of which no call counts is there too.
pub(crate) fn tallies(
    facts: &Facts,
    filter: &Filter<'_>,
    groups: Groups,
    of: Tallied,
    until: &Until,
) -> Result<HashMap<Key, Tally>, Late> {
    let share = |share| {
        let mut found: HashMap<Key, Tally> = HashMap::new();
        offer_share(facts, filter, until, share, |offer| {
            match offer {
                Offer::Whole(sealed) => {
                    let Some(rollup) = Rollup::of(sealed, filter, groups) else {
                        return false;
                    };
                    for sum in rollup.sums(filter, groups) {
                        let tally = found.entry(sum.key).or_default();
                        tally.merge(of.of_all(sum.measures));
                    }
                }
                Offer::Part(_, Part::Row(row)) => {
                    let tally = found.entry(key(groups, row)).or_default();
                    tally.add(of.of(row), row.counts());
                }
                Offer::Part(_, Part::Segment(segment, picked)) => {
                    add(segment, groups, of, &picked, &mut found);
                }
            }
            true
        })?;
        Ok(found)
    };
    in_shares(facts, share, |found, other| {
        for (key, tally) in other {
            found.entry(key).or_default().merge(tally);
        }
    })
}

/// Adds the picked rows of a segment.
fn add(
    segment: &Segment,
    groups: Groups,
    of: Tallied,
    picked: &Picked,
    found: &mut HashMap<Key, Tally>,
) {
    let indexes = Indexes::of(segment, groups);
    let all_count = all_are_counted(segment);
    let counts = |row: u32| all_count || is_counted(segment, row as usize);
    let has_few = indexes.len() <= segment.len().max(BLOCK);
    // By the number of a group, and whether any row has it.
    let mut tallies = vec![(false, Tally::default()); if has_few { indexes.len() } else { 0 }];
    let (mut of_rows, mut values) = (Vec::new(), [None; BLOCK]);
    picked.for_each_block(|rows| {
        let values = values.get_mut(..rows.len()).unwrap_or_default();
        of.read(segment, rows, values);
        if !has_few {
            for (value, row) in values.iter().zip(rows) {
                let tally = found.entry(indexes.key_at(*row)).or_default();
                tally.add(*value, counts(*row));
            }
            return;
        }
        indexes.read(rows, &mut of_rows);
        for ((value, row), index) in values.iter().zip(rows).zip(&of_rows) {
            if let Some((is_there, tally)) = tallies.get_mut(*index) {
                *is_there = true;
                tally.add(*value, counts(*row));
            }
        }
    });
    let there = tallies.into_iter().enumerate();
    for (index, (_, tally)) in there.filter(|(_, (is_there, _))| *is_there) {
        found.entry(indexes.key(index)).or_default().merge(tally);
    }
}
