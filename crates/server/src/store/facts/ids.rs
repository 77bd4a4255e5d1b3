//! Ids without an allocation each.

use std::collections::HashSet;

use super::packed::Packed;
use crate::store::Id;

/// A list of ids. Ids of one kind and length, as all of one instrumentation are, take no more than their bytes.
#[derive(Debug)]
pub(super) enum Ids {
    /// The first byte of each id, and the length and bytes of the rest.
    Alike {
        kind: u8,
        width: usize,
        bytes: Box<[u8]>,
    },
    /// The end of each id among the bytes.
    Mixed { ends: Box<[u32]>, bytes: Box<[u8]> },
}

impl Ids {
    pub(super) fn of<'a>(ids: impl Iterator<Item = &'a Id> + Clone) -> Self {
        let parts = |id: &'a Id| id.as_bytes().split_first().unwrap_or((&0, &[]));
        let (kind, first) = ids.clone().next().map_or((&0, &[][..]), parts);
        let alike = |id: &'a Id| {
            let (of, bytes) = parts(id);
            of == kind && bytes.len() == first.len() && !bytes.is_empty()
        };
        if ids.clone().all(alike) {
            return Self::Alike {
                kind: *kind,
                width: first.len(),
                bytes: ids.flat_map(|id| parts(id).1).copied().collect(),
            };
        }
        let mut bytes = Vec::new();
        let ends = ids.map(|id| {
            bytes.extend_from_slice(id.as_bytes());
            u32::try_from(bytes.len()).unwrap_or(u32::MAX)
        });
        let ends = ends.collect();
        Self::Mixed {
            ends,
            bytes: bytes.into(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Alike { width, bytes, .. } => bytes.len().checked_div(*width).unwrap_or(0),
            Self::Mixed { ends, .. } => ends.len(),
        }
    }

    /// Returns the kind of an id and its bytes.
    pub(super) fn parts(&self, index: usize) -> Option<(u8, &[u8])> {
        match self {
            Self::Alike { kind, width, bytes } => {
                let from = index.checked_mul(*width)?;
                Some((*kind, bytes.get(from..from.checked_add(*width)?)?))
            }
            Self::Mixed { ends, bytes } => {
                let end = |index: usize| usize::try_from(*ends.get(index)?).ok();
                let from = index.checked_sub(1).map_or(Some(0), end)?;
                let (kind, bytes) = bytes.get(from..end(index)?)?.split_first()?;
                Some((*kind, bytes))
            }
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<Id> {
        let (kind, bytes) = self.parts(index)?;
        Some(Id::from_parts(kind, bytes))
    }

    pub(super) fn is(&self, index: usize, id: &Id) -> bool {
        self.compare(index, id).is_eq()
    }

    fn compare(&self, index: usize, id: &Id) -> std::cmp::Ordering {
        let own = self.parts(index);
        let other = id.as_bytes().split_first();
        own.cmp(&other.map(|(kind, bytes)| (*kind, bytes)))
    }

    /// Returns the index of an id in a sorted list.
    fn search(&self, id: &Id) -> Option<usize> {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = usize::midpoint(from, to);
            match self.compare(middle, id) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        None
    }

    pub(super) fn size(&self) -> usize {
        match self {
            Self::Alike { bytes, .. } => bytes.len(),
            Self::Mixed { ends, bytes } => size_of_val(&**ends) + bytes.len(),
        }
    }
}

/// A column of ids of which many rows have the same, such as traces; any of its ids is found by binary search.
#[derive(Debug)]
pub(crate) struct SharedIds {
    pub(super) indexes: Packed,
    /// Sorted.
    pub(super) ids: Ids,
}

impl SharedIds {
    pub(super) fn of<'a>(ids: impl Iterator<Item = Option<&'a Id>> + Clone) -> Self {
        let mut own: Vec<&Id> = ids.clone().flatten().collect();
        own.sort_unstable_by(|left, right| left.as_bytes().cmp(right.as_bytes()));
        own.dedup();
        let index = |id: &Id| {
            let place = own.binary_search_by(|own| own.as_bytes().cmp(id.as_bytes()));
            place.ok()?.try_into().ok()
        };
        Self {
            indexes: Packed::of(ids.map(|id| index(id?))),
            ids: Ids::of(own.iter().copied()),
        }
    }

    pub(super) fn get(&self, row: usize) -> Option<Id> {
        self.ids.get(usize::try_from(self.indexes.get(row)?).ok()?)
    }

    /// Returns the index that the rows with an id have; `None` if no row has it.
    pub(crate) fn index_of(&self, id: &Id) -> Option<i64> {
        i64::try_from(self.ids.search(id)?).ok()
    }

    /// Returns the indexes that the rows with one of the ids have.
    pub(super) fn indexes_of(&self, wanted: &HashSet<&Id>) -> HashSet<i64> {
        // A binary search compares about as many ids.
        const SEARCH: usize = 16;
        let number = |index: usize| i64::try_from(index).ok();
        if wanted.len() * SEARCH < self.ids.len() {
            return wanted.iter().filter_map(|id| self.index_of(id)).collect();
        }
        let own = (0..self.ids.len()).filter(|index| {
            let id = self.ids.get(*index);
            id.is_some_and(|id| wanted.contains(&id))
        });
        own.filter_map(number).collect()
    }

    /// Returns the indexes of the rows' ids.
    pub(crate) fn indexes(&self) -> &Packed {
        &self.indexes
    }

    pub(super) fn size(&self) -> usize {
        self.indexes.size() + self.ids.size()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id() -> impl Strategy<Value = Option<Id>> {
        prop_oneof![
            2 => Just(None),
            6 => "[0-9a-f]{16}".prop_map(|text| Some(Id::new(&text))),
            1 => "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}".prop_map(|text| Some(Id::new(&text))),
            1 => ".{0,9}".prop_map(|text| Some(Id::new(&text))),
        ]
    }

    proptest! {
        #[test]
        fn ids_come_back_and_are_found(ids in prop::collection::vec(id(), 0..60)) {
            let column = SharedIds::of(ids.iter().map(Option::as_ref));
            for (row, id) in ids.iter().enumerate() {
                prop_assert_eq!(&column.get(row), id);
                if let Some(id) = id {
                    let index = column.indexes().get(row);
                    prop_assert_eq!(column.index_of(id), index);
                    let found = column.indexes_of(&HashSet::from([id]));
                    prop_assert_eq!(found, index.into_iter().collect::<HashSet<_>>());
                }
            }
            let known: Vec<Id> = ids.into_iter().flatten().collect();
            let list = Ids::of(known.iter());
            for (index, id) in known.iter().enumerate() {
                prop_assert!(list.is(index, id));
                prop_assert_eq!(list.get(index), Some(id.clone()));
            }
            prop_assert_eq!(column.index_of(&Id::new("none of them")), None);
        }
    }
}
