//! The deletion of calls.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::PoisonError;

use super::Memory;
use crate::store::{Code, Id};

/// A deletion: what it changes in memory.
#[derive(Debug, Default)]
pub(in crate::store) struct Deletion {
    /// The places of the calls, sorted.
    pub(in crate::store) places: Vec<usize>,
    /// The places of the spans around deleted ones, which may count again: no span below them may report tokens any more.
    pub(in crate::store) around: Vec<usize>,
    /// The traces with such spans.
    traces: HashSet<(Code, Id)>,
}

impl Memory {
    /// Returns the places of calls and of all calls below them, sorted.
    pub(in crate::store) fn with_descendants(&self, places: &[usize]) -> Vec<usize> {
        let rows = places.iter().filter_map(|place| self.rows.get(*place));
        let traces: HashSet<(Code, Id)> = rows
            .filter(|row| !row.is_hole())
            .map(|row| (row.project, row.trace.clone()))
            .collect();
        let mut found: BTreeSet<usize> = places.iter().copied().collect();
        for (project, trace) in traces {
            let mut children: HashMap<usize, Vec<usize>> = HashMap::new();
            let mut open: Vec<usize> = Vec::new();
            for place in self.rows.trace(project, &trace) {
                let parent = self.rows.get(place).and_then(|row| self.parent(&row));
                if let Some(parent) = parent {
                    children.entry(parent).or_default().push(place);
                }
                open.extend(Some(place).filter(|place| found.contains(place)));
            }
            while let Some(place) = open.pop() {
                let below = children.remove(&place).unwrap_or_default();
                found.extend(&below);
                open.extend(below);
            }
        }
        found.into_iter().collect()
    }

    /// Returns what the deletion of the calls at places changes. Places without a call are left out.
    pub(in crate::store) fn deletion(&self, places: &[usize]) -> Deletion {
        let is_call = |place: &usize| self.rows.get(*place).is_some_and(|row| !row.is_hole());
        let mut places: Vec<usize> = places.iter().copied().filter(is_call).collect();
        places.sort_unstable();
        places.dedup();
        let is_deleted = |place: usize| places.binary_search(&place).is_ok();
        let rows = places.iter().filter_map(|place| self.rows.get(*place));
        let reports = rows.filter(|row| {
            row.parent.is_some() && (row.total_tokens().is_some() || row.reported_below)
        });
        let traces: HashSet<(Code, Id)> = reports
            .filter(|row| !self.parent(row).is_some_and(is_deleted))
            .map(|row| (row.project, row.trace.clone()))
            .collect();
        let of_traces = traces
            .iter()
            .flat_map(|(project, trace)| self.rows.trace(*project, trace));
        let around = of_traces
            .filter(|place| !is_deleted(*place) && self.rows.is_reported_below(*place))
            .collect();
        Deletion {
            places,
            around,
            traces,
        }
    }

    /// Deletes calls, and marks the spans around them anew.
    pub(in crate::store) fn delete(&mut self, deletion: &Deletion) {
        {
            let places = &self.places;
            let mut outer = places.outer.lock().unwrap_or_else(PoisonError::into_inner);
            let rows = deletion.places.iter();
            for row in rows.filter_map(|place| self.rows.get(*place)) {
                outer.forget_parent(&row);
            }
        }
        self.forget_ids(deletion.places.iter().copied());
        self.rows.delete(&deletion.places);
        for place in &deletion.around {
            self.rows.change(*place, |row| row.reported_below = false);
        }
        for (project, trace) in &deletion.traces {
            for place in self.rows.trace(*project, trace) {
                self.count_once(place);
            }
        }
    }
}
