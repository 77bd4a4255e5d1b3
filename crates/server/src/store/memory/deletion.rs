//! The deletion of calls.

use std::collections::{BTreeSet, HashMap};
use std::sync::PoisonError;

use super::Memory;
use crate::store::facts::{SEGMENT, Traces};

/// The most calls that are deleted at a time: other writes wait meanwhile.
const STEP: usize = 256;

/// The most segments that are built anew at a time.
const SEGMENTS: usize = 4;

/// How calls are deleted, with all calls below them.
#[derive(Debug, Default)]
pub(in crate::store) struct Plan {
    /// Places, sorted within a step. Calls come before those that they are below, so that they are still found by
    /// them if the deletion is interrupted.
    pub(in crate::store) steps: Vec<Vec<usize>>,
    /// The traces of which other calls stay.
    mixed: Traces,
    /// The number of places that were looked at.
    len: usize,
}

/// A step of a deletion: what it changes in memory.
#[derive(Debug, Default)]
pub(in crate::store) struct Deletion {
    /// The places of the calls, sorted.
    pub(in crate::store) places: Vec<usize>,
    /// The places of spans that may count again: no span below them may report tokens any more.
    pub(in crate::store) marked: Vec<usize>,
    /// The places of all calls that stay in the traces.
    others: Vec<usize>,
    /// The traces of the calls.
    traces: Traces,
}

impl Memory {
    /// Plans the deletion of the calls at places.
    pub(in crate::store) fn plan_deletion(&self, places: &[usize]) -> Plan {
        let traces = self.traces_of(places);
        let members = self.rows.traces(&traces);
        let mut below: HashMap<usize, Vec<usize>> = HashMap::new();
        for place in &members {
            let parent = self.rows.get(*place).and_then(|row| self.parent(&row));
            if let Some(parent) = parent {
                below.entry(parent).or_default().push(*place);
            }
        }
        let mut found: BTreeSet<usize> = BTreeSet::new();
        let mut open: Vec<usize> = places.to_vec();
        while let Some(place) = open.pop() {
            if found.insert(place) {
                open.extend(below.get(&place).into_iter().flatten());
            }
        }
        let stays = members.iter().filter(|place| !found.contains(place));
        let mixed = self.traces_of(&stays.copied().collect::<Vec<_>>());
        let mut sorted: Vec<(usize, usize)> = heights(&found, &below)
            .map(|(place, height)| (height, place))
            .collect();
        sorted.sort_unstable();
        let places: Vec<usize> = sorted.into_iter().map(|(_, place)| place).collect();
        Plan {
            steps: steps(&places),
            mixed,
            len: self.rows.len(),
        }
    }

    /// Returns what a step of a plan changes. Places without a call are left out.
    pub(in crate::store) fn deletion(&self, step: &[usize], plan: &Plan) -> Deletion {
        let is_call = |place: &usize| self.rows.get(*place).is_some_and(|row| !row.is_hole());
        let places: Vec<usize> = step.iter().copied().filter(is_call).collect();
        let traces = self.traces_of(&places);
        // Calls may have arrived since the plan was made.
        let new: Vec<usize> = (plan.len..self.rows.len()).collect();
        let mut mixed = self.traces_of(&new);
        mixed.extend(plan.mixed.iter().cloned());
        mixed.retain(|trace| traces.contains(trace));
        let mut others = self.rows.traces(&mixed);
        others.retain(|place| places.binary_search(place).is_err());
        let is_marked = |place: &&usize| self.rows.is_reported_below(**place);
        Deletion {
            marked: others.iter().filter(is_marked).copied().collect(),
            places,
            others,
            traces,
        }
    }

    fn traces_of(&self, places: &[usize]) -> Traces {
        let rows = places.iter().filter_map(|place| self.rows.get(*place));
        rows.filter(|row| !row.is_hole())
            .map(|row| (row.project, row.trace.clone()))
            .collect()
    }

    /// Deletes calls, and marks the spans around them anew.
    pub(in crate::store) fn delete(&mut self, deletion: &Deletion) {
        self.places
            .outer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .forget(&deletion.traces);
        self.forget_ids(deletion.places.iter().copied());
        self.rows.delete(&deletion.places);
        for place in &deletion.marked {
            self.rows.change(*place, |row| row.reported_below = false);
        }
        for place in &deletion.others {
            self.count_once(*place);
        }
    }
}

/// Divides places, in their order, into steps of so many calls and segments.
fn steps(places: &[usize]) -> Vec<Vec<usize>> {
    let mut steps: Vec<Vec<usize>> = Vec::new();
    let mut segments: BTreeSet<usize> = BTreeSet::new();
    for place in places {
        let segment = place / SEGMENT;
        let is_full = match steps.last() {
            Some(step) if step.len() < STEP => {
                segments.len() >= SEGMENTS && !segments.contains(&segment)
            }
            _ => true,
        };
        if is_full {
            segments.clear();
            steps.push(Vec::new());
        }
        segments.insert(segment);
        if let Some(step) = steps.last_mut() {
            step.push(*place);
        }
    }
    steps.iter_mut().for_each(|step| step.sort_unstable());
    steps
}

/// Returns how many levels of calls are below each place at most. Places that are below themselves come last.
fn heights(
    found: &BTreeSet<usize>,
    below: &HashMap<usize, Vec<usize>>,
) -> impl Iterator<Item = (usize, usize)> {
    let mut parents: HashMap<usize, usize> = HashMap::new();
    let mut open_children: HashMap<usize, usize> = HashMap::new();
    for (parent, children) in below.iter().filter(|(parent, _)| found.contains(parent)) {
        open_children.insert(*parent, children.len());
        parents.extend(children.iter().map(|child| (*child, *parent)));
    }
    let mut heights: HashMap<usize, usize> = HashMap::new();
    let leaves = found
        .iter()
        .filter(|place| !open_children.contains_key(place));
    let mut done: Vec<usize> = leaves.copied().collect();
    while let Some(place) = done.pop() {
        let height = *heights.entry(place).or_default();
        let Some(parent) = parents.get(&place) else {
            continue;
        };
        let of_parent = heights.entry(*parent).or_default();
        *of_parent = (*of_parent).max(height + 1);
        if let Some(open) = open_children.get_mut(parent) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                done.push(*parent);
            }
        }
    }
    let in_circles: Vec<usize> = open_children
        .into_iter()
        .filter_map(|(place, open)| (open > 0).then_some(place))
        .collect();
    for place in in_circles {
        heights.insert(place, usize::MAX);
    }
    heights.into_iter()
}
