//! The deletion of rows.

use std::borrow::Cow;

use super::{Facts, SEGMENT, Sealed};
use crate::store::Row;

impl Facts {
    /// Replaces the rows at places, which are sorted, by rows without a call. Their segments are built anew, so that
    /// nothing of them is left.
    pub(in crate::store) fn delete(&mut self, places: &[usize]) {
        for of_segment in places.chunk_by(|one, next| one / SEGMENT == next / SEGMENT) {
            let number = of_segment.first().map_or(0, |place| place / SEGMENT);
            let Some(sealed) = self.sealed.get_mut(number) else {
                for place in of_segment {
                    self.change(*place, |row| *row = Row::deleted());
                }
                continue;
            };
            let row = |index: usize| match of_segment.binary_search(&(number * SEGMENT + index)) {
                Ok(_) => Cow::Owned(Row::deleted()),
                Err(_) => sealed.row(index),
            };
            let rows: Vec<_> = (0..sealed.segment.len()).map(row).collect();
            let rows: Vec<&Row> = rows.iter().map(AsRef::as_ref).collect();
            *sealed = Sealed::of(&rows);
        }
    }
}
