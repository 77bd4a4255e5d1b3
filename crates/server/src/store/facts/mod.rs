//! The rows of all calls in memory.
//!
//! | file | what |
//! |---|---|
//! | `segment` | rows as columns |
//! | `kept` | what questions keep about a segment |
//! | `packed` | whole numbers in few bytes |
//! | `codes` | codes of texts, numbered anew within a column |
//! | `ids` | ids without an allocation each |
//! | `stored` | segments as bytes, for the file |
//! | `traces` | the rows of traces |
//! | `deletion` | the deletion of rows |
//!
//! The newest rows stay rows, since they change: a call's end arrives after its start, and spans below a span report its
//! tokens. Older rows are sealed into segments of columns. A sealed row that changes is kept next to its segment as a
//! row, until there are enough of them to build the segment anew.

mod codes;
mod deletion;
mod ids;
mod kept;
mod packed;
mod segment;
mod stored;
mod traces;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

pub(crate) use codes::{Codes, Column};
pub(crate) use ids::SharedIds;
pub(crate) use kept::Kept;
pub(crate) use segment::Segment;
pub(crate) use traces::Traces;

use super::chunks::Chunks;
use super::{Code, Id, Row};

/// The rows of a segment. More make an update dearer, fewer make lists of different texts repeat. Small in tests, so that
/// a history has many segments.
pub(in crate::store) const SEGMENT: usize = if cfg!(test) { 64 } else { 8_192 };
/// The rows that stay open when a segment is sealed: most changes arrive while so many newer calls do.
const OPEN: usize = if cfg!(test) { 32 } else { 4_096 };
/// The bytes of a group that a question keeps about a segment, about.
const KEPT_BYTES: usize = 2_500;
/// The changed rows of a segment at which it is built anew.
const CHANGED: usize = if cfg!(test) { 8 } else { 256 };

/// The rows of calls by place, which is the order of their arrival. A copy shares all that does not change afterwards.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    sealed: Vec<Sealed>,
    open: Chunks<Row>,
    /// The place of the first row that has not been removed.
    first: usize,
}

/// A segment, and its rows that have changed since.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    pub(crate) segment: Arc<Segment>,
    /// By index in the segment.
    pub(crate) changed: Arc<BTreeMap<usize, Row>>,
    /// About the segment, without the rows that have changed.
    pub(crate) kept: Arc<Kept>,
}

impl Sealed {
    fn of(rows: &[&Row]) -> Self {
        Self {
            segment: Arc::new(Segment::of(rows)),
            changed: Arc::default(),
            kept: Arc::default(),
        }
    }

    fn row(&self, index: usize) -> Cow<'_, Row> {
        match self.changed.get(&index) {
            Some(row) => Cow::Borrowed(row),
            None => Cow::Owned(self.segment.row(index)),
        }
    }

    fn change(&mut self, index: usize, row: Row) {
        Arc::make_mut(&mut self.changed).insert(index, row);
        if self.changed.len() >= CHANGED {
            let rows: Vec<_> = (0..self.segment.len())
                .map(|index| self.row(index))
                .collect();
            let rows: Vec<&Row> = rows.iter().map(AsRef::as_ref).collect();
            *self = Self::of(&rows);
        }
    }
}

impl Facts {
    pub(crate) fn len(&self) -> usize {
        self.first_open() + self.open.len()
    }

    /// Returns the place of the first row that has not been removed.
    pub(crate) fn first(&self) -> usize {
        self.first
    }

    /// Returns the place of the first open row.
    pub(crate) fn first_open(&self) -> usize {
        self.sealed.len() * SEGMENT
    }

    /// Returns the segments, each with the place of its first row. Rows before [`first`](Self::first) may be among them.
    pub(crate) fn sealed(&self) -> impl ExactSizeIterator<Item = (usize, &Sealed)> {
        let sealed = self.sealed.iter().enumerate();
        sealed.map(|(number, sealed)| (number * SEGMENT, sealed))
    }

    /// Returns the open rows with their places, in order.
    pub(crate) fn open(&self) -> impl Iterator<Item = (usize, &Row)> {
        let open = (self.first_open()..).zip(self.open.iter());
        open.filter(|(place, _)| *place >= self.first)
    }

    /// Returns the row at a place.
    pub(crate) fn get(&self, place: usize) -> Option<Cow<'_, Row>> {
        if place < self.first {
            return None;
        }
        match self.sealed.get(place / SEGMENT) {
            Some(sealed) => Some(sealed.row(place % SEGMENT)),
            None => self
                .open
                .get(place.checked_sub(self.first_open())?)
                .map(Cow::Borrowed),
        }
    }

    /// Returns the start at a place, in nanoseconds since the epoch.
    pub(super) fn started_at(&self, place: usize) -> Option<i64> {
        match self.sealed.get(place / SEGMENT) {
            Some(sealed) if sealed.changed.is_empty() => {
                sealed.segment.started_at.get(place % SEGMENT)
            }
            _ => self.get(place).map(|row| row.started_at),
        }
    }

    /// Returns the project at a place.
    pub(super) fn project(&self, place: usize) -> Option<Code> {
        match self.sealed.get(place / SEGMENT) {
            // A call never changes its project or its id.
            Some(sealed) => sealed.segment.project.get(place % SEGMENT),
            None => self.get(place).map(|row| row.project),
        }
    }

    /// Returns the parent of a sealed row that has one, and whether tokens are reported by the row or below it.
    pub(super) fn reports_to(&self, place: usize) -> Option<(Id, bool)> {
        let sealed = self.sealed.get(place / SEGMENT)?;
        let (segment, row) = (&sealed.segment, place % SEGMENT);
        let parent = segment.parent.get(row)?;
        let is_known = [&segment.input_tokens, &segment.output_tokens]
            .iter()
            .any(|tokens| tokens.get(row).is_some());
        Some((parent, is_known || self.is_reported_below(place)))
    }

    /// Returns whether spans below the row at a place report tokens.
    pub(super) fn is_reported_below(&self, place: usize) -> bool {
        match self.sealed.get(place / SEGMENT) {
            Some(sealed) if sealed.changed.is_empty() => {
                sealed.segment.reported_below.get(place % SEGMENT) == Some(1)
            }
            _ => self.get(place).is_some_and(|row| row.reported_below),
        }
    }

    /// Returns the trace at a place.
    pub(super) fn trace_of(&self, place: usize) -> Option<Id> {
        match self.sealed.get(place / SEGMENT) {
            Some(sealed) if sealed.changed.is_empty() => sealed.segment.trace.get(place % SEGMENT),
            _ => self.get(place).map(|row| row.trace.clone()),
        }
    }

    /// Returns the id at a place, as its parts.
    pub(super) fn id(&self, place: usize) -> Option<(u8, &[u8])> {
        match self.sealed.get(place / SEGMENT) {
            Some(sealed) => sealed.segment.id.parts(place % SEGMENT),
            None => {
                let open = self.open.get(place.checked_sub(self.first_open())?)?;
                Some(open.id.parts())
            }
        }
    }

    /// Returns whether the row at a place has an id.
    pub(super) fn has_id(&self, place: usize, id: &Id) -> bool {
        match self.sealed.get(place / SEGMENT) {
            Some(sealed) => sealed.segment.id.is(place % SEGMENT, id),
            None => self.get(place).is_some_and(|row| row.id == *id),
        }
    }

    /// Removes the rows before a place, and forgets the segments that are wholly before it.
    pub(super) fn remove_before(&mut self, first: usize) {
        let segments = (first / SEGMENT).min(self.sealed.len());
        let gone = self.sealed.iter_mut().take(segments);
        gone.filter(|sealed| sealed.segment.len() > 0)
            .for_each(|sealed| *sealed = Sealed::of(&[]));
        self.first = first;
    }

    /// Adds a segment that was removed, before any row.
    pub(super) fn push_removed(&mut self) {
        self.sealed.push(Sealed::of(&[]));
    }

    /// Returns the first frame that holds the payload of a row from a place on.
    pub(super) fn first_frame(&self, first: usize) -> Option<i64> {
        let first = first.max(self.first);
        let segment = |(of, sealed): (usize, &Sealed)| {
            let rows = first.saturating_sub(of).min(sealed.segment.len())..sealed.segment.len();
            let unchanged = rows.filter(|row| !sealed.changed.contains_key(row));
            let frames = unchanged.filter_map(|row| sealed.segment.frame.get(row));
            let changed = sealed.changed.iter().filter(|(row, _)| of + **row >= first);
            frames.chain(changed.map(|(_, row)| row.frame)).min()
        };
        let sealed = self.sealed().filter_map(segment).min();
        let open = self.open().filter(|(place, _)| *place >= first);
        let first = sealed
            .into_iter()
            .chain(open.map(|(_, row)| row.frame))
            .min();
        first.filter(|frame| *frame != Row::NO_FRAME)
    }

    /// Returns the frame and the slot of every row.
    pub(super) fn locations(&self) -> impl Iterator<Item = (i64, i64)> {
        let sealed = self.sealed.iter().flat_map(|sealed| {
            let (segment, changed) = (&sealed.segment, &sealed.changed);
            let rows = (0..segment.len()).filter(|row| !changed.contains_key(row));
            let rows =
                rows.filter_map(|row| Some((segment.frame.get(row)?, segment.slot.get(row)?)));
            rows.chain(changed.values().map(|row| (row.frame, row.slot)))
        });
        sealed.chain(self.open.iter().map(|row| (row.frame, row.slot)))
    }

    /// Returns the last frame that holds the payload of a row.
    pub(super) fn last_frame(&self) -> Option<i64> {
        let frames = (self.first..self.len()).filter_map(|place| {
            let row = self.get(place).filter(|row| !row.is_hole())?;
            Some(row.frame)
        });
        frames.max()
    }

    /// Adds a row at the end.
    pub(super) fn push(&mut self, row: Row) {
        self.open.push(row);
        if self.open.len() >= SEGMENT + OPEN {
            let rows: Vec<&Row> = self.open.iter().take(SEGMENT).collect();
            self.sealed.push(Sealed::of(&rows));
            self.open.remove_first(SEGMENT);
        }
    }

    /// Adds a segment after the others; there must be no open rows.
    pub(super) fn push_segment(&mut self, segment: Segment) {
        debug_assert!(
            segment.len() == SEGMENT && self.open.len() == 0,
            "a whole segment"
        );
        self.sealed.push(Sealed {
            segment: Arc::new(segment),
            changed: Arc::default(),
            kept: Arc::default(),
        });
    }

    /// Returns a segment as it is now, with the rows that have changed.
    pub(super) fn segment(&self, number: usize) -> Option<Arc<Segment>> {
        let sealed = self
            .sealed
            .get(number)
            .filter(|sealed| sealed.segment.len() > 0)?;
        if sealed.changed.is_empty() {
            return Some(Arc::clone(&sealed.segment));
        }
        let rows: Vec<_> = (0..SEGMENT).map(|index| sealed.row(index)).collect();
        let rows: Vec<&Row> = rows.iter().map(AsRef::as_ref).collect();
        Some(Arc::new(Segment::of(&rows)))
    }

    /// Changes the row at a place; its project and its id must stay.
    pub(super) fn change(&mut self, place: usize, change: impl FnOnce(&mut Row)) {
        let first_open = self.first_open();
        if let Some(sealed) = self.sealed.get_mut(place / SEGMENT) {
            let mut row = sealed.row(place % SEGMENT).into_owned();
            change(&mut row);
            sealed.change(place % SEGMENT, row);
        } else if let Some(row) = place
            .checked_sub(first_open)
            .and_then(|open| self.open.get_mut(open))
        {
            change(row);
        }
    }

    /// Returns the number of places without a call of one kind, among those that were not removed.
    pub(super) fn count_holes(&self, hole: Code) -> usize {
        let sealed = self.sealed().map(|(first, sealed)| {
            let project = &sealed.segment.project;
            let rows = self.first.saturating_sub(first)..sealed.segment.len();
            match project.own().contains(&hole) {
                true => rows.filter(|row| project.get(*row) == Some(hole)).count(),
                false => 0,
            }
        });
        let open = self.open().filter(|(_, row)| row.project == hole);
        sealed.sum::<usize>() + open.count()
    }

    /// Returns the values of each attribute path, those of rows that have changed among them.
    pub(super) fn values(&self) -> HashMap<Code, HashSet<Code>> {
        let mut values: HashMap<Code, HashSet<Code>> = HashMap::new();
        for sealed in &self.sealed {
            for (path, column) in sealed.segment.attributes() {
                values.entry(path).or_default().extend(column.codes.own());
            }
        }
        let changed = self
            .sealed
            .iter()
            .flat_map(|sealed| sealed.changed.values());
        for (path, value) in changed
            .chain(self.open.iter())
            .flat_map(|row| &row.attributes)
        {
            values.entry(*path).or_default().insert(*value);
        }
        values
    }

    /// Returns, for each code below `len`, whether a row has it.
    pub(super) fn codes(&self, len: usize) -> Vec<bool> {
        let mut used = vec![false; len];
        let mut mark = |code: Code| {
            if let Some(used) = used.get_mut(code as usize) {
                *used = true;
            }
        };
        for sealed in &self.sealed {
            sealed.segment.codes().for_each(&mut mark);
            sealed
                .changed
                .values()
                .flat_map(Row::codes)
                .for_each(&mut mark);
        }
        self.open.iter().flat_map(Row::codes).for_each(mark);
        used
    }

    /// Returns the approximate bytes of the rows in memory.
    pub(crate) fn size(&self) -> usize {
        let sealed = self.sealed.iter().map(|sealed| {
            let changed = sealed.changed.len() * size_of::<Row>();
            sealed.segment.size() + changed + sealed.kept.weight() * KEPT_BYTES
        });
        sealed.sum::<usize>() + self.open.len() * size_of::<Row>()
    }
}

#[cfg(test)]
pub(crate) mod tests;
