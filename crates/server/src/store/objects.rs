//! Versioned objects and files, to which calls of W&B's clients refer.

use std::sync::PoisonError;

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, OptionalExtension as _, ToSql, params};
use spanloom_core::Timestamp;

use super::{Refused, Store};
use crate::error::{Error, ErrorKind};

/// The kind of an object: an `op` is a function, everything else is an `object`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    Op,
    Object,
}

impl ObjectKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Op => "op",
            Self::Object => "object",
        }
    }
}

impl ToSql for ObjectKind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.as_str().to_sql()
    }
}

/// A version of an object. The digest identifies it: the same content is the same version.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Object {
    pub(crate) project: String,
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) kind: ObjectKind,
    pub(crate) base_class: Option<String>,
    pub(crate) leaf_class: Option<String>,
    /// JSON, as it was sent.
    pub(crate) value: String,
}

/// A stored version, without its value.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// The row of the version.
    pub(crate) row: i64,
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) kind: ObjectKind,
    pub(crate) base_class: Option<String>,
    pub(crate) leaf_class: Option<String>,
    /// The version number, from 0, for each kind and name.
    pub(crate) number: i64,
    pub(crate) is_latest: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) deleted_at: Option<Timestamp>,
    /// The size of the value in bytes.
    pub(crate) bytes: i64,
}

const COLUMNS: &str = "rowid, name, digest, kind, base_class, leaf_class, version, created_at, deleted_at, bytes,
  published = max(published) FILTER (WHERE deleted_at IS NULL) OVER (PARTITION BY project, kind, name)";

impl Store {
    /// Stores a version, or makes an already stored version the latest again.
    pub(crate) async fn put_object(&self, object: Object) -> Result<(), Refused> {
        let bytes = object.value.len();
        self.writer()
            .run(bytes, move |connection| put(connection, &object))
            .await
    }

    /// Deletes versions and returns the number deleted.
    pub(crate) async fn delete_objects(&self, rows: Vec<i64>) -> Result<usize, Refused> {
        self.writer()
            .run(0, move |connection| delete(connection, &rows))
            .await
    }

    /// Returns the versions of a project in the order they were first stored, including deleted versions, for one name
    /// or for all. Blocks on the disk.
    pub(crate) fn versions(
        &self,
        project: &str,
        name: Option<&str>,
        kind: Option<ObjectKind>,
    ) -> Result<Vec<Version>, Error> {
        self.with_reader(|connection| select(connection, project, name, kind))
    }

    /// Returns the value of a version. Blocks on the disk.
    pub(crate) fn value(&self, version: &Version) -> Result<String, Error> {
        self.with_reader(|connection| {
            let mut select =
                connection.prepare_cached("SELECT val FROM object WHERE rowid = ?1")?;
            select.query_row([version.row], |row| row.get(0))
        })
    }

    pub(crate) async fn put_file(
        &self,
        project: String,
        digest: String,
        data: bytes::Bytes,
    ) -> Result<(), Refused> {
        let bytes = data.len();
        let put = move |connection: &Connection| {
            let mut insert = connection.prepare_cached(
                "INSERT OR IGNORE INTO file(project, digest, data) VALUES(?1, ?2, ?3)",
            )?;
            insert.execute(params![project, digest, &*data]).map(drop)
        };
        self.writer().run(bytes, put).await
    }

    /// Returns a file's bytes. Blocks on the disk.
    pub(crate) fn file(&self, project: &str, digest: &str) -> Result<Option<Vec<u8>>, Error> {
        self.with_reader(|connection| {
            let mut select = connection
                .prepare_cached("SELECT data FROM file WHERE project = ?1 AND digest = ?2")?;
            select
                .query_row([project, digest], |row| row.get(0))
                .optional()
        })
    }

    pub(super) fn with_reader<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let reader = self.reader().lock().unwrap_or_else(PoisonError::into_inner);
        let connection = reader
            .as_ref()
            .ok_or_else(|| Error::new(ErrorKind::Database, "the database is closed"))?;
        Ok(read(connection)?)
    }
}

fn put(connection: &Connection, object: &Object) -> rusqlite::Result<()> {
    let key = params![object.project, object.name, object.digest];
    let again =
        "UPDATE object SET deleted_at = NULL, published = (SELECT max(published) + 1 FROM object)
      WHERE project = ?1 AND name = ?2 AND digest = ?3";
    if connection.prepare_cached(again)?.execute(key)? > 0 {
        return Ok(());
    }
    let insert = "INSERT INTO object(project, name, digest, kind, base_class, leaf_class, val, bytes, created_at, version, published)
      VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, length(CAST(?7 AS BLOB)), ?8,
        (SELECT ifnull(max(version) + 1, 0) FROM object WHERE project = ?1 AND name = ?2 AND kind = ?4),
        (SELECT ifnull(max(published) + 1, 0) FROM object))";
    let now = Timestamp::from(std::time::SystemTime::now()).as_nanos();
    connection.prepare_cached(insert)?.execute(params![
        object.project,
        object.name,
        object.digest,
        object.kind,
        object.base_class,
        object.leaf_class,
        object.value,
        now,
    ])?;
    Ok(())
}

fn delete(connection: &Connection, rows: &[i64]) -> rusqlite::Result<usize> {
    let now = Timestamp::from(std::time::SystemTime::now()).as_nanos();
    let mut update = connection.prepare_cached(
        "UPDATE object SET deleted_at = ?2 WHERE rowid = ?1 AND deleted_at IS NULL",
    )?;
    let mut deleted = 0;
    for row in rows {
        deleted += update.execute(params![row, now])?;
    }
    Ok(deleted)
}

fn select(
    connection: &Connection,
    project: &str,
    name: Option<&str>,
    kind: Option<ObjectKind>,
) -> rusqlite::Result<Vec<Version>> {
    let of_name = match name {
        Some(_) => "name = ?2",
        None => "?2 IS NULL",
    };
    let sql =
        format!("SELECT {COLUMNS} FROM object WHERE project = ?1 AND {of_name} ORDER BY rowid");
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query(params![project, name])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let version = read(row)?;
        if kind.is_none_or(|kind| kind == version.kind) {
            found.push(version);
        }
    }
    Ok(found)
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Version> {
    let kind: String = row.get(3)?;
    let deleted_at: Option<i64> = row.get(8)?;
    let is_latest: Option<bool> = row.get(10)?;
    Ok(Version {
        row: row.get(0)?,
        name: row.get(1)?,
        digest: row.get(2)?,
        kind: match kind.as_str() {
            "op" => ObjectKind::Op,
            _ => ObjectKind::Object,
        },
        base_class: row.get(4)?,
        leaf_class: row.get(5)?,
        number: row.get(6)?,
        is_latest: is_latest.unwrap_or(false) && deleted_at.is_none(),
        created_at: Timestamp::from_nanos(row.get(7)?),
        deleted_at: deleted_at.map(Timestamp::from_nanos),
        bytes: row.get(9)?,
    })
}
