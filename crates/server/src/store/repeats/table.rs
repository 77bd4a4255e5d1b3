//! The stored texts in the file.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{MOST, NewText, Repeats, TextHash, period};
use crate::store::frame::Payloads;
use crate::store::schema;

/// Loads the texts to which the calls after `frame` can refer. Those that cannot be read are stored anew.
pub(in crate::store) fn load(connection: &Connection, frame: i64) -> rusqlite::Result<Repeats> {
    let most = i64::try_from(MOST).unwrap_or(0);
    let load = || {
        let mut select = connection.prepare(
            "SELECT hash, number FROM text WHERE period = ?1 ORDER BY number DESC LIMIT ?2",
        )?;
        let stored = select.query_map(params![period(frame), most], |row| {
            let hash: TextHash = row.get(0)?;
            Ok((hash, row.get(1)?))
        })?;
        stored.collect::<rusqlite::Result<Vec<_>>>()
    };
    match load() {
        Err(error) if schema::is_damage(&error) => Ok(Repeats::new(frame, [])),
        stored => Ok(Repeats::new(frame, stored?)),
    }
}

/// Returns the number of the last text, or a number far behind it if the table cannot be read to its end.
pub(in crate::store) fn last(connection: &Connection) -> rusqlite::Result<i64> {
    const FAR: i64 = 1 << 40;
    let select = "SELECT ifnull(max(number), 0) FROM text";
    match connection.query_row(select, [], |row| row.get(0)) {
        Err(error) if schema::is_damage(&error) => Ok(FAR),
        last => last,
    }
}

/// Writes a text for the period of a frame.
pub(in crate::store) fn write(
    connection: &Connection,
    number: i64,
    frame: i64,
    new: &NewText,
) -> rusqlite::Result<()> {
    let mut insert = connection
        .prepare_cached("INSERT INTO text(number, period, hash, data) VALUES(?1, ?2, ?3, ?4)")?;
    insert.execute(params![number, period(frame), new.hash, new.data])?;
    Ok(())
}

/// Reads a text; returns `None` if it is damaged or missing.
pub(in crate::store) fn read(
    connection: &Connection,
    number: i64,
) -> rusqlite::Result<Option<String>> {
    let mut select = connection.prepare_cached("SELECT data FROM text WHERE number = ?1")?;
    let data: Option<Vec<u8>> = match select.query_row([number], |row| row.get(0)).optional() {
        Err(error) if schema::is_damage(&error) => None,
        data => data?,
    };
    let payloads = data.and_then(|data| Payloads::unpack(&data).ok());
    Ok(payloads.and_then(|payloads| payloads.get(0).map(str::to_owned)))
}

/// Removes the texts to which no frame from `frame` on refers.
pub(in crate::store) fn remove_before(connection: &Connection, frame: i64) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached("DELETE FROM text WHERE period < ?1")?;
    delete.execute([period(frame)])?;
    Ok(())
}
