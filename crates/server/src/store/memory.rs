//! The rows in memory, and the ids in them.

use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;

use super::id::Id;
use super::row::Row;
use super::{Code, Dictionary};

/// Everything committed, for reading.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) dictionary: Dictionary,
    /// By arrival; the place in here is the row's `loc`.
    pub(crate) rows: Vec<Row>,
    /// Places of rows by project and id. Holds numbers only: the ids are compared in the rows.
    places: HashTable<u32>,
    hasher: RandomState,
    /// Changes with every commit.
    pub(crate) version: u64,
}

impl Memory {
    pub(super) fn new(dictionary: Dictionary, rows: Vec<Row>) -> Self {
        let mut memory = Self {
            dictionary,
            ..Self::default()
        };
        memory.rows.reserve(rows.len());
        memory.places.reserve(rows.len(), |_| 0);
        for row in rows {
            memory.put(memory.rows.len(), row);
        }
        memory
    }

    fn hash(hasher: &RandomState, project: Code, id: &Id) -> u64 {
        hasher.hash_one((project, id.as_bytes()))
    }

    /// The place of a call.
    pub(crate) fn find(&self, project: Code, id: &Id) -> Option<usize> {
        let same = |place: &u32| {
            self.at(*place)
                .is_some_and(|row| row.project == project && row.id == *id)
        };
        let place = self
            .places
            .find(Self::hash(&self.hasher, project, id), same)?;
        usize::try_from(*place).ok()
    }

    fn at(&self, place: u32) -> Option<&Row> {
        self.rows.get(usize::try_from(place).ok()?)
    }

    /// Puts a row in its place: the next one, or that of the same call.
    pub(super) fn put(&mut self, place: usize, row: Row) {
        if let Some(old) = self.rows.get_mut(place) {
            *old = row;
            return;
        }
        let Ok(number) = u32::try_from(self.rows.len()) else {
            return;
        };
        let hash = Self::hash(&self.hasher, row.project, &row.id);
        self.rows.push(row);
        let (rows, hasher) = (&self.rows, &self.hasher);
        self.places.insert_unique(hash, number, |place| {
            let row = usize::try_from(*place)
                .ok()
                .and_then(|place| rows.get(place));
            row.map_or(0, |row| Self::hash(hasher, row.project, &row.id))
        });
    }
}
