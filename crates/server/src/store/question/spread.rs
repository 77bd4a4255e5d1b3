//! The mean and the spread of numbers, by group.

use hashbrown::HashMap;

use super::breakdown::{Groups, Key, key};
use super::dimension::Dimension;
use super::filter::{BLOCK, Filter};
use super::number::Number;
use super::scan::{Part, in_shares, scan_share};
use super::slots::Slots;
use super::until::{Late, Until};
use crate::store::facts::{Facts, Segment};
use crate::store::{Code, Dictionary, Row};

/// A number of a call: one of those that every call may have, or the value of an attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Quantity {
    Number(Number),
    /// The path; a value that is no number is unknown.
    Attribute(Option<Code>),
}

/// The count, the mean and the spread of a number. Values are added as their distance from the first, so that no great squares are
/// subtracted from each other.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Spread {
    pub(crate) count: u64,
    first: f64,
    /// Of the distances.
    total: f64,
    squares: f64,
}

impl Spread {
    #[inline]
    fn add(&mut self, value: Option<f64>) {
        let Some(value) = value else { return };
        if self.count == 0 {
            self.first = value;
        }
        let off = value - self.first;
        self.count += 1;
        self.total += off;
        self.squares += off * off;
    }

    fn merge(&mut self, other: Self) {
        if self.count == 0 {
            *self = other;
            return;
        }
        let (count, off) = (other.count as f64, other.first - self.first);
        self.count += other.count;
        self.squares += other.squares + off * (2.0 * other.total + count * off);
        self.total += other.total + count * off;
    }

    pub(crate) fn sum(self) -> Option<f64> {
        (self.count > 0).then_some(self.first * self.count as f64 + self.total)
    }

    pub(crate) fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| self.first + self.total / self.count as f64)
    }

    /// Returns the standard deviation of a sample; a single value has none.
    pub(crate) fn deviation(self) -> Option<f64> {
        let others = self.count.checked_sub(1).filter(|others| *others > 0)?;
        let squares = self.squares - self.total * self.total / self.count as f64;
        let deviation = (squares.max(0.0) / others as f64).sqrt();
        (squares.is_finite() && deviation.is_finite()).then_some(deviation)
    }
}

/// Groups, and the numbers that are asked for.
pub(crate) struct Spreads<'a> {
    pub(crate) by: Groups,
    pub(crate) groups: &'a [Key],
    pub(crate) of: &'a [Quantity],
    pub(crate) texts: &'a Dictionary,
}

/// Returns the spread of numbers for each of some groups, of the calls that meet a filter and count.
pub(crate) fn spread(
    facts: &Facts,
    filter: &Filter<'_>,
    asked: &Spreads<'_>,
    until: &Until,
) -> Result<Vec<Vec<Spread>>, Late> {
    if asked.groups.is_empty() || asked.of.is_empty() {
        return Ok(vec![Vec::new(); asked.groups.len()]);
    }
    let share = |share| spread_share(facts, filter, asked, until, share);
    in_shares(facts, share, |found, others| {
        let pairs = found.iter_mut().flatten().zip(others.into_iter().flatten());
        pairs.for_each(|(own, other)| own.merge(other));
    })
}

fn spread_share(
    facts: &Facts,
    filter: &Filter<'_>,
    asked: &Spreads<'_>,
    until: &Until,
    share: (usize, usize),
) -> Result<Vec<Vec<Spread>>, Late> {
    let slots: HashMap<Key, usize> = asked.groups.iter().copied().zip(0..).collect();
    let mut found = vec![vec![Spread::default(); asked.of.len()]; asked.groups.len()];
    let mut values = asked.of.iter().map(|of| Values::of(*of, asked.texts));
    let mut values: Vec<Values<'_>> = values.by_ref().collect();
    scan_share(facts, filter, until, share, |_, part| match part {
        Part::Row(row) if row.counts() => {
            let slot = slots.get(&key(asked.by, row));
            let spreads = slot.and_then(|slot| found.get_mut(*slot));
            for (spread, values) in spreads.into_iter().flatten().zip(&mut values) {
                spread.add(values.of_row(row));
            }
        }
        Part::Row(_) => {}
        Part::Segment(segment, picked) => {
            let slots = Slots::of(segment, asked.by, &slots, asked.groups.len());
            let (mut slot_of, mut counts, mut read) = (Vec::new(), Vec::new(), Vec::new());
            picked.for_each_block(|rows| {
                slots.read(rows, &mut slot_of);
                counts.clear();
                counts.extend(rows.iter().map(|row| is_counted(segment, *row as usize)));
                for (number, values) in values.iter_mut().enumerate() {
                    values.read(segment, rows, &mut read);
                    let calls = slot_of.iter().zip(&counts).zip(&read);
                    for ((slot, _), value) in calls.filter(|((_, counts), _)| **counts) {
                        let spreads = found.get_mut(*slot);
                        if let Some(spread) = spreads.and_then(|of| of.get_mut(number)) {
                            spread.add(*value);
                        }
                    }
                }
            });
        }
    })?;
    Ok(found)
}

/// The values of a quantity. Texts repeat, and are read once.
struct Values<'a> {
    of: Quantity,
    texts: &'a Dictionary,
    read: HashMap<Code, Option<f64>>,
}

impl<'a> Values<'a> {
    fn of(of: Quantity, texts: &'a Dictionary) -> Self {
        Self {
            of,
            texts,
            read: HashMap::new(),
        }
    }

    fn of_row(&mut self, row: &Row) -> Option<f64> {
        match self.of {
            Quantity::Number(number) => number.of(row).map(|value| value as f64),
            Quantity::Attribute(path) => self.number(Dimension::Attribute(path).of(row)?),
        }
    }

    /// Reads the values of rows, at most [`BLOCK`].
    fn read(&mut self, segment: &Segment, rows: &[u32], values: &mut Vec<Option<f64>>) {
        values.clear();
        let mut numbers = [None; BLOCK];
        let numbers = numbers.get_mut(..rows.len()).unwrap_or_default();
        match self.of {
            Quantity::Number(number) => {
                if !number.read(segment, rows, numbers) {
                    for (value, row) in numbers.iter_mut().zip(rows) {
                        *value = number.at(segment, *row as usize);
                    }
                }
                values.extend(numbers.iter().map(|value| value.map(|value| value as f64)));
            }
            Quantity::Attribute(path) => {
                let column = path.and_then(|path| segment.attribute(path));
                values.extend(rows.iter().map(|row| {
                    let text = column.and_then(|column| column.get(*row as usize));
                    text.and_then(|text| self.number(text))
                }));
            }
        }
    }

    fn number(&mut self, text: Code) -> Option<f64> {
        *self.read.entry(text).or_insert_with(|| {
            let number = self.texts.text(text).trim().parse().ok();
            number.filter(|number: &f64| number.is_finite())
        })
    }
}

/// Returns whether all rows of a segment count.
pub(super) fn all_are_counted(segment: &Segment) -> bool {
    let below = &segment.reported_below;
    below.is_constant() && below.get(0) != Some(1)
}

/// Returns whether a row counts, or spans below it report its tokens.
pub(super) fn is_counted(segment: &Segment, row: usize) -> bool {
    let is_reported_below = segment.reported_below.get(row) == Some(1);
    !(is_reported_below && Number::TotalTokens.at(segment, row).is_some())
}
