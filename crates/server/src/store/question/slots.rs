//! The group of each row of a segment, as the number of its place among the groups that are shown.

use std::collections::HashMap;

use super::breakdown::Key;
use super::dimension::Dimension;
use super::filter::BLOCK;
use crate::store::facts::{Column, Segment};

/// The slots of a segment's rows.
pub(super) struct Slots<'a> {
    groups: [Option<Column<'a>>; 2],
    /// By the indexes of both columns.
    table: Table<'a>,
    rest: usize,
}

/// The slot of each pair of indexes. The index after the last is that of rows without the property.
enum Table<'a> {
    /// For one dimension.
    One(Vec<usize>),
    /// For two dimensions there may be too many pairs for a table.
    Two(&'a HashMap<Key, usize>),
}

impl<'a> Slots<'a> {
    pub(super) fn of(
        segment: &'a Segment,
        groups: [Option<Dimension>; 2],
        slots: &'a HashMap<Key, usize>,
        rest: usize,
    ) -> Self {
        let columns = groups.map(|group| group.and_then(|group| group.column(segment)));
        let table = match groups {
            [_, None] => {
                let own = columns[0].map_or(&[][..], |column| column.codes.own());
                let codes = own.iter().map(|code| Some(*code)).chain([None]);
                let slot = |code| slots.get(&[code, None]).copied().unwrap_or(rest);
                Table::One(codes.map(slot).collect())
            }
            _ => Table::Two(slots),
        };
        Self {
            groups: columns,
            table,
            rest,
        }
    }

    /// Reads the slots of rows.
    pub(super) fn read(&self, rows: &[u32], slots: &mut Vec<usize>) {
        slots.clear();
        let [first, second] = &self.groups;
        match (&self.table, first) {
            (Table::One(table), None) => {
                let slot = table.last().copied().unwrap_or(self.rest);
                slots.resize(rows.len(), slot);
            }
            (Table::One(table), Some(column)) => {
                let mut indexes = [None; BLOCK];
                let indexes = indexes.get_mut(..rows.len()).unwrap_or_default();
                column.read(rows, indexes);
                slots.extend(indexes.iter().map(|index| {
                    let slot = match index {
                        Some(index) => table.get(usize::try_from(*index).unwrap_or(usize::MAX)),
                        None => table.last(),
                    };
                    slot.copied().unwrap_or(self.rest)
                }));
            }
            (Table::Two(table), _) => {
                let code =
                    |group: &Option<Column<'_>>, row| group.and_then(|column| column.get(row));
                slots.extend(rows.iter().map(|row| {
                    let key = [first, second].map(|group| code(group, *row as usize));
                    table.get(&key).copied().unwrap_or(self.rest)
                }));
            }
        }
    }
}
