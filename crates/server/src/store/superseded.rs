//! Payloads of calls of which a later part has arrived: they stay in their frames, and are found when a call is deleted.

use rusqlite::{Connection, params};

use super::frame::Location;
use super::schema;

/// Notes that the payload at a location was the one of the call at `loc`.
pub(super) fn put(
    connection: &Connection,
    loc: i64,
    (frame, slot): Location,
) -> rusqlite::Result<()> {
    let insert = "INSERT OR IGNORE INTO superseded(loc, frame, slot) VALUES(?1, ?2, ?3)";
    let mut insert = connection.prepare_cached(insert)?;
    match insert.execute(params![loc, frame, slot]) {
        // A damaged page must not refuse new parts.
        Err(error) if schema::is_damage(&error) => Ok(()),
        inserted => inserted.map(drop),
    }
}

/// Removes and returns the locations of a call's earlier payloads.
pub(super) fn take(connection: &Connection, loc: i64) -> rusqlite::Result<Vec<Location>> {
    let select = "SELECT frame, slot FROM superseded WHERE loc = ?1";
    let mut select = connection.prepare_cached(select)?;
    let locations = select.query_map([loc], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let locations = locations.collect::<rusqlite::Result<Vec<Location>>>()?;
    if !locations.is_empty() {
        let mut delete = connection.prepare_cached("DELETE FROM superseded WHERE loc = ?1")?;
        delete.execute([loc])?;
    }
    Ok(locations)
}
