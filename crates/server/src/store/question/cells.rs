//! Measures by group and by time bucket, while they are collected.

use super::bins::Bins;
use super::breakdown::Series;
use super::measures::{Measured, Measures};

/// A cell for each slot and bucket.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    bins: Bins,
    cells: Vec<Measures>,
    with_times: bool,
    /// The bucket of the last call, with its edges: calls arrive about in the order of their start.
    last: (i64, i64, usize),
}

impl Cells {
    pub(super) fn new(bins: Bins, slots: usize, with_times: bool) -> Self {
        let mut cells = Vec::new();
        cells.resize_with(slots * bins.count, Measures::default);
        Self {
            bins,
            cells,
            with_times,
            last: (0, 0, 0),
        }
    }

    #[inline]
    pub(super) fn add(&mut self, slot: usize, call: &Measured) {
        let Some(bin) = self.bin(call.started_at) else {
            return;
        };
        if let Some(cell) = self.cells.get_mut(slot * self.bins.count + bin) {
            cell.add(call, self.with_times);
        }
    }

    /// Adds calls that are measured already, of one bucket.
    pub(super) fn add_sum(&mut self, slot: usize, bin: usize, calls: &Measures) {
        if let Some(cell) = self.cells.get_mut(slot * self.bins.count + bin) {
            match self.with_times {
                true => cell.merge(calls),
                false => cell.merge_without_times(calls),
            }
        }
    }

    #[inline]
    fn bin(&mut self, time: i64) -> Option<usize> {
        let (from, to, bin) = self.last;
        if (from..to).contains(&time) {
            return Some(bin);
        }
        let bin = self.bins.of(time)?;
        let before = i64::try_from(bin).ok()?.saturating_mul(self.bins.width);
        let from = self.bins.first.saturating_add(before);
        self.last = (from, from.saturating_add(self.bins.width), bin);
        Some(bin)
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (own, other) in self.cells.iter_mut().zip(&other.cells) {
            own.merge(other);
        }
    }

    /// Returns the series of each slot.
    pub(super) fn into_series(self) -> Vec<Series> {
        let slots = self.cells.chunks(self.bins.count.max(1));
        slots.map(|bins| Series::of(bins.to_vec())).collect()
    }
}
