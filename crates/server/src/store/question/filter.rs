//! The calls that a question is about.

use std::collections::HashSet;
use std::fmt;

use super::dimension::Dimension;
use super::number::Number;
use crate::store::facts::{Segment, SharedIds};
use crate::store::{Code, Id, Row};

/// A half-open range of starts in nanoseconds since the epoch; `None` means unbounded.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Range {
    pub(crate) from: Option<i64>,
    pub(crate) to: Option<i64>,
}

impl Range {
    fn contains(&self, time: i64) -> bool {
        self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time < to)
    }
}

/// The conditions that a call meets, all of them. The default is every call.
#[derive(Debug, Default)]
pub(crate) struct Filter<'a> {
    pub(super) range: Range,
    roots_only: bool,
    ids: Option<HashSet<Id>>,
    traces: Option<HashSet<Id>>,
    parents: Option<HashSet<Id>>,
    conditions: Vec<Condition<'a>>,
    numbers: Vec<NumberCondition<'a>>,
}

/// A condition on a property.
struct Condition<'a> {
    of: Dimension,
    accepts: Box<dyn Fn(Option<Code>) -> bool + Send + Sync + 'a>,
}

impl fmt::Debug for Condition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.of).finish()
    }
}

/// A condition on a number.
struct NumberCondition<'a> {
    of: Number,
    accepts: Box<dyn Fn(Option<i64>) -> bool + Send + Sync + 'a>,
}

impl fmt::Debug for NumberCondition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NumberCondition").field(&self.of).finish()
    }
}

/// The rows that are read at a time: few, so that what is read stays in the nearest cache.
pub(super) const BLOCK: usize = 1_024;

/// The rows of a segment that meet a filter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Picked {
    All(usize),
    /// Indexes of rows, sorted.
    Rows(Vec<u32>),
}

impl Picked {
    pub(super) fn none() -> Self {
        Self::Rows(Vec::new())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::All(len) => *len,
            Self::Rows(rows) => rows.len(),
        }
    }

    /// Calls `each` with the index of every picked row.
    #[inline]
    pub(super) fn for_each(&self, mut each: impl FnMut(usize)) {
        match self {
            Self::All(len) => (0..*len).for_each(each),
            Self::Rows(rows) => rows.iter().for_each(|row| each(*row as usize)),
        }
    }

    /// Calls `each` with the indexes of the picked rows, at most [`BLOCK`] at a time.
    pub(super) fn for_each_block(&self, mut each: impl FnMut(&[u32])) {
        match self {
            Self::All(len) => {
                let len = u32::try_from(*len).unwrap_or(u32::MAX);
                let mut block = Vec::with_capacity(BLOCK);
                for first in (0..len).step_by(BLOCK) {
                    block.clear();
                    block.extend((first..len).take(BLOCK));
                    each(&block);
                }
            }
            Self::Rows(rows) => rows.chunks(BLOCK).for_each(each),
        }
    }

    pub(super) fn retain(&mut self, mut is_kept: impl FnMut(usize) -> bool) {
        match self {
            Self::All(len) => {
                let all = 0..u32::try_from(*len).unwrap_or(u32::MAX);
                *self = Self::Rows(all.filter(|row| is_kept(*row as usize)).collect());
            }
            Self::Rows(rows) => rows.retain(|row| is_kept(*row as usize)),
        }
    }
}

impl<'a> Filter<'a> {
    /// Returns a filter for a range of starts.
    pub(crate) fn of_range(range: Range) -> Self {
        Self {
            range,
            ..Self::default()
        }
    }

    /// Keeps calls without a parent, if `roots_only`.
    pub(crate) fn with_roots_only(mut self, roots_only: bool) -> Self {
        self.roots_only = roots_only;
        self
    }

    /// Keeps calls with one of the ids; all calls for `None`, as in the next two methods.
    pub(crate) fn with_ids(mut self, ids: Option<HashSet<Id>>) -> Self {
        self.ids = ids;
        self
    }

    pub(crate) fn with_traces(mut self, traces: Option<HashSet<Id>>) -> Self {
        self.traces = traces;
        self
    }

    pub(crate) fn with_parents(mut self, parents: Option<HashSet<Id>>) -> Self {
        self.parents = parents;
        self
    }

    /// Adds a condition: the property is one of `wanted`.
    pub(crate) fn with_one_of(self, of: Dimension, wanted: Vec<Option<Code>>) -> Self {
        self.with(of, move |code| wanted.contains(&code))
    }

    /// Adds a condition, which is asked once for each different code of a segment.
    pub(crate) fn with(
        mut self,
        of: Dimension,
        accepts: impl Fn(Option<Code>) -> bool + Send + Sync + 'a,
    ) -> Self {
        let accepts = Box::new(accepts);
        self.conditions.push(Condition { of, accepts });
        self
    }

    /// Adds a condition on a number; `None` is an unknown number.
    pub(crate) fn with_number(
        mut self,
        of: Number,
        accepts: impl Fn(Option<i64>) -> bool + Send + Sync + 'a,
    ) -> Self {
        let accepts = Box::new(accepts);
        self.numbers.push(NumberCondition { of, accepts });
        self
    }

    /// Returns whether a row meets the filter.
    pub(crate) fn accepts(&self, row: &Row) -> bool {
        let among = |wanted: &Option<HashSet<Id>>, id: Option<&Id>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| id.is_some_and(|id| wanted.contains(id)))
        };
        !row.is_hole()
            && self.range.contains(row.started_at)
            && (!self.roots_only || row.parent.is_none())
            && among(&self.ids, Some(&row.id))
            && among(&self.traces, Some(&row.trace))
            && among(&self.parents, row.parent.as_ref())
            && self
                .conditions
                .iter()
                .all(|condition| (condition.accepts)(condition.of.of(row)))
            && self
                .numbers
                .iter()
                .all(|condition| (condition.accepts)(condition.of.of(row)))
    }

    /// Returns the properties that the conditions are about; `None` if there are conditions on anything else but the start.
    pub(super) fn properties(&self) -> Option<Vec<Dimension>> {
        let has_ids = [&self.ids, &self.traces, &self.parents]
            .iter()
            .any(|ids| ids.is_some());
        let has_others = self.roots_only || has_ids || !self.numbers.is_empty();
        let properties = self.conditions.iter().map(|condition| condition.of);
        (!has_others).then(|| properties.collect())
    }

    /// Returns whether the conditions on properties are met by values of theirs.
    pub(super) fn accepts_values(&self, value: impl Fn(Dimension) -> Option<Code>) -> bool {
        self.conditions
            .iter()
            .all(|condition| (condition.accepts)(value(condition.of)))
    }

    /// Returns whether all starts of a segment are in range.
    pub(super) fn takes_whole(&self, segment: &Segment) -> bool {
        let (first, last) = segment.bounds();
        self.range.contains(first) && self.range.contains(last)
    }

    /// Returns the rows of a segment that meet the filter.
    pub(super) fn pick(&self, segment: &Segment) -> Picked {
        let mut picked = Picked::All(segment.len());
        let (first, last) = segment.bounds();
        let is_outside = self.range.from.is_some_and(|from| last < from)
            || self.range.to.is_some_and(|to| first >= to);
        if is_outside {
            return Picked::none();
        }
        for condition in &self.conditions {
            condition.narrow(segment, &mut picked);
            if picked.is_empty() {
                return picked;
            }
        }
        if !(self.range.contains(first) && self.range.contains(last)) {
            let start = |row| segment.started_at.get(row).unwrap_or_default();
            picked.retain(|row| self.range.contains(start(row)));
        }
        for NumberCondition { of, accepts } in &self.numbers {
            picked.retain(|row| accepts(of.at(segment, row)));
        }
        if self.roots_only {
            picked.retain(|row| segment.parent.indexes().get(row).is_none());
        }
        narrow(&segment.trace, self.traces.as_ref(), &mut picked);
        narrow(&segment.parent, self.parents.as_ref(), &mut picked);
        if let Some(ids) = &self.ids {
            picked.retain(|row| segment.id(row).is_some_and(|id| ids.contains(&id)));
        }
        picked
    }
}

fn narrow(column: &SharedIds, wanted: Option<&HashSet<Id>>, picked: &mut Picked) {
    let Some(wanted) = wanted else { return };
    let indexes: HashSet<i64> = wanted.iter().filter_map(|id| column.index_of(id)).collect();
    if indexes.is_empty() {
        *picked = Picked::none();
    } else {
        picked.retain(|row| {
            let index = column.indexes().get(row);
            index.is_some_and(|index| indexes.contains(&index))
        });
    }
}

impl Condition<'_> {
    fn narrow(&self, segment: &Segment, picked: &mut Picked) {
        let column = self.of.column(segment);
        let Some(column) = column.filter(|column| !column.is_constant()) else {
            if !(self.accepts)(column.and_then(|column| column.get(0))) {
                *picked = Picked::none();
            }
            return;
        };
        let accepted: Vec<bool> = column
            .codes
            .own()
            .iter()
            .map(|code| (self.accepts)(Some(*code)))
            .collect();
        let without = (self.accepts)(None);
        if accepted.iter().all(|is| *is == without) {
            if !without {
                *picked = Picked::none();
            }
            return;
        }
        picked.retain(|row| match column.index(row) {
            Some(index) => accepted.get(index).copied().unwrap_or(false),
            None => without,
        });
    }
}
