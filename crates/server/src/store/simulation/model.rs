//! The plain list of calls with which a store is compared.

use std::collections::{HashMap, HashSet};

use super::sent::Part;

/// A call, by its number.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) n: u64,
    pub(super) ended: bool,
    pub(super) deleted: bool,
}

/// The plain list of calls, by arrival.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) calls: Vec<Call>,
    pub(super) places: HashMap<u64, usize>,
    waiting: HashSet<u64>,
    pub(super) first: usize,
}

impl Model {
    pub(super) fn apply(&mut self, part: Part) {
        let (n, ends) = match part {
            Part::Start(n) => (n, false),
            Part::Whole(n) => (n, true),
            Part::End(n) if !self.places.contains_key(&n) => {
                self.waiting.insert(n);
                return;
            }
            Part::End(n) => (n, true),
        };
        let has_waited = self.waiting.remove(&n);
        let ends = ends || has_waited;
        let next = self.calls.len();
        let place = *self.places.entry(n).or_insert(next);
        if place == next {
            self.calls.push(Call {
                n,
                ended: ends,
                deleted: false,
            });
        } else {
            self.calls[place].ended |= ends;
        }
    }

    pub(super) fn remove_before(&mut self, first: usize) {
        for place in self.first..first {
            let n = self.calls[place].n;
            if self.places.get(&n) == Some(&place) {
                self.places.remove(&n);
            }
        }
        self.first = first;
    }

    /// Returns the calls that are there, with their places.
    pub(super) fn live(&self) -> impl Iterator<Item = (usize, &Call)> {
        let calls = self.calls.iter().enumerate().skip(self.first);
        calls.filter(|(_, call)| !call.deleted)
    }

    /// Deletes the call at a place.
    pub(super) fn delete(&mut self, place: usize) {
        self.calls[place].deleted = true;
        self.places.remove(&self.calls[place].n);
    }
}
