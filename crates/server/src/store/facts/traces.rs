//! The rows of traces.

use std::collections::HashSet;

use super::Facts;
use crate::store::{Code, Id};

/// Traces, each with its project.
pub(crate) type Traces = HashSet<(Code, Id)>;

impl Facts {
    /// Returns the places of a trace's rows, in order.
    pub(crate) fn trace(&self, project: Code, trace: &Id) -> Vec<usize> {
        self.traces(&Traces::from([(project, trace.clone())]))
    }

    /// Returns the places of the rows of traces, in order.
    pub(crate) fn traces(&self, wanted: &Traces) -> Vec<usize> {
        let mut places = Vec::new();
        if wanted.is_empty() {
            return places;
        }
        let ids: HashSet<&Id> = wanted.iter().map(|(_, trace)| trace).collect();
        for (first, sealed) in self.sealed() {
            let (segment, before) = (&sealed.segment, places.len());
            let indexes = segment.trace.indexes_of(&ids);
            if !indexes.is_empty() {
                let is_of = |row: &usize| {
                    let index = segment.trace.indexes().get(*row);
                    index.is_some_and(|index| indexes.contains(&index))
                        && !sealed.changed.contains_key(row)
                        && segment.project.get(*row).is_some_and(|project| {
                            let trace = segment.trace.get(*row);
                            trace.is_some_and(|trace| wanted.contains(&(project, trace)))
                        })
                };
                places.extend((0..segment.len()).filter(is_of).map(|row| first + row));
            }
            for (index, row) in sealed.changed.iter() {
                if wanted.contains(&(row.project, row.trace.clone())) {
                    places.push(first + index);
                }
            }
            if let Some(of_segment) = places.get_mut(before..) {
                of_segment.sort_unstable();
            }
        }
        for (place, row) in self.open() {
            if ids.contains(&row.trace) && wanted.contains(&(row.project, row.trace.clone())) {
                places.push(place);
            }
        }
        places.retain(|place| *place >= self.first);
        places
    }
}
