//! Boards that people have saved: documents of a project, with their versions.

use rusqlite::{Connection, OptionalExtension as _, params};
use spanloom_core::Timestamp;

use super::documents::{self, Document, DocumentKind};
use super::{Refused, Store};
use crate::error::Error;

/// The maximum number of boards of a project, deleted ones among them.
const MOST_BOARDS: i64 = 500;
/// The versions of a board that are kept.
const MOST_VERSIONS: i64 = 100;

/// The last versions of boards, in the order in which they were saved.
const LATEST: &str = "SELECT id, key, created_at, fields, rowid FROM document
  WHERE kind = 'board' AND project = ?1 AND rowid IN (SELECT max(rowid) FROM document WHERE kind = 'board' AND project = ?1 GROUP BY key)
  ORDER BY rowid";

/// A version of a board.
#[derive(Clone, Debug)]
pub(crate) struct BoardVersion {
    /// The board.
    pub(crate) board: String,
    /// Counts the versions from 1.
    pub(crate) number: u64,
    pub(crate) saved_at: Timestamp,
    /// A JSON object.
    pub(crate) fields: String,
}

impl From<Document> for BoardVersion {
    fn from(document: Document) -> Self {
        Self {
            number: number(&document.id),
            board: document.key,
            saved_at: document.created_at,
            fields: document.fields,
        }
    }
}

/// Which version is saved after.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Base {
    /// None: it is a new board.
    New,
    /// This one, if it is the last.
    Version(u64),
    /// The last one.
    Last,
}

/// The outcome of saving a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saving {
    /// The number of the version.
    Saved(u64),
    /// Another version is the last one.
    Stale(u64),
    Missing,
    /// The project has as many boards as it may have.
    Full,
}

impl Store {
    /// Saves a version of a board. Versions are saved one after the other: of two that are saved after the same one, the second is
    /// stale.
    pub(crate) async fn save_board(
        &self,
        project: String,
        board: String,
        base: Base,
        saved_at: Timestamp,
        fields: String,
    ) -> Result<Saving, Refused> {
        let bytes = fields.len();
        let save = move |connection: &Connection| {
            let last = last(connection, &project, &board)?;
            let number = match (base, last) {
                (Base::New, _) if !make_room(connection, &project)? => return Ok(Saving::Full),
                (Base::New, _) => 1,
                (_, None) => return Ok(Saving::Missing),
                (Base::Version(base), Some(last)) if base != last => {
                    return Ok(Saving::Stale(last));
                }
                (Base::Version(_) | Base::Last, Some(last)) => last + 1,
            };
            let document = Document {
                id: format!("{board}:{number}"),
                key: board,
                created_at: saved_at,
                fields,
            };
            documents::put(connection, DocumentKind::Board, &project, &document)?;
            forget_old(connection, &project, &document.key)?;
            Ok(Saving::Saved(number))
        };
        self.writer().run(bytes, save).await
    }

    /// Returns the last version of each board of a project, in the order in which they were saved. Blocks on the disk.
    pub(crate) fn boards(&self, project: &str) -> Result<Vec<BoardVersion>, Error> {
        self.with_reader(|connection| {
            let mut select = connection.prepare_cached(LATEST)?;
            let found = select.query_map([project], documents::read)?;
            found.map(|found| found.map(|(_, it)| it.into())).collect()
        })
    }

    /// Returns the versions of a board that are kept, the last one first. Blocks on the disk.
    pub(crate) fn board(&self, project: &str, board: &str) -> Result<Vec<BoardVersion>, Error> {
        let mut versions = Vec::new();
        self.documents(DocumentKind::Board, project, Some(board), |document| {
            versions.push(document.into());
            true
        })?;
        versions.reverse();
        Ok(versions)
    }
}

/// Returns the number of the last version of a board.
fn last(connection: &Connection, project: &str, board: &str) -> rusqlite::Result<Option<u64>> {
    let select = "SELECT id FROM document INDEXED BY document_key
      WHERE kind = 'board' AND project = ?1 AND key = ?2 ORDER BY rowid DESC LIMIT 1";
    let mut select = connection.prepare_cached(select)?;
    let id = select.query_row([project, board], |row| row.get::<_, String>(0));
    Ok(id.optional()?.map(|id| number(&id)))
}

/// Returns the number of the version that a document's id ends with.
fn number(id: &str) -> u64 {
    let digits = id.rsplit(':').next();
    digits.and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// Makes room for one more board: the board that was deleted first goes. Returns whether there is room.
fn make_room(connection: &Connection, project: &str) -> rusqlite::Result<bool> {
    let count = "SELECT count(DISTINCT key) FROM document WHERE kind = 'board' AND project = ?1";
    let count: i64 = connection
        .prepare_cached(count)?
        .query_row([project], |row| row.get(0))?;
    if count < MOST_BOARDS {
        return Ok(true);
    }
    let deleted = format!("SELECT key FROM ({LATEST}) WHERE fields ->> '$.deleted' LIMIT 1");
    let mut deleted = connection.prepare_cached(&deleted)?;
    let deleted: Option<String> = deleted.query_row([project], |row| row.get(0)).optional()?;
    let Some(board) = deleted else {
        return Ok(false);
    };
    let remove = "DELETE FROM document WHERE kind = 'board' AND project = ?1 AND key = ?2";
    connection
        .prepare_cached(remove)?
        .execute([project, &board])?;
    Ok(true)
}

fn forget_old(connection: &Connection, project: &str, board: &str) -> rusqlite::Result<()> {
    let remove =
        "DELETE FROM document WHERE rowid IN (SELECT rowid FROM document INDEXED BY document_key
      WHERE kind = 'board' AND project = ?1 AND key = ?2 ORDER BY rowid DESC LIMIT -1 OFFSET ?3)";
    let mut remove = connection.prepare_cached(remove)?;
    remove
        .execute(params![project, board, MOST_VERSIONS])
        .map(drop)
}
