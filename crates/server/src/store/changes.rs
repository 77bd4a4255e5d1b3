//! What changes a call after its start: its end, or another name. The parts of a call arrive in any order, and what arrives
//! before the start cannot be shown as a call: it waits in a separate table.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use spanloom_core::{Json, Record, Timestamp};

/// A change of a call, as W&B's clients send it: its end, or another display name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CallChange {
    pub(crate) project_id: String,
    pub(crate) id: String,
    /// The end; `None` if only the name changes.
    #[serde(default)]
    pub(crate) ended_at: Option<Timestamp>,
    #[serde(default)]
    pub(crate) output: Option<Json>,
    #[serde(default)]
    pub(crate) summary: Option<Map<String, Value>>,
    #[serde(default)]
    pub(crate) exception: Option<String>,
    /// The step of the call's run at its end.
    #[serde(default)]
    pub(crate) wb_run_step_end: Option<i64>,
    /// The new name; an empty one removes the name.
    #[serde(default)]
    pub(crate) display_name: Option<String>,
}

impl CallChange {
    /// Changes a record.
    pub(crate) fn apply(self, record: &mut Record) {
        if self.ended_at.is_some() {
            record.ended_at = self.ended_at;
            record.exception = self.exception;
            record.output = self.output.or(record.output.take());
            record.summary.extend(self.summary.unwrap_or_default());
        }
        if self.wb_run_step_end.is_some() {
            record.run.get_or_insert_default().step_end = self.wb_run_step_end;
        }
        if let Some(name) = self.display_name {
            record.display_name = Some(name).filter(|name| !name.is_empty());
        }
    }

    /// Merges two changes of one call: `self` is later and takes precedence, and `earlier` fills in what `self` lacks.
    pub(super) fn over(mut self, earlier: Self) -> Self {
        if self.ended_at.is_none() {
            self.ended_at = earlier.ended_at;
            self.exception = earlier.exception;
        }
        self.output = self.output.or(earlier.output);
        self.display_name = self.display_name.or(earlier.display_name);
        self.wb_run_step_end = self.wb_run_step_end.or(earlier.wb_run_step_end);
        let mut summary = earlier.summary.unwrap_or_default();
        summary.extend(self.summary.unwrap_or_default());
        self.summary = Some(summary);
        self
    }

    /// Returns the approximate size in bytes.
    pub(super) fn bytes(&self) -> usize {
        let summary = self
            .summary
            .as_ref()
            .map(|summary| Json::from_value(summary).as_str().len());
        let output = self.output.as_ref().map(|output| output.as_str().len());
        let exception = self.exception.as_ref().map(String::len);
        [summary, output, exception]
            .into_iter()
            .flatten()
            .sum::<usize>()
            + self.id.len()
    }
}

/// The most changes that wait; the oldest go.
const MOST: i64 = 100_000;

/// Removes the oldest changes, if too many wait: the start of some never arrives.
pub(super) fn bound(connection: &Connection) -> rusqlite::Result<()> {
    let select = "DELETE FROM call_end WHERE rowid <= (SELECT max(rowid) FROM call_end) - ?1";
    connection.prepare_cached(select)?.execute([MOST]).map(drop)
}

/// Returns whether any change is waiting.
pub(super) fn any(connection: &Connection) -> rusqlite::Result<bool> {
    let mut select = connection.prepare_cached("SELECT EXISTS(SELECT 1 FROM call_end)")?;
    select.query_row([], |row| row.get(0))
}

/// Stores a waiting change, merged with an earlier one of the same call.
pub(super) fn put(connection: &Connection, change: &CallChange) -> rusqlite::Result<()> {
    let change = match take(connection, &change.project_id, &change.id)? {
        Some(earlier) => &change.clone().over(earlier),
        None => change,
    };
    let text = serde_json::to_string(change)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let mut insert = connection
        .prepare_cached("INSERT OR REPLACE INTO call_end(project, id, part) VALUES(?1, ?2, ?3)")?;
    insert
        .execute(params![change.project_id, change.id, text])
        .map(drop)
}

/// Removes and returns the change that waits for a call.
pub(super) fn take(
    connection: &Connection,
    project: &str,
    id: &str,
) -> rusqlite::Result<Option<CallChange>> {
    let mut select =
        connection.prepare_cached("SELECT part FROM call_end WHERE project = ?1 AND id = ?2")?;
    let part: Option<String> = select
        .query_row([project, id], |row| row.get(0))
        .optional()?;
    if part.is_some() {
        connection
            .prepare_cached("DELETE FROM call_end WHERE project = ?1 AND id = ?2")?
            .execute([project, id])?;
    }
    Ok(part.and_then(|part| serde_json::from_str(&part).ok()))
}
