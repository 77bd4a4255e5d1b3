//! A page of the calls that meet a filter, in order.

use std::cmp::Ordering;

use super::filter::{BLOCK, Filter, Picked};
use super::number::Number;
use super::scan::{Part, in_shares, scan_share};
use super::until::{Late, Until};
use crate::store::facts::{Facts, Segment};
use crate::store::{Code, Dictionary, Row, Status};

/// A property that calls are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Number(Number),
    Model,
    Status,
}

/// The order of calls. Unknown values come last in either direction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) column: Column,
    pub(crate) descending: bool,
    /// Whether, of calls with equal values, the last that arrived comes first.
    pub(crate) newest_first: bool,
}

/// A page of calls.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// The number of all calls that meet the filter.
    pub(crate) total: usize,
    /// The places of the first calls.
    pub(crate) places: Vec<usize>,
}

/// A call's value in the order, lower values first; and its place.
type Ranked = (Option<i64>, usize);

/// Returns the first `most` calls that meet a filter.
pub(crate) fn page(
    facts: &Facts,
    dictionary: &Dictionary,
    filter: &Filter<'_>,
    order: Order,
    most: usize,
    until: &Until,
) -> Result<Page, Late> {
    let ranks = Ranks::of(dictionary, order);
    let share = |share| {
        let mut top = Top {
            order,
            most,
            total: 0,
            ranked: Vec::new(),
            last: None,
        };
        scan_share(facts, filter, until, share, |first, part| match part {
            Part::Row(row) => {
                top.total += 1;
                top.add((ranks.of_row(row), first));
            }
            Part::Segment(segment, picked) => {
                top.total += picked.len();
                top.add_all(&ranks, segment, &picked, first);
            }
        })?;
        Ok(top)
    };
    let top = in_shares(facts, share, |top, other| {
        top.total += other.total;
        top.ranked.extend(other.ranked);
    })?;
    Ok(Page {
        total: top.total,
        places: top.places(),
    })
}

/// The values by which an order sorts. Texts have the rank of their code in the sorted dictionary.
struct Ranks {
    column: Column,
    /// By code; empty for columns of numbers.
    texts: Vec<u32>,
}

impl Ranks {
    fn of(dictionary: &Dictionary, order: Order) -> Self {
        let text = |code: Code| dictionary.text(code);
        let mut texts = Vec::new();
        if order.column == Column::Model {
            let codes = 0..Code::try_from(dictionary.len()).unwrap_or(Code::MAX);
            let mut sorted: Vec<Code> = codes.collect();
            sorted.sort_unstable_by(|left, right| text(*left).cmp(text(*right)));
            texts = vec![0; sorted.len()];
            for (rank, code) in (0..).zip(sorted) {
                if let Some(of) = texts.get_mut(code as usize) {
                    *of = rank;
                }
            }
        }
        Self {
            column: order.column,
            texts,
        }
    }

    fn text(&self, code: Option<Code>) -> Option<i64> {
        self.texts.get(code? as usize).copied().map(i64::from)
    }

    fn status(number: Code) -> i64 {
        // In the order of their names.
        let number = u8::try_from(number).unwrap_or(u8::MAX);
        match Status::of(number) {
            Status::Error => 0,
            Status::Running => 1,
            Status::Success => 2,
        }
    }

    fn of_row(&self, row: &Row) -> Option<i64> {
        match self.column {
            Column::Number(number) => number.of(row),
            Column::Model => self.text(row.model),
            Column::Status => Some(Self::status(row.status.number().into())),
        }
    }

    /// Reads the values of rows, each into its place in `values`.
    fn read(&self, segment: &Segment, rows: &[u32], values: &mut [Option<i64>]) {
        if let Column::Number(number) = self.column
            && number.read(segment, rows, values)
        {
            return;
        }
        for (value, row) in values.iter_mut().zip(rows) {
            *value = self.at(segment, *row as usize);
        }
    }

    fn at(&self, segment: &Segment, row: usize) -> Option<i64> {
        match self.column {
            Column::Number(number) => number.at(segment, row),
            Column::Model => self.text(segment.model.get(row)),
            Column::Status => segment.status.get(row).map(Self::status),
        }
    }
}

/// The first calls in an order, of all that were added.
struct Top {
    order: Order,
    most: usize,
    /// The number of all that were added or passed over.
    total: usize,
    /// The last that may be among the first, once there are enough.
    last: Option<Ranked>,
    /// At most twice as many as wanted: what exceeds that is cut off together.
    ranked: Vec<Ranked>,
}

impl Top {
    fn compare_values(order: Order, left: Option<i64>, right: Option<i64>) -> Ordering {
        match (left, right) {
            (Some(left), Some(right)) if order.descending => right.cmp(&left),
            (Some(left), Some(right)) => left.cmp(&right),
            (left, right) => right.is_some().cmp(&left.is_some()),
        }
    }

    fn compare(order: Order, left: &Ranked, right: &Ranked) -> Ordering {
        let values = Self::compare_values(order, left.0, right.0);
        values.then_with(|| match order.newest_first {
            true => right.1.cmp(&left.1),
            false => left.1.cmp(&right.1),
        })
    }

    fn add(&mut self, call: Ranked) {
        self.ranked.push(call);
        if self.ranked.len() >= self.most.saturating_mul(2).max(1_024) {
            self.cut();
        }
    }

    /// Adds the picked rows of a segment, but for those that cannot be among the first.
    fn add_all(&mut self, ranks: &Ranks, segment: &Segment, picked: &Picked, first: usize) {
        if self.order.column == Column::Number(Number::StartedAt) {
            self.cut();
            let (earliest, latest) = segment.bounds();
            let best = match self.order.descending {
                true => latest,
                false => earliest,
            };
            if self.is_after_last(Some(best)) {
                return;
            }
        }
        let mut values = [None; BLOCK];
        picked.for_each_block(|rows| {
            let values = values.get_mut(..rows.len()).unwrap_or_default();
            ranks.read(segment, rows, values);
            for (value, row) in values.iter().zip(rows) {
                if !self.is_after_last(*value) {
                    self.add((*value, first + *row as usize));
                }
            }
        });
    }

    fn is_after_last(&self, value: Option<i64>) -> bool {
        let last = self.last;
        last.is_some_and(|last| Self::compare_values(self.order, value, last.0).is_gt())
    }

    fn cut(&mut self) {
        let order = self.order;
        if self.most == 0 {
            self.ranked.clear();
        } else if self.ranked.len() >= self.most {
            let (_, last, _) = self
                .ranked
                .select_nth_unstable_by(self.most - 1, |left, right| {
                    Self::compare(order, left, right)
                });
            self.last = Some(*last);
            self.ranked.truncate(self.most);
        }
    }

    fn places(mut self) -> Vec<usize> {
        self.cut();
        let order = self.order;
        self.ranked
            .sort_unstable_by(|left, right| Self::compare(order, left, right));
        self.ranked.into_iter().map(|(_, place)| place).collect()
    }
}
