//! Objects in versions, and files: what calls of W&B's clients refer to.

use std::sync::PoisonError;

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, OptionalExtension as _, ToSql, params};
use spanloom_core::Timestamp;

use super::{Refused, Store};
use crate::error::{Error, ErrorKind};

/// What an object is: `op`s are functions, everything else is an `object`.
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

/// One version of an object. Its digest says what it is: the same content is the same version.
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

/// A version as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredObject {
    pub(crate) object: Object,
    /// From 0, for each kind and name.
    pub(crate) version: i64,
    pub(crate) is_latest: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) deleted_at: Option<Timestamp>,
}

/// Which versions are meant.
#[derive(Clone, Debug, Default)]
pub(crate) struct ObjectQuery {
    pub(crate) project: String,
    /// `None` for all.
    pub(crate) names: Option<Vec<String>>,
    pub(crate) kind: Option<ObjectKind>,
}

const COLUMNS: &str = "project, name, digest, kind, base_class, leaf_class, val, version, created_at, deleted_at,
  published = max(published) FILTER (WHERE deleted_at IS NULL) OVER (PARTITION BY project, kind, name)";

impl Store {
    /// Stores a version, or makes the same one that was stored before the latest again.
    pub(crate) async fn put_object(&self, object: Object) -> Result<(), Refused> {
        let bytes = object.value.len();
        self.writer()
            .run(bytes, move |connection| put(connection, &object))
            .await
    }

    /// Deletes the versions with these digests; says how many there were.
    pub(crate) async fn delete_objects(
        &self,
        project: String,
        name: String,
        digests: Vec<String>,
    ) -> Result<usize, Refused> {
        self.writer()
            .run(0, move |connection| {
                delete(connection, &project, &name, &digests)
            })
            .await
    }

    /// Versions in the order they were first stored, deleted ones among them. Blocks on the disk.
    pub(crate) fn objects(&self, query: &ObjectQuery) -> Result<Vec<StoredObject>, Error> {
        self.with_reader(|connection| select(connection, query))
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

    /// A file's bytes. Blocks on the disk.
    pub(crate) fn file(&self, project: &str, digest: &str) -> Result<Option<Vec<u8>>, Error> {
        self.with_reader(|connection| {
            let mut select = connection
                .prepare_cached("SELECT data FROM file WHERE project = ?1 AND digest = ?2")?;
            select
                .query_row([project, digest], |row| row.get(0))
                .optional()
        })
    }

    fn with_reader<T>(
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
    let insert = "INSERT INTO object(project, name, digest, kind, base_class, leaf_class, val, created_at, version, published)
      VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
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

fn delete(
    connection: &Connection,
    project: &str,
    name: &str,
    digests: &[String],
) -> rusqlite::Result<usize> {
    let now = Timestamp::from(std::time::SystemTime::now()).as_nanos();
    let mut update = connection.prepare_cached(
        "UPDATE object SET deleted_at = ?4 WHERE project = ?1 AND name = ?2 AND digest = ?3 AND deleted_at IS NULL",
    )?;
    let mut deleted = 0;
    for digest in digests {
        deleted += update.execute(params![project, name, digest, now])?;
    }
    Ok(deleted)
}

fn select(connection: &Connection, query: &ObjectQuery) -> rusqlite::Result<Vec<StoredObject>> {
    let mut found = Vec::new();
    let named = query.names.is_some();
    let of_name = if named {
        "AND name = ?2"
    } else {
        "AND ?2 IS NULL"
    };
    let sql = format!("SELECT {COLUMNS} FROM object WHERE project = ?1 {of_name} ORDER BY rowid");
    let mut select = connection.prepare_cached(&sql)?;
    let names: Vec<Option<&str>> = match &query.names {
        Some(names) => names.iter().map(|name| Some(name.as_str())).collect(),
        None => vec![None],
    };
    for name in names {
        let mut rows = select.query(params![query.project, name])?;
        while let Some(row) = rows.next()? {
            let stored = read(row)?;
            if query.kind.is_none_or(|kind| kind == stored.object.kind) {
                found.push(stored);
            }
        }
    }
    Ok(found)
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredObject> {
    let kind: String = row.get(3)?;
    let deleted_at: Option<i64> = row.get(9)?;
    let is_latest: Option<bool> = row.get(10)?;
    Ok(StoredObject {
        object: Object {
            project: row.get(0)?,
            name: row.get(1)?,
            digest: row.get(2)?,
            kind: match kind.as_str() {
                "op" => ObjectKind::Op,
                _ => ObjectKind::Object,
            },
            base_class: row.get(4)?,
            leaf_class: row.get(5)?,
            value: row.get(6)?,
        },
        version: row.get(7)?,
        is_latest: is_latest.unwrap_or(false) && deleted_at.is_none(),
        created_at: Timestamp::from_nanos(row.get(8)?),
        deleted_at: deleted_at.map(Timestamp::from_nanos),
    })
}
