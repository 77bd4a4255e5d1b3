//! The store, assembled from its parts.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;
use rusqlite::Connection;
use serde::Serialize;
use spanloom_core::Record;
use tempfile::TempDir;

use super::aside;
use super::batch::Batch;
use super::damage::remains;
use super::frame::Payloads;
use super::memory::{Memory, Published};
use super::owner::Owner;
use super::retention::{Pages, Retention};
use super::schema::{self, Database};
use super::segments::Saved;
use super::writer::Writer;
use super::{CallChange, Incoming, Refused, Row, payload, repeats, unused};
use crate::error::{Error, ErrorKind};

/// The maximum number of damaged frames that are remembered, so that each is logged once.
const MOST_DAMAGED: usize = 10_000;

/// Durable records, and their rows in memory.
#[derive(Debug)]
pub(crate) struct Store {
    // Fields are dropped in this order: the writer ends before the owner unlocks, and the folder is removed last.
    writer: Writer,
    published: Arc<Published>,
    /// `None` once the store has stopped: the last connection to close leaves one file.
    reader: Mutex<Option<Connection>>,
    damaged: Mutex<BTreeSet<i64>>,
    lost_calls: usize,
    set_aside: Option<PathBuf>,
    path: PathBuf,
    retention: Retention,
    _owner: Owner,
    _folder: Option<TempDir>,
}

/// How much a store holds, and the room that it takes.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Space {
    pub(crate) calls: usize,
    /// Of the rows in memory; texts and the table of ids come on top.
    pub(crate) memory_bytes: usize,
    /// Of the database, without the room that removed calls have left: the size that is limited.
    pub(crate) used_bytes: u64,
    /// Of the database and its log.
    pub(crate) file_bytes: u64,
    max_bytes: Option<u64>,
    max_age_s: Option<u64>,
}

/// The health of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Health {
    /// The reason the last records were not stored, if they were not.
    pub(crate) refused: Option<Refused>,
    /// The number of frames found to be damaged since the start.
    pub(crate) damaged_frames: usize,
    /// The number of calls that could not be read at the start.
    pub(crate) lost_calls: usize,
    /// The name of the database that could not be opened at the start.
    pub(crate) set_aside: Option<String>,
}

impl Store {
    pub(crate) fn open(database: Database, retention: Retention) -> Result<Self, Error> {
        let (path, folder) = match database {
            Database::Path(path) => (path, None),
            Database::Temporary => temporary()?,
        };
        let owner = Owner::of(&path)?;
        let (connection, set_aside) = open(&path)?;
        let mut memory = Memory::new(schema::load_texts(&connection)?);
        let saved = Saved::load(&connection, &mut memory)?;
        match unused::remove(&connection, &memory) {
            Ok(unused) => memory.dictionary.forget(&unused),
            Err(error) => {
                tracing::warn!(name: "spanloom.store.unused", %error, "texts that no call has were not removed");
            }
        }
        let lost_calls = memory.rows.count_holes(Row::LOST);
        if lost_calls > 0 {
            tracing::error!(name: "spanloom.store.lost", calls = lost_calls, "calls cannot be read: pages of the database are damaged");
        }
        let published = Arc::new(Published::new(memory));
        let reader = Mutex::new(Some(schema::open_reader(&path)?));
        let writer = Writer::start(connection, Arc::clone(&published), saved, retention)?;
        Ok(Self {
            writer,
            published,
            reader,
            damaged: Mutex::default(),
            lost_calls,
            set_aside,
            path,
            retention,
            _owner: owner,
            _folder: folder,
        })
    }

    /// Stores calls; resolves when they are on disk and visible to readers.
    pub(crate) async fn write(&self, calls: Vec<Incoming>) -> Result<(), Refused> {
        self.write_parts(calls, Vec::new()).await
    }

    /// Stores calls, and changes of calls whose start may not have arrived yet.
    pub(crate) async fn write_parts(
        &self,
        calls: Vec<Incoming>,
        changes: Vec<CallChange>,
    ) -> Result<(), Refused> {
        if calls.is_empty() && changes.is_empty() {
            return Ok(());
        }
        let repeats = self.writer.repeats();
        let prepare = move || Batch::prepare(calls, changes, &repeats);
        let prepared = tokio::task::spawn_blocking(prepare).await;
        match prepared {
            Ok(Ok(batch)) => self.writer.write(batch).await,
            _ => Err(Refused::Failed),
        }
    }

    pub(super) fn writer(&self) -> &Writer {
        &self.writer
    }

    pub(super) fn reader(&self) -> &Mutex<Option<Connection>> {
        &self.reader
    }

    /// Returns the current rows. Holding them blocks neither readers nor the writer.
    pub(crate) fn memory(&self) -> Arc<Memory> {
        self.published.get()
    }

    /// Returns how much the store holds, and the room that it takes.
    pub(crate) fn space(&self) -> Space {
        let memory = self.memory();
        let file = |suffix: &str| {
            let mut path = self.path.clone().into_os_string();
            path.push(suffix);
            std::fs::metadata(path).map_or(0, |file| file.len())
        };
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let pages = reader.as_ref().and_then(|reader| Pages::of(reader).ok());
        Space {
            used_bytes: pages.map_or(0, Pages::used),
            calls: memory.rows.len() - memory.rows.first() - memory.rows.count_holes(Row::DELETED),
            memory_bytes: memory.rows.size(),
            file_bytes: file("") + file("-wal"),
            max_bytes: self.retention.max_bytes,
            max_age_s: self.retention.max_age.map(|age| age.as_secs()),
        }
    }

    pub(crate) fn health(&self) -> Health {
        Health {
            refused: self.writer.refused(),
            lost_calls: self.lost_calls,
            set_aside: self
                .set_aside
                .as_ref()
                .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned())),
            damaged_frames: self
                .damaged
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .len(),
        }
    }

    /// Reads the calls at `places` of `memory` and passes each to `take` with its index in `places`: frame by frame, so
    /// that one frame is in memory at a time. A call that cannot be read is rebuilt from its row and marked as damaged.
    /// Blocks on the disk.
    pub(crate) fn read(
        &self,
        memory: &Memory,
        places: &[usize],
        take: impl FnMut(usize, Record),
    ) -> Result<(), Error> {
        self.read_those(memory, places, |_| true, take)
    }

    /// Does the same with the calls whose text, as it is stored, is wanted: the others need not be read to their ends.
    pub(crate) fn read_those(
        &self,
        memory: &Memory,
        places: &[usize],
        is_wanted: impl Fn(&str) -> bool,
        mut take: impl FnMut(usize, Record),
    ) -> Result<(), Error> {
        let mut by_frame: BTreeMap<i64, Vec<(usize, Cow<'_, Row>)>> = BTreeMap::new();
        for (index, place) in places.iter().enumerate() {
            if let Some(row) = memory.rows.get(*place) {
                by_frame.entry(row.frame).or_default().push((index, row));
            }
        }
        let (kept, mut texts) = (OnceCell::new(), Texts::default());
        for (frame, rows) in by_frame {
            let payloads = self.frame(frame)?;
            for (index, row) in rows {
                let stored = payloads
                    .as_ref()
                    .and_then(|payloads| payloads.get(row.slot));
                // It was deleted after the reader took its copy.
                if stored == Some(payload::DELETED) {
                    continue;
                }
                let text = |number| texts.get(self, number);
                let payload = stored.and_then(|payload| repeats::whole(payload, text));
                if matches!(&payload, Some((text, true)) if !is_wanted(text)) {
                    continue;
                }
                let read = payload.and_then(|(text, is_whole)| {
                    Some((payload::record(&text, is_whole)?, is_whole))
                });
                let is_whole = read.as_ref().is_some_and(|(_, is_whole)| *is_whole);
                // Calls may have been removed or deleted since the reader took its copy.
                let place = places.get(index).copied().unwrap_or_default();
                let is_gone = || {
                    let newest = kept.get_or_init(|| {
                        let memory = self.memory();
                        (memory.rows.first_frame(0).unwrap_or(0), memory)
                    });
                    let now = newest.1.rows.get(place);
                    row.frame < newest.0 || now.is_none_or(|now| now.is_hole())
                };
                if !is_whole && is_gone() {
                    continue;
                }
                if !is_whole {
                    self.found_damaged(frame);
                }
                let record = read.map(|(record, _)| record);
                let mut record: Record =
                    record.unwrap_or_else(|| remains(&row, &memory.dictionary));
                record.parent_id = memory.parent_id(&row).map(|id| id.to_string());
                take(index, record);
            }
        }
        Ok(())
    }

    /// Returns a frame's payloads, or `None` if the frame is damaged or missing.
    fn frame(&self, frame: i64) -> Result<Option<Payloads>, Error> {
        let data = {
            let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
            let reader = reader
                .as_ref()
                .ok_or_else(|| Error::new(ErrorKind::Database, "the database is closed"))?;
            schema::frame(reader, frame)
        };
        match data {
            Ok(data) => Ok(Payloads::unpack(&data).ok()),
            Err(error) if schema::is_damage(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a text that is stored apart; `None` if it is damaged or missing.
    fn text(&self, number: i64) -> Option<String> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        repeats::read(reader.as_ref()?, number).ok().flatten()
    }

    fn found_damaged(&self, frame: i64) {
        let mut damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        if damaged.len() < MOST_DAMAGED && damaged.insert(frame) {
            tracing::error!(name: "spanloom.store.damaged", frame, "a frame of payloads is damaged: its calls have no content");
        }
    }

    /// Writes pending records, accepts no more, and leaves one file.
    pub(crate) fn stop(&self) {
        drop(
            self.reader
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        self.writer.stop();
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The texts that were read last.
#[derive(Default)]
struct Texts {
    read: HashMap<i64, Option<String>>,
    bytes: usize,
}

impl Texts {
    /// The most bytes of texts in memory.
    const MOST: usize = 16 << 20;

    fn get(&mut self, store: &Store, number: i64) -> Option<String> {
        if let Some(known) = self.read.get(&number) {
            return known.clone();
        }
        let text = store.text(number);
        if self.bytes > Self::MOST {
            *self = Self::default();
        }
        self.bytes += text.as_ref().map_or(0, String::len);
        self.read.insert(number, text.clone());
        text
    }
}

/// Opens a database; one that is damaged as a whole is set aside, and a new one begins. Returns its new path as well.
fn open(path: &Path) -> Result<(Connection, Option<PathBuf>), Error> {
    let error = match schema::open(path) {
        Err(error) if aside::is_ours(path, &error) => error,
        opened => return Ok((opened?, None)),
    };
    let to = aside::set_aside(path).map_err(|failure| {
        let message = format!("{error}; it could not be set aside either: {failure}");
        Error::new(ErrorKind::Database, message)
    })?;
    tracing::error!(name: "spanloom.store.set_aside", %error, to = %to.display(),
        "the database cannot be read: it is set aside, and a new one begins");
    Ok((schema::open(path)?, Some(to)))
}

fn temporary() -> Result<(PathBuf, Option<TempDir>), Error> {
    let folder = tempfile::Builder::new()
        .prefix("spanloom-")
        .tempdir()
        .map_err(|error| {
            Error::new(
                ErrorKind::Database,
                format!("cannot make a temporary database: {error}; give a file with --db"),
            )
        })?;
    Ok((folder.path().join("spanloom.db"), Some(folder)))
}
