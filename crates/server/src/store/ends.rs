//! Ends of calls whose start has not arrived: the parts of a call arrive in any order, and an end alone cannot be shown
//! as a call. Such ends wait in a separate table.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use spanloom_core::{Json, Record, Timestamp};

/// The end of a call, as W&B's clients send it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CallEnd {
    pub(crate) project_id: String,
    pub(crate) id: String,
    pub(crate) ended_at: Timestamp,
    #[serde(default)]
    pub(crate) output: Option<Json>,
    #[serde(default)]
    pub(crate) summary: Option<Map<String, Value>>,
    #[serde(default)]
    pub(crate) exception: Option<String>,
    /// A name that the TypeScript client sends with the end.
    #[serde(default)]
    pub(crate) display_name: Option<String>,
}

impl CallEnd {
    /// Completes a record with this end.
    pub(crate) fn complete(self, record: &mut Record) {
        record.ended_at = Some(self.ended_at);
        record.exception = self.exception;
        record.output = self.output.or(record.output.take());
        record.summary.extend(self.summary.unwrap_or_default());
        record.display_name = self.display_name.or(record.display_name.take());
    }
}

impl CallEnd {
    /// Merges two ends of one call: `self` is later and takes precedence, and `earlier` fills in what `self` lacks.
    pub(super) fn over(mut self, earlier: Self) -> Self {
        self.output = self.output.or(earlier.output);
        self.display_name = self.display_name.or(earlier.display_name);
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

/// The most ends that wait; the oldest go.
const MOST: i64 = 100_000;

/// Removes the oldest ends, if too many wait: the start of some never arrives.
pub(super) fn bound(connection: &Connection) -> rusqlite::Result<()> {
    let select = "DELETE FROM call_end WHERE rowid <= (SELECT max(rowid) FROM call_end) - ?1";
    connection.prepare_cached(select)?.execute([MOST]).map(drop)
}

/// Returns whether any end is waiting.
pub(super) fn any(connection: &Connection) -> rusqlite::Result<bool> {
    let mut select = connection.prepare_cached("SELECT EXISTS(SELECT 1 FROM call_end)")?;
    select.query_row([], |row| row.get(0))
}

/// Stores a waiting end, merged with an earlier waiting end of the same call.
pub(super) fn put(connection: &Connection, end: &CallEnd) -> rusqlite::Result<()> {
    let end = match take(connection, &end.project_id, &end.id)? {
        Some(earlier) => &end.clone().over(earlier),
        None => end,
    };
    let text = serde_json::to_string(end)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let mut insert = connection
        .prepare_cached("INSERT OR REPLACE INTO call_end(project, id, part) VALUES(?1, ?2, ?3)")?;
    insert
        .execute(params![end.project_id, end.id, text])
        .map(drop)
}

/// Removes and returns the end that waits for a call.
pub(super) fn take(
    connection: &Connection,
    project: &str,
    id: &str,
) -> rusqlite::Result<Option<CallEnd>> {
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
