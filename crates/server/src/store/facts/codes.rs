//! Codes of texts, numbered anew within a column: most columns have a few different ones.

use super::packed::Packed;
use crate::store::Code;

/// The codes of a column: an index into the column's own list for each row.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    pub(super) indexes: Packed,
    /// Sorted.
    pub(super) codes: Box<[Code]>,
}

impl Codes {
    pub(super) fn of(codes: impl Iterator<Item = Option<Code>> + Clone) -> Self {
        let mut own: Vec<Code> = codes.clone().flatten().collect();
        own.sort_unstable();
        own.dedup();
        let index = |code: Code| own.binary_search(&code).ok()?.try_into().ok();
        Self {
            indexes: Packed::of(codes.map(|code| index(code?))),
            codes: own.into(),
        }
    }

    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<Code> {
        self.codes.get(self.index(row)?).copied()
    }

    /// Returns the index of a row's code in [`own`](Self::own).
    #[inline]
    pub(crate) fn index(&self, row: usize) -> Option<usize> {
        usize::try_from(self.indexes.get(row)?).ok()
    }

    /// Reads the indexes of many rows' codes, each into its place in `indexes`.
    pub(crate) fn read(&self, rows: &[u32], indexes: &mut [Option<i64>]) {
        self.indexes.read(rows, indexes);
    }

    /// Returns the different codes, sorted.
    pub(crate) fn own(&self) -> &[Code] {
        &self.codes
    }

    /// Returns whether all rows have the same code, or none.
    pub(crate) fn is_constant(&self) -> bool {
        self.indexes.is_constant()
    }

    pub(super) fn size(&self) -> usize {
        self.indexes.size() + size_of_val(&*self.codes)
    }
}

/// A property of a segment's rows: the codes, and the rows that have one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column<'a> {
    pub(crate) codes: &'a Codes,
    /// The rows that have a code, sorted, if only some have.
    pub(crate) rows: Option<&'a [u32]>,
}

impl Column<'_> {
    /// Returns the index of a row's code in [`Codes::own`].
    #[inline]
    pub(crate) fn index(&self, row: usize) -> Option<usize> {
        match self.rows {
            None => self.codes.index(row),
            Some(rows) => self
                .codes
                .index(rows.binary_search(&u32::try_from(row).ok()?).ok()?),
        }
    }

    /// Reads the indexes of many rows' codes, each into its place in `indexes`.
    pub(crate) fn read(&self, rows: &[u32], indexes: &mut [Option<i64>]) {
        match self.rows {
            None => self.codes.read(rows, indexes),
            Some(_) => {
                for (index, row) in indexes.iter_mut().zip(rows) {
                    let found = self.index(*row as usize);
                    *index = found.and_then(|found| i64::try_from(found).ok());
                }
            }
        }
    }

    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<Code> {
        self.codes.own().get(self.index(row)?).copied()
    }

    /// Returns whether all rows have the same code, or none.
    pub(crate) fn is_constant(&self) -> bool {
        self.rows.is_none() && self.codes.is_constant()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn codes_come_back(codes in prop::collection::vec(prop::option::of(0u32..600), 0..700)) {
            let column = Codes::of(codes.iter().copied());
            let read: Vec<_> = (0..codes.len()).map(|row| column.get(row)).collect();
            prop_assert_eq!(&read, &codes);
            let is_constant = codes.windows(2).all(|pair| pair[0] == pair[1]);
            prop_assert_eq!(column.is_constant(), is_constant);
        }
    }
}
