//! The group of each row of a segment, as a number.

use hashbrown::HashMap;

use super::breakdown::{Groups, Key};
use super::filter::BLOCK;
use crate::store::facts::{Column, Segment};

/// The groups of a segment's rows. Where there are fewer groups than rows, each has a number.
pub(super) struct Indexes<'a> {
    columns: [Option<Column<'a>>; 2],
    /// The different values of each column, and one more for rows without a value.
    widths: [usize; 2],
}

impl<'a> Indexes<'a> {
    pub(super) fn of(segment: &'a Segment, groups: Groups) -> Self {
        let columns = groups.map(|group| group.and_then(|group| group.column(segment)));
        let widths = columns.map(|column| column.map_or(0, |column| column.codes.own().len()) + 1);
        Self { columns, widths }
    }

    /// Returns the number of groups that there may be.
    pub(super) fn len(&self) -> usize {
        let [first, second] = self.widths;
        first.saturating_mul(second)
    }

    /// Returns the codes of a group by its number.
    pub(super) fn key(&self, index: usize) -> Key {
        let [first, second] = self.columns;
        let [_, width] = self.widths;
        let code = |column: Option<Column<'_>>, index: usize| {
            column.and_then(|column| column.codes.own().get(index).copied())
        };
        [code(first, index / width), code(second, index % width)]
    }

    /// Returns the codes of a row's group.
    pub(super) fn key_at(&self, row: u32) -> Key {
        self.columns
            .map(|column| column.and_then(|column| column.get(row as usize)))
    }

    /// Reads the numbers of rows' groups, at most [`BLOCK`].
    pub(super) fn read(&self, rows: &[u32], indexes: &mut Vec<usize>) {
        indexes.clear();
        indexes.resize(rows.len(), 0);
        let [_, width] = self.widths;
        let mut of_column = [None; BLOCK];
        let of_column = of_column.get_mut(..rows.len()).unwrap_or_default();
        let factors = [width, 1];
        for ((column, own), factor) in self.columns.iter().zip(self.widths).zip(factors) {
            let Some(column) = column else { continue };
            column.read(rows, of_column);
            for (index, of_column) in indexes.iter_mut().zip(&*of_column) {
                // The last is that of rows without a value.
                let own = of_column.map_or(Ok(own - 1), usize::try_from);
                *index += own.unwrap_or(0) * factor;
            }
        }
    }
}

/// The slots of a segment's rows: the places of their groups among those that are shown.
pub(super) struct Slots<'a> {
    indexes: Indexes<'a>,
    slots: &'a HashMap<Key, usize>,
    /// By the number of a group, if there are fewer groups than rows.
    table: Option<Vec<usize>>,
    /// The slot of all other groups.
    rest: usize,
}

impl<'a> Slots<'a> {
    pub(super) fn of(
        segment: &'a Segment,
        groups: Groups,
        slots: &'a HashMap<Key, usize>,
        rest: usize,
    ) -> Self {
        let indexes = Indexes::of(segment, groups);
        let slot = |index| slots.get(&indexes.key(index)).copied().unwrap_or(rest);
        let has_few = indexes.len() <= segment.len().max(BLOCK);
        let table = has_few.then(|| (0..indexes.len()).map(slot).collect());
        Self {
            indexes,
            slots,
            table,
            rest,
        }
    }

    /// Reads the slots of rows, at most [`BLOCK`].
    pub(super) fn read(&self, rows: &[u32], slots: &mut Vec<usize>) {
        let Some(table) = &self.table else {
            slots.clear();
            slots.extend(rows.iter().map(|row| {
                let key = self.indexes.key_at(*row);
                self.slots.get(&key).copied().unwrap_or(self.rest)
            }));
            return;
        };
        self.indexes.read(rows, slots);
        for slot in slots {
            *slot = table.get(*slot).copied().unwrap_or(self.rest);
        }
    }
}
