//! Spans that have not arrived, and below which tokens are reported. Inner spans end first, and so arrive first.

use std::collections::HashMap;

use super::Code;
use super::facts::Traces;
use super::id::Id;
use super::row::Row;

/// The most spans that are waited for, about 100 bytes each. Some never arrive, since they are sent elsewhere.
const MOST: usize = 200_000;

/// The spans waited for, by project and id, with their trace and the start of the first span below that reports tokens.
#[derive(Debug, Default)]
pub(super) struct Outer(HashMap<(Code, Id), (Id, i64)>);

impl Outer {
    pub(super) fn wait_for(&mut self, project: Code, id: Id, trace: Id, start: i64) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        let awaited = self
            .0
            .entry((project, id))
            .or_insert((trace.clone(), start));
        if awaited.0 == trace {
            awaited.1 = awaited.1.min(start);
        } else {
            *awaited = (trace, start);
        }
    }

    /// Returns the start of the first span below a row, if the row was waited for.
    pub(super) fn take(&mut self, row: &Row) -> Option<i64> {
        let key = (row.project, row.id.without(&row.trace));
        let (_, start) = self.0.get(&key).filter(|(trace, _)| *trace == row.trace)?;
        let start = *start;
        self.0.remove(&key);
        Some(start)
    }

    /// Waits no longer for spans of traces.
    pub(super) fn forget(&mut self, traces: &Traces) {
        self.0
            .retain(|(project, _), (trace, _)| !traces.contains(&(*project, trace.clone())));
    }
}
