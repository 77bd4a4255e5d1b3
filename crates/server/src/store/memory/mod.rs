//! The rows in memory, and the table that finds them by id.
//!
//! | file | what |
//! |---|---|
//! | `reported` | spans whose tokens spans below them report as well |
//! | `deletion` | the deletion of calls |

mod deletion;
mod reported;

use std::hash::BuildHasher as _;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::facts::{Facts, Segment};
use super::id::Id;
use super::outer::Outer;
use super::row::Row;
use super::{Code, Dictionary};

pub(super) use deletion::{Deletion, Plan};

/// A snapshot of everything committed, for readers. A copy shares all unchanged parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) dictionary: Dictionary,
    /// The rows by arrival; a row's place here is its `loc`.
    pub(crate) rows: Facts,
    places: Arc<Places>,
    /// Changes with every commit.
    pub(crate) version: u64,
}

/// The places of rows by project and id. The table holds numbers only: ids are compared in the rows. All copies share
/// the table, since a call keeps its place: a call newer than a copy is not among the copy's rows.
#[derive(Debug, Default)]
struct Places {
    table: RwLock<HashTable<u32>>,
    hasher: DefaultHashBuilder,
    /// Only the writer uses it.
    outer: Mutex<Outer>,
}

impl Places {
    fn hash(&self, project: Code, id: (u8, &[u8])) -> u64 {
        self.hasher.hash_one((project, id))
    }
}

impl Memory {
    pub(super) fn new(dictionary: Dictionary) -> Self {
        Self {
            dictionary,
            ..Self::default()
        }
    }

    /// Returns the place of a call.
    pub(crate) fn find(&self, project: Code, id: &Id) -> Option<usize> {
        let same = |place: &u32| {
            let place = *place as usize;
            self.rows.has_id(place, id) && self.rows.project(place) == Some(project)
        };
        let hash = self.places.hash(project, id.parts());
        let table = self
            .places
            .table
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        usize::try_from(*table.find(hash, same)?).ok()
    }

    /// Returns the place of a row's parent, which is a span of the same trace.
    pub(crate) fn parent(&self, row: &Row) -> Option<usize> {
        let parent = row.parent.as_ref()?;
        let same_trace = |place: &usize| {
            self.rows
                .get(*place)
                .is_some_and(|of| of.trace == row.trace)
        };
        self.find(row.project, parent)
            .filter(same_trace)
            .or_else(|| self.find(row.project, &parent.within(&row.trace)))
    }

    /// Returns the id of a row's parent as the parent is stored, if it is stored.
    pub(crate) fn parent_id(&self, row: &Row) -> Option<Id> {
        let stored = self.parent(row).and_then(|place| self.rows.get(place));
        stored
            .map(|parent| parent.id.clone())
            .or_else(|| row.parent.clone())
    }

    /// Returns the hash of the row at a place.
    fn hash(&self, place: u32) -> u64 {
        let place = place as usize;
        let project = self.rows.project(place).unwrap_or_default();
        let id = self.rows.id(place);
        id.map_or(0, |id| self.places.hash(project, id))
    }

    /// Prepares for loading: the rows before a place have been removed, and so many follow.
    pub(super) fn begin(&mut self, first: usize, rows: usize) {
        self.rows.remove_before(first);
        // A table that grows hashes the ids of all its rows again.
        let mut table = self
            .places
            .table
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        table.reserve(rows, |place| self.hash(*place));
    }

    /// Adds a segment that was removed.
    pub(super) fn put_removed(&mut self) {
        self.rows.push_removed();
    }

    /// Adds a place whose call cannot be read.
    pub(super) fn put_lost(&mut self) {
        self.rows.push(Row::lost());
    }

    /// Adds a place whose call was deleted.
    pub(super) fn put_deleted(&mut self) {
        self.rows.push(Row::deleted());
    }

    /// Adds a segment after the others, before any single row. Its rows are marked in [`count_all_once`](Self::count_all_once).
    pub(super) fn put_segment(&mut self, segment: Segment) {
        let first = self.rows.len();
        self.rows.push_segment(segment);
        let mut table = self
            .places
            .table
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for place in first.max(self.rows.first())..self.rows.len() {
            let Ok(place) = u32::try_from(place) else {
                return;
            };
            let project = self.rows.project(place as usize);
            if !project.is_some_and(Row::is_no_project) {
                table.insert_unique(self.hash(place), place, |place| self.hash(*place));
            }
        }
    }

    /// Removes the rows before a place.
    pub(super) fn remove_before(&mut self, first: usize) {
        self.forget_ids(self.rows.first()..first);
        self.rows.remove_before(first);
    }

    /// Forgets where the calls at places are found.
    fn forget_ids(&self, places: impl Iterator<Item = usize>) {
        let mut table = self
            .places
            .table
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for place in places.filter_map(|place| u32::try_from(place).ok()) {
            if let Ok(entry) = table.find_entry(self.hash(place), |known| *known == place) {
                entry.remove();
            }
        }
    }

    /// Puts a row at a place: the next place, or the place of the same call.
    pub(super) fn put(&mut self, place: usize, mut row: Row) {
        if let Some(old) = self.rows.get(place) {
            row.reported_below = old.reported_below;
            let is_news = old.total_tokens().is_none();
            drop(old);
            self.rows.change(place, |old| *old = row);
            if is_news {
                self.count_once(place);
            }
            return;
        }
        let Ok(number) = u32::try_from(self.rows.len()) else {
            return;
        };
        let hash = self.places.hash(row.project, row.id.parts());
        self.rows.push(row);
        let mut table = self
            .places
            .table
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        table.insert_unique(hash, number, |place| self.hash(*place));
        drop(table);
        self.count_once(place);
    }
}

/// The newest copy for readers. Neither side waits: a reader takes a pointer, the writer changes what no reader holds.
#[derive(Debug)]
pub(super) struct Published(Mutex<Arc<Memory>>);

impl Published {
    pub(super) fn new(memory: Memory) -> Self {
        Self(Mutex::new(Arc::new(memory)))
    }

    pub(super) fn get(&self) -> Arc<Memory> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the copy that readers get from now on. Readers go on meanwhile: only the writer changes it.
    pub(super) fn change_apart(&self, change: impl FnOnce(&mut Memory)) {
        let mut memory = Memory::clone(&self.get());
        change(&mut memory);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(memory);
    }

    /// Changes the copy that readers get from now on, in a moment.
    pub(super) fn change(&self, change: impl FnOnce(&mut Memory)) {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut newest));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::store::draft::Draft;

    fn row(dictionary: &mut Dictionary, id: usize) -> Row {
        let record = json!({"project_id": "e/p", "id": format!("{id:016x}"), "op_name": "f", "started_at": "2026-11-22T10:00:00Z"});
        Draft::new(
            serde_json::from_value::<spanloom_core::Record>(record)
                .unwrap()
                .into(),
        )
        .row(dictionary, |_, _, _| None)
    }

    #[test]
    fn who_reads_sees_one_moment_and_holds_nobody_up() {
        let mut dictionary = Dictionary::default();
        let mut memory = Memory::default();
        for id in 0..2_000 {
            memory.put(id, row(&mut dictionary, id));
        }
        memory.dictionary = dictionary.clone();
        let project = memory.rows.project(0).unwrap();
        let published = Published::new(memory);
        let before = published.get();
        // On one thread: a lock held by the reader would end the test here.
        published.change(|memory| {
            for id in [2_000, 2_001] {
                memory.put(id, row(&mut dictionary, id));
            }
            let mut changed = memory.rows.get(7).unwrap().into_owned();
            changed.cost = Some(5);
            memory.put(7, changed);
            memory.version += 1;
        });
        let after = published.get();
        assert_eq!((before.rows.len(), after.rows.len()), (2_000, 2_002));
        assert_eq!((before.version, after.version), (0, 1));
        let cost = |memory: &Memory| memory.rows.get(7).unwrap().cost;
        assert_eq!((cost(&before), cost(&after)), (None, Some(5)));
        let newest = Id::new(&format!("{:016x}", 2_001));
        assert_eq!(after.find(project, &newest), Some(2_001));
        assert_eq!(before.find(project, &newest), None);
        assert_eq!(
            after.find(project, &Id::new(&format!("{:016x}", 7))),
            Some(7)
        );
    }

    /// A span of a tree: its parent among the spans before it, and its tokens.
    type Tree = Vec<(Option<usize>, Option<i64>)>;

    fn tree() -> impl Strategy<Value = Tree> {
        let span = |at: usize| {
            let parent = (0..=at).prop_map(move |parent| parent.checked_sub(1));
            (parent, prop::option::of(1i64..1_000))
        };
        (1usize..24).prop_flat_map(move |spans| (0..spans).map(span).collect::<Vec<_>>())
    }

    fn reports_below(tree: &Tree, span: usize) -> bool {
        let children = (0..tree.len()).filter(|child| tree[*child].0 == Some(span));
        children
            .into_iter()
            .any(|child| tree[child].1.is_some() || reports_below(tree, child))
    }

    proptest! {
        #[test]
        fn tokens_count_in_the_innermost_spans_in_any_order_of_arrival(
            (tree, order) in tree().prop_flat_map(|tree| {
                let order: Vec<usize> = (0..tree.len()).collect();
                (Just(tree), Just(order).prop_shuffle())
            }),
        ) {
            let mut memory = Memory::default();
            let mut dictionary = Dictionary::default();
            for span in order {
                let (parent, tokens) = tree[span];
                let mut row = row(&mut dictionary, span);
                row.parent = parent.map(|parent| Id::new(&format!("{parent:016x}")));
                row.trace = Id::new("01010101010101010101010101010101");
                row.input_tokens = tokens;
                memory.put(memory.rows.len(), row);
            }
            let counted: i64 = memory.rows.open().map(|(_, row)| row).filter(|row| row.counts()).filter_map(Row::total_tokens).sum();
            let innermost = (0..tree.len()).filter(|span| !reports_below(&tree, *span));
            prop_assert_eq!(counted, innermost.filter_map(|span| tree[span].1).sum::<i64>());
        }

        #[test]
        fn after_a_deletion_tokens_count_as_if_the_calls_had_never_been(
            (tree, order) in tree().prop_flat_map(|tree| {
                let order: Vec<usize> = (0..tree.len()).collect();
                (Just(tree), Just(order).prop_shuffle())
            }),
            (when, which) in (0usize..24, 0usize..24),
        ) {
            let mut memory = Memory::default();
            let mut dictionary = Dictionary::default();
            let mut places: Vec<Option<usize>> = vec![None; tree.len()];
            for (step, span) in order.iter().enumerate() {
                let (parent, tokens) = tree[*span];
                let mut row = row(&mut dictionary, *span);
                row.parent = parent.map(|parent| Id::new(&format!("{parent:016x}")));
                row.trace = Id::new("01010101010101010101010101010101");
                row.input_tokens = tokens;
                places[*span] = Some(memory.rows.len());
                memory.put(memory.rows.len(), row);
                if step == when % tree.len() {
                    let place = which % memory.rows.len();
                    let plan = memory.plan_deletion(&[place]);
                    for step in &plan.steps {
                        let deletion = memory.deletion(step, &plan);
                        memory.delete(&deletion);
                    }
                    let is_there = |place: &usize| !memory.rows.get(*place).unwrap().is_hole();
                    places.iter_mut().for_each(|place| *place = place.filter(is_there));
                }
            }
            let left: Tree = (0..tree.len())
                .map(|span| match places[span] {
                    Some(_) => (tree[span].0.filter(|parent| places[*parent].is_some()), tree[span].1),
                    None => (None, None),
                })
                .collect();
            let counted: i64 = memory.rows.open().map(|(_, row)| row).filter(|row| row.counts()).filter_map(Row::total_tokens).sum();
            let innermost = (0..left.len()).filter(|span| !reports_below(&left, *span));
            prop_assert_eq!(counted, innermost.filter_map(|span| left[span].1).sum::<i64>());
        }
    }
}
