//! The tables, and opening a file.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::id::Id;
use super::outcome;
use super::row::{Row, Status};
use super::salvage::salvage;
use super::upgrade;
use super::{Code, Dictionary};
use crate::error::{Error, ErrorKind};

/// The database that stores the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file, created if it does not exist.
    Path(PathBuf),
    /// A temporary file that is removed with the server.
    Temporary,
}

/// How long a connection waits for another one.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// `SPLM`, which distinguishes the file from databases of other programs.
pub(super) const APPLICATION: i32 = 0x5350_4c4d;
const VERSION: i32 = 5;

/// Integers only, with texts by code; `loc` is the arrival number. Payloads are found by frame and slot.
const TABLES: &str = "
CREATE TABLE dict(code INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE payload(frame INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE call(
  loc INTEGER PRIMARY KEY, project INTEGER NOT NULL, stream INTEGER NOT NULL,
  id BLOB NOT NULL, trace BLOB NOT NULL, parent BLOB, op_name INTEGER NOT NULL,
  thread INTEGER, user INTEGER, operation INTEGER, provider INTEGER, model INTEGER, request_model INTEGER,
  status INTEGER NOT NULL, outcome INTEGER, streamed INTEGER NOT NULL, usage_estimated INTEGER, cost_source INTEGER,
  started_at INTEGER NOT NULL, ended_at INTEGER, first_chunk INTEGER, attempts INTEGER,
  input_tokens INTEGER, output_tokens INTEGER, cached_tokens INTEGER, reasoning_tokens INTEGER,
  cost INTEGER, attributes BLOB NOT NULL, frame INTEGER NOT NULL, slot INTEGER NOT NULL) STRICT;
";

/// The tables that version 2 adds to version 1. Large columns come last: reading the rest does not traverse them.
const OBJECTS: &str = "
CREATE TABLE object(
  project TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, kind TEXT NOT NULL, base_class TEXT, leaf_class TEXT,
  version INTEGER NOT NULL, published INTEGER NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER,
  bytes INTEGER NOT NULL, val TEXT NOT NULL,
  UNIQUE(project, name, digest)) STRICT;
CREATE INDEX object_published ON object(published);
CREATE TABLE file(project TEXT NOT NULL, digest TEXT NOT NULL, data BLOB NOT NULL, UNIQUE(project, digest)) STRICT;
CREATE TABLE call_end(project TEXT NOT NULL, id TEXT NOT NULL, part TEXT NOT NULL, PRIMARY KEY(project, id)) STRICT;
";

/// The table that version 3 adds: copies of rows as columns, which may be missing.
const SEGMENTS: &str = "
CREATE TABLE segment(number INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
";

/// The table that version 4 adds, in which payloads have content that is not read yet, and texts that are stored apart.
const REPEATS: &str = "
CREATE TABLE text(number INTEGER PRIMARY KEY, period INTEGER NOT NULL, hash BLOB NOT NULL, data BLOB NOT NULL) STRICT;
";

/// The tables that version 5 adds: what has to be found when a call is deleted. `upgrade` has the last frame of an earlier
/// server, and the frames of it that were looked at since.
const DELETION: &str = "
CREATE INDEX text_hash ON text(hash);
CREATE TABLE upgrade(last INTEGER NOT NULL, done INTEGER NOT NULL) STRICT;
CREATE TABLE superseded(loc INTEGER NOT NULL, frame INTEGER NOT NULL, slot INTEGER NOT NULL, PRIMARY KEY(loc, frame, slot)) STRICT, WITHOUT ROWID;
CREATE TABLE frame_text(frame INTEGER PRIMARY KEY, texts TEXT NOT NULL) STRICT;
";

/// The tables of version 5 with what W&B's clients store besides calls and objects. A table is the digests of its rows.
const OTHERS: &str = "
CREATE TABLE table_row(project TEXT NOT NULL, digest TEXT NOT NULL, val TEXT NOT NULL, UNIQUE(project, digest)) STRICT;
CREATE TABLE table_rows(project TEXT NOT NULL, digest TEXT NOT NULL, rows TEXT NOT NULL, UNIQUE(project, digest)) STRICT;
CREATE TABLE document(
  kind TEXT NOT NULL, project TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL, created_at INTEGER NOT NULL,
  fields TEXT NOT NULL, UNIQUE(kind, project, id)) STRICT;
CREATE INDEX document_key ON document(kind, project, key);
CREATE INDEX document_project ON document(kind, project);
CREATE TABLE space(others INTEGER NOT NULL) STRICT;
INSERT INTO space VALUES(0);
";

/// Counts what an earlier server has stored besides calls.
const COUNT_OTHERS: &str = "
UPDATE space SET others = (SELECT ifnull(sum(octet_length(val)), 0) FROM object) + (SELECT ifnull(sum(octet_length(data)), 0) FROM file);
";

macro_rules! columns {
    () => {
        "loc, project, stream, id, trace, parent, op_name, thread, user, operation, provider, model, request_model, \
         status, outcome, streamed, usage_estimated, cost_source, started_at, ended_at, first_chunk, attempts, \
         input_tokens, output_tokens, cached_tokens, reasoning_tokens, cost, attributes, frame, slot"
    };
}

const SELECT_ROWS: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM call WHERE loc >= ?1 AND loc < ?2 ORDER BY loc"
);
const WRITE_ROW: &str = concat!(
    "INSERT OR REPLACE INTO call(",
    columns!(),
    ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
);

/// Opens the file for the only writer, creating it if it does not exist.
pub(super) fn open(path: &Path) -> Result<Connection, Error> {
    let refused = |error: rusqlite::Error| {
        let message = format!(
            "cannot open the database {}: {error}; give another file with --db",
            path.display()
        );
        Error::new(ErrorKind::Database, message).with_source(error)
    };
    let connection = connect(path).map_err(refused)?;
    // Checked before anything is written: the file may belong to another program.
    let is_new = is_empty(&connection).map_err(refused)?;
    if !is_new {
        check(&connection, path)?;
    }
    prepare(&connection, is_new).map_err(refused)?;
    Ok(connection)
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(BUSY)?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(tables == 0)
}

/// Opens the file again for reading.
pub(super) fn open_reader(path: &Path) -> Result<Connection, Error> {
    let reader = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    reader.busy_timeout(BUSY)?;
    Ok(reader)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // Prompts are private: other users must not read them.
    #[cfg(unix)]
    if !path.exists() {
        let mut options = std::fs::OpenOptions::new();
        options.create_new(true).write(true);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // SQLite reports a failure itself, right below.
        drop(options.open(path));
    }
    Connection::open(path)
}

fn prepare(connection: &Connection, is_new: bool) -> rusqlite::Result<()> {
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 1_000)?;
    overwrite(connection, true)?;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables = match version {
        _ if is_new => &[TABLES, OBJECTS, SEGMENTS, REPEATS, DELETION, OTHERS][..],
        1 => &[OBJECTS, SEGMENTS, REPEATS, DELETION, OTHERS],
        2 => &[SEGMENTS, REPEATS, DELETION, OTHERS],
        3 => &[REPEATS, DELETION, OTHERS],
        4 => &[DELETION, OTHERS],
        _ => return Ok(()),
    };
    let frames = match is_new {
        true => String::new(),
        false => upgrade::note(connection)? + COUNT_OTHERS,
    };
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {} {frames} PRAGMA user_version = {VERSION}; PRAGMA application_id = {APPLICATION}; COMMIT;",
        tables.concat()
    ))
}

pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), Error> {
    let application: i32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let wrong = if application != APPLICATION {
        "it is a database of another program"
    } else if version > VERSION {
        "it was written by a newer spanloom"
    } else {
        return Ok(());
    };
    let message = format!(
        "cannot use the database {}: {wrong}; give another file with --db",
        path.display()
    );
    Err(Error::new(ErrorKind::Database, message))
}

/// Loads the texts of codes. A text that cannot be read is replaced by its number.
pub(super) fn load_texts(connection: &Connection) -> rusqlite::Result<Dictionary> {
    let mut dictionary = Dictionary::default();
    let select = "SELECT code, text FROM dict WHERE code >= ?1 AND code < ?2 ORDER BY code";
    salvage(connection, select, 0..i64::MAX, |code, row| {
        let text = row.get_ref(1)?.as_str()?;
        while i64::try_from(dictionary.len()).is_ok_and(|len| len < code) {
            let lost = format!("(lost text {})", dictionary.len());
            dictionary.push(Arc::from(lost));
        }
        dictionary.push(Arc::from(text));
        Ok(())
    })?;
    Ok(dictionary)
}

/// Returns the locations of the calls, from that of the first to the one after the last; all possible ones if these cannot be
/// read.
pub(super) fn locations(connection: &Connection) -> rusqlite::Result<Range<i64>> {
    let edge = |select: &str, damaged: i64| {
        let edge = connection.query_row(select, [], |row| row.get(0));
        edge.or_else(|error| is_damage(&error).then_some(damaged).ok_or(error))
    };
    let first = edge("SELECT ifnull(min(loc), 0) FROM call", 0)?;
    let end = edge("SELECT ifnull(max(loc) + 1, 0) FROM call", i64::MAX)?;
    Ok(first..end)
}

/// Removes the calls before a location, the payloads before a frame and the segments before a number.
pub(super) fn remove_before(
    connection: &Connection,
    loc: i64,
    frame: i64,
    segment: i64,
) -> rusqlite::Result<()> {
    for (statement, first) in [
        ("DELETE FROM call WHERE loc < ?1", loc),
        ("DELETE FROM payload WHERE frame < ?1", frame),
        ("DELETE FROM segment WHERE number < ?1", segment),
        ("DELETE FROM superseded WHERE loc < ?1", loc),
        ("DELETE FROM frame_text WHERE frame < ?1", frame),
    ] {
        connection.prepare_cached(statement)?.execute([first])?;
    }
    Ok(())
}

/// Loads the rows of a range of locations that can be read, in the order of their arrival.
pub(super) fn load_rows(
    connection: &Connection,
    locations: Range<i64>,
    mut each: impl FnMut(i64, Row),
) -> rusqlite::Result<()> {
    salvage(connection, SELECT_ROWS, locations, |loc, row| {
        each(loc, read(row)?);
        Ok(())
    })
}

/// Reads a frame as it is stored in the file.
pub(super) fn frame(connection: &Connection, frame: i64) -> rusqlite::Result<Vec<u8>> {
    let mut select = connection.prepare_cached("SELECT data FROM payload WHERE frame = ?1")?;
    select.query_row([frame], |row| row.get(0))
}

/// Replaces a frame.
pub(super) fn replace_frame(
    connection: &Connection,
    frame: i64,
    data: &[u8],
) -> rusqlite::Result<()> {
    let mut update = connection.prepare_cached("UPDATE payload SET data = ?2 WHERE frame = ?1")?;
    update.execute(rusqlite::params![frame, data]).map(drop)
}

/// Sets whether what is deleted is overwritten in the file.
pub(super) fn overwrite(connection: &Connection, is_on: bool) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "secure_delete", is_on, |_| Ok(()))
}

/// Returns whether an error means that data in the file is corrupt or missing.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(
        error,
        rusqlite::Error::QueryReturnedNoRows
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
    ) || matches!(
        code,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Moves the log into the file and empties the log. The last connection to close removes it. Returns false if a reader was in
/// the way.
pub(super) fn empty_log(connection: &Connection) -> rusqlite::Result<bool> {
    let select = "PRAGMA wal_checkpoint(TRUNCATE)";
    connection.query_row(select, [], |row| row.get(0).map(|busy: i64| busy == 0))
}

/// Writes a row at a place, replacing any row already there.
pub(super) fn write(connection: &Connection, loc: i64, row: &Row) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(WRITE_ROW)?;
    let attributes: Vec<u8> = row
        .attributes
        .iter()
        .flat_map(|(path, value)| [path.to_le_bytes(), value.to_le_bytes()])
        .flatten()
        .collect();
    let (status, outcome) = (row.status.number(), row.outcome.map(outcome::number));
    let (id, trace, parent) = (
        row.id.as_bytes(),
        row.trace.as_bytes(),
        row.parent.as_ref().map(Id::as_bytes),
    );
    let values: [&dyn rusqlite::ToSql; 30] = [
        &loc,
        &row.project,
        &row.stream,
        &id,
        &trace,
        &parent,
        &row.op_name,
        &row.thread,
        &row.user,
        &row.operation,
        &row.provider,
        &row.model,
        &row.request_model,
        &status,
        &outcome,
        &row.streamed,
        &row.usage_estimated,
        &row.cost_source,
        &row.started_at,
        &row.ended_at,
        &row.first_chunk,
        &row.attempts,
        &row.input_tokens,
        &row.output_tokens,
        &row.cached_tokens,
        &row.reasoning_tokens,
        &row.cost,
        &attributes,
        &row.frame,
        &row.slot,
    ];
    statement.execute(values.as_slice()).map(drop)
}

/// Reads a row; its columns are those of `columns`, by number.
fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let outcome: Option<u8> = row.get(14)?;
    let packed = row.get_ref(27)?.as_blob()?;
    let code = |bytes: &[u8]| bytes.try_into().map_or(0, Code::from_le_bytes);
    Ok(Row {
        project: row.get(1)?,
        stream: row.get(2)?,
        id: Id::from_bytes(row.get_ref(3)?.as_blob()?),
        trace: Id::from_bytes(row.get_ref(4)?.as_blob()?),
        parent: row.get_ref(5)?.as_blob_or_null()?.map(Id::from_bytes),
        op_name: row.get(6)?,
        thread: row.get(7)?,
        user: row.get(8)?,
        operation: row.get(9)?,
        provider: row.get(10)?,
        model: row.get(11)?,
        request_model: row.get(12)?,
        status: Status::of(row.get(13)?),
        outcome: outcome.and_then(outcome::of),
        streamed: row.get(15)?,
        usage_estimated: row.get(16)?,
        cost_source: row.get(17)?,
        started_at: row.get(18)?,
        ended_at: row.get(19)?,
        first_chunk: row.get(20)?,
        attempts: row.get(21)?,
        input_tokens: row.get(22)?,
        output_tokens: row.get(23)?,
        cached_tokens: row.get(24)?,
        reasoning_tokens: row.get(25)?,
        cost: row.get(26)?,
        reported_below: false,
        attributes: packed
            .chunks_exact(8)
            .map(|pair| {
                let (path, value) = pair.split_at(4);
                (code(path), code(value))
            })
            .collect(),
        frame: row.get(28)?,
        slot: row.get(29)?,
    })
}
