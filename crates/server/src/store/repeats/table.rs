//! The stored texts in the file.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{MOST, NewText, Repeats, TextHash, hash, period, units, whole};
use crate::store::frame::Payloads;
use crate::store::schema;

/// Loads the texts to which the calls after `frame` can refer. Those that cannot be read are stored anew.
pub(in crate::store) fn load(connection: &Connection, frame: i64) -> rusqlite::Result<Repeats> {
    let most = i64::try_from(MOST).unwrap_or(0);
    let load = || {
        let mut select = connection.prepare(
            "SELECT hash, number, data FROM text WHERE period = ?1 ORDER BY number DESC LIMIT ?2",
        )?;
        let mut rows = select.query(params![period(frame), most])?;
        let mut stored = Vec::new();
        while let Some(row) = rows.next()? {
            let hash: TextHash = row.get(0)?;
            // Calls that referred to a damaged text would lose it.
            if text(row.get_ref(2)?.as_blob()?).is_some() {
                stored.push((hash, row.get(1)?));
            }
        }
        Ok(stored)
    };
    let stored = or_damage(load(), Vec::new())?;
    let select = "SELECT ifnull(sum(length(data)), 0) FROM text WHERE period = ?1";
    let bytes = connection.query_row(select, [period(frame)], |row| row.get(0));
    // Nothing more is stored in the period if the size of its texts is unknown.
    let bytes: i64 = or_damage(bytes, i64::MAX)?;
    Ok(Repeats::new(
        frame,
        stored,
        u64::try_from(bytes).unwrap_or(0),
    ))
}

/// Replaces the result of a table that is damaged.
pub(super) fn or_damage<T>(result: rusqlite::Result<T>, instead: T) -> rusqlite::Result<T> {
    match result {
        Err(error) if schema::is_damage(&error) => Ok(instead),
        result => result,
    }
}

/// Returns the number of the last text. If the table cannot be read to its end, it is far behind those of all frames.
pub(in crate::store) fn last(connection: &Connection, frame: i64) -> rusqlite::Result<i64> {
    const FAR: i64 = 1 << 40;
    const TEXTS: i64 = 1 << 12;
    let select = "SELECT ifnull(max(number), 0) FROM text";
    let far = FAR.saturating_add(frame.saturating_mul(TEXTS));
    or_damage(connection.query_row(select, [], |row| row.get(0)), far)
}

/// Writes a text for the period of a frame. Returns false, and writes nothing, if the table is damaged: calls can do without
/// it.
pub(in crate::store) fn write(
    connection: &Connection,
    number: i64,
    frame: i64,
    new: &NewText,
) -> rusqlite::Result<bool> {
    let mut insert = connection
        .prepare_cached("INSERT INTO text(number, period, hash, data) VALUES(?1, ?2, ?3, ?4)")?;
    let written = insert.execute(params![number, period(frame), new.hash, new.data]);
    or_damage(written.map(|_| true), false)
}

/// Reads a text; returns `None` if it is damaged or missing.
pub(in crate::store) fn read(
    connection: &Connection,
    number: i64,
) -> rusqlite::Result<Option<String>> {
    let mut select = connection.prepare_cached("SELECT data FROM text WHERE number = ?1")?;
    let data = select.query_row([number], |row| row.get(0)).optional();
    let data: Option<Vec<u8>> = or_damage(data, None)?;
    Ok(data.and_then(|data| text(&data)))
}

fn text(data: &[u8]) -> Option<String> {
    Payloads::unpack(data).ok()?.get(0).map(str::to_owned)
}

/// Returns the numbers and the periods of the stored texts that a payload has or is without.
pub(in crate::store) fn stored_of(
    connection: &Connection,
    project: &str,
    payload: &str,
) -> rusqlite::Result<Vec<(i64, i64)>> {
    let text = |number| read(connection, number).ok().flatten();
    let Some((whole, _)) = whole(payload, text) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for unit in units::of(&whole) {
        let text = whole.get(unit).unwrap_or_default();
        let mut select =
            connection.prepare_cached("SELECT number, period FROM text WHERE hash = ?1")?;
        let mut rows = select.query([hash(project, text)])?;
        while let Some(row) = rows.next()? {
            found.push((row.get(0)?, row.get(1)?));
        }
    }
    Ok(found)
}

/// Removes a text.
pub(in crate::store) fn remove(connection: &Connection, number: i64) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached("DELETE FROM text WHERE number = ?1")?;
    or_damage(delete.execute([number]).map(drop), ())
}

/// Removes the texts to which no frame from `frame` on refers.
pub(in crate::store) fn remove_before(connection: &Connection, frame: i64) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached("DELETE FROM text WHERE period < ?1")?;
    or_damage(delete.execute([period(frame)]).map(drop), ())
}
