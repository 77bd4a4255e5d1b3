//! Small JSON objects that clients store: feedback, prices, tags, aliases and boards.

use rusqlite::{Connection, params};
use spanloom_core::Timestamp;

use super::{Refused, Store};
use crate::error::Error;

/// The documents that are read at a time.
const PAGE: usize = 256;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DocumentKind {
    /// What people and scorers think of a call or an object, by its reference.
    Feedback,
    /// A price of a project, by its model.
    Price,
    /// A tag of an object's version, by `NAME:DIGEST`.
    Tag,
    /// Another name of an object's version, by the object's name.
    Alias,
    /// A version of a board, by the board.
    Board,
}

impl DocumentKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Feedback => "feedback",
            Self::Price => "price",
            Self::Tag => "tag",
            Self::Alias => "alias",
            Self::Board => "board",
        }
    }
}

/// A document of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    /// Unique among the documents of its kind.
    pub(crate) id: String,
    /// What the document is found by.
    pub(crate) key: String,
    pub(crate) created_at: Timestamp,
    /// A JSON object with everything else.
    pub(crate) fields: String,
}

impl Store {
    /// Stores documents, after removing those with the ids `replaced`. One that has a known id replaces the known one.
    pub(crate) async fn put_documents(
        &self,
        kind: DocumentKind,
        project: String,
        documents: Vec<Document>,
        replaced: Vec<String>,
    ) -> Result<(), Refused> {
        let size = |one: &Document| one.id.len() + one.key.len() + one.fields.len();
        let bytes = documents.iter().map(size).sum();
        let put = move |connection: &Connection| {
            for id in &replaced {
                remove(connection, kind, &project, id)?;
            }
            let put = |one| put(connection, kind, &project, one);
            documents.iter().try_for_each(put)
        };
        self.writer().run(bytes, put).await
    }

    /// Removes the documents with these ids. Ids that are not there are no error.
    pub(crate) async fn remove_documents(
        &self,
        kind: DocumentKind,
        project: String,
        ids: Vec<String>,
    ) -> Result<(), Refused> {
        self.put_documents(kind, project, Vec::new(), ids).await
    }

    /// Calls `each` with the documents of a project, in the order of their arrival, until it returns false; with `key`, only
    /// with those of the key. Blocks on the disk.
    pub(crate) fn documents(
        &self,
        kind: DocumentKind,
        project: &str,
        key: Option<&str>,
        mut each: impl FnMut(Document) -> bool,
    ) -> Result<(), Error> {
        let (index, of_key) = match key {
            Some(_) => ("document_key", "key = ?3"),
            None => ("document_project", "?3 IS NULL"),
        };
        let select = format!(
            "SELECT id, key, created_at, fields, rowid FROM document INDEXED BY {index}
             WHERE kind = ?1 AND project = ?2 AND {of_key} AND rowid > ?4 ORDER BY rowid LIMIT {PAGE}"
        );
        let mut last = 0;
        loop {
            // Other readers have their turn between two pages.
            let page = self.with_reader(|connection| {
                let mut select = connection.prepare_cached(&select)?;
                let page = select.query_map(params![kind.as_str(), project, key, last], read)?;
                page.collect::<rusqlite::Result<Vec<_>>>()
            })?;
            let is_last = page.len() < PAGE;
            for (row, document) in page {
                last = row;
                if !each(document) {
                    return Ok(());
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }
}

/// Reads a document and its place in the table.
pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<(i64, Document)> {
    let document = Document {
        id: row.get(0)?,
        key: row.get(1)?,
        created_at: Timestamp::from_nanos(row.get(2)?),
        fields: row.get(3)?,
    };
    Ok((row.get(4)?, document))
}

pub(super) fn put(
    connection: &Connection,
    kind: DocumentKind,
    project: &str,
    one: &Document,
) -> rusqlite::Result<()> {
    let insert = "INSERT OR REPLACE INTO document(kind, project, id, key, created_at, fields) VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
    let mut insert = connection.prepare_cached(insert)?;
    let created_at = one.created_at.as_nanos();
    let values = params![
        kind.as_str(),
        project,
        one.id,
        one.key,
        created_at,
        one.fields
    ];
    insert.execute(values).map(drop)
}

fn remove(
    connection: &Connection,
    kind: DocumentKind,
    project: &str,
    id: &str,
) -> rusqlite::Result<()> {
    let delete = "DELETE FROM document WHERE kind = ?1 AND project = ?2 AND id = ?3";
    let mut delete = connection.prepare_cached(delete)?;
    delete.execute([kind.as_str(), project, id]).map(drop)
}

/// Removes the feedback on a call, and on parts of it.
pub(super) fn remove_feedback(
    connection: &Connection,
    project: &str,
    id: &str,
) -> rusqlite::Result<()> {
    let reference = format!("weave:///{project}/call/{id}");
    let kind = DocumentKind::Feedback.as_str();
    for about in [
        "key = ?3",
        // What begins with the reference and a slash is before what begins with it and the next character.
        "key >= ?3 || '/' AND key < ?3 || '0'",
    ] {
        let delete = format!("DELETE FROM document WHERE kind = ?1 AND project = ?2 AND {about}");
        let mut delete = connection.prepare_cached(&delete)?;
        delete.execute([kind, project, &reference])?;
    }
    Ok(())
}

/// Returns whether there is any feedback.
pub(super) fn any_feedback(connection: &Connection) -> rusqlite::Result<bool> {
    let select = "SELECT EXISTS(SELECT 1 FROM document WHERE kind = ?1)";
    let mut select = connection.prepare_cached(select)?;
    select.query_row([DocumentKind::Feedback.as_str()], |row| row.get(0))
}
