//! Spans below which spans report tokens: theirs are the same tokens again, and count once.

use std::sync::{Arc, PoisonError};

use super::Memory;

/// The most levels of spans that are followed outwards.
const DEEPEST: usize = 256;

impl Memory {
    /// Marks the spans around all spans that report tokens, where a segment was read that does not know its later rows.
    pub(in crate::store) fn count_all_once(&mut self) {
        for place in self.rows.first()..self.rows.first_open() {
            let Some((parent, reports)) = self.rows.reports_to(place) else {
                continue;
            };
            let project = self.rows.project(place).unwrap_or_default();
            let is_marked = |parent: usize| {
                self.rows.is_reported_below(parent)
                    && self.rows.trace_of(parent) == self.rows.trace_of(place)
            };
            if reports && !self.find(project, &parent).is_some_and(is_marked) {
                self.count_once(place);
            }
        }
    }

    /// Marks the spans around a span that reports tokens: theirs are the same tokens again. A span that had ended before is
    /// not around it, although it is its parent: some instrumentations never leave the context of a call.
    pub(super) fn count_once(&mut self, place: usize) {
        let places = Arc::clone(&self.places);
        let mut outer = places.outer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(row) = self.rows.get(place) else {
            return;
        };
        let awaited = outer.take(&row);
        let is_around = awaited.is_some_and(|start| row.is_around(start));
        let reported_below = row.reported_below || is_around;
        let reports = row.total_tokens().is_some() || reported_below;
        let own = reports.then_some(row.started_at);
        let is_news = reported_below != row.reported_below;
        drop(row);
        if is_news {
            self.rows.change(place, |row| row.reported_below = true);
        }
        let Some(start) = own.into_iter().chain(awaited).min() else {
            return;
        };
        let mut inner = place;
        for _ in 0..DEEPEST {
            let Some(row) = self.rows.get(inner) else {
                return;
            };
            let Some(parent) = &row.parent else {
                return;
            };
            let Some(parent_place) = self.parent(&row) else {
                return outer.wait_for(row.project, parent.clone(), row.trace.clone(), start);
            };
            // A span is not around itself, whatever it was sent with.
            if parent_place == place {
                return;
            }
            drop(row);
            let Some(parent) = self.rows.get(parent_place) else {
                return;
            };
            let is_marked = parent.reported_below;
            let is_around = parent.is_around(start);
            drop(parent);
            match (is_around, is_marked) {
                (false, _) => {}
                (true, false) => self
                    .rows
                    .change(parent_place, |row| row.reported_below = true),
                // The spans around it are marked already.
                (true, true) => return,
            }
            inner = parent_place;
        }
    }
}
