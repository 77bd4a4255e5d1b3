//! Reading a table of which pages are damaged: what cannot be read is passed over.

use std::ops::Range;

use rusqlite::{Connection, Row};

use super::schema;

/// The keys that are tried one by one after damage.
const NEAR: i64 = 4_096;

/// Calls `each` with every row that can be read, and its key. `select` must return rows with a key from `?1` and below `?2`, sorted by
/// the key, which is the first column. An error that is not damage ends the reading.
pub(super) fn salvage(
    connection: &Connection,
    select: &str,
    keys: Range<i64>,
    mut each: impl FnMut(i64, &Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut next = keys.start;
    while next < keys.end {
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = connection.prepare_cached(select)?;
            let mut rows = statement.query([next, keys.end])?;
            while let Some(row) = rows.next()? {
                let key: i64 = row.get(0)?;
                each(key, row)?;
                next = key.saturating_add(1);
            }
            Ok(())
        };
        match read() {
            Err(error) if schema::is_damage(&error) => {
                next = next_readable(connection, select, next..keys.end)?;
            }
            read => return read,
        }
    }
    Ok(())
}

/// Returns the least key, after the first, from which on the table can be read; else the end.
fn next_readable(connection: &Connection, select: &str, keys: Range<i64>) -> rusqlite::Result<i64> {
    let is_readable = |key: i64| -> rusqlite::Result<bool> {
        let mut statement = connection.prepare_cached(select)?;
        let mut rows = statement.query([key, keys.end])?;
        match rows.next() {
            Err(error) if schema::is_damage(&error) => Ok(false),
            row => row.map(|_| true),
        }
    };
    // Pages hold tens of rows: near keys one by one, so that none between two damaged pages is missed.
    let near = keys.start.saturating_add(NEAR).min(keys.end);
    for key in keys.start.saturating_add(1)..near {
        if is_readable(key)? {
            return Ok(key);
        }
    }
    let (mut damaged, mut step) = (near.saturating_sub(1), NEAR);
    let mut found = loop {
        let key = damaged.saturating_add(step);
        if key >= keys.end {
            return Ok(keys.end);
        }
        if is_readable(key)? {
            break key;
        }
        damaged = key;
        step = step.saturating_mul(2);
    };
    while found - damaged > 1 {
        let middle = damaged + (found - damaged) / 2;
        match is_readable(middle)? {
            true => found = middle,
            false => damaged = middle,
        }
    }
    Ok(found)
}
