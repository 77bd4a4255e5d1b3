//! Spans that have not arrived, and below which tokens are reported. Inner spans end first, and so arrive first.

use std::collections::HashMap;

use super::Code;
use super::id::Id;
use super::row::Row;

/// The most spans that are waited for, about 100 bytes each. Some never arrive, since they are sent elsewhere.
const MOST: usize = 200_000;

/// The spans waited for, by project and id, with their trace.
#[derive(Debug, Default)]
pub(super) struct Outer(HashMap<(Code, Id), Id>);

impl Outer {
    pub(super) fn wait_for(&mut self, project: Code, id: Id, trace: Id) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert((project, id), trace);
    }

    /// Returns whether a row was waited for.
    pub(super) fn take(&mut self, row: &Row) -> bool {
        let key = (row.project, row.id.clone());
        let is_awaited = self.0.get(&key).is_some_and(|trace| *trace == row.trace);
        is_awaited && self.0.remove(&key).is_some()
    }
}
