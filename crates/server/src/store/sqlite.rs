//! The store, put together.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use rusqlite::Connection;
use spanloom_core::Record;
use tempfile::TempDir;

use super::memory::Memory;
use super::owner::Owner;
use super::schema::{self, Database};
use super::writer::{Batch, Writer};
use super::{Refused, frame};
use crate::error::{Error, ErrorKind};

/// Durable records, and their rows in memory.
#[derive(Debug)]
pub(crate) struct Store {
    // Fields are dropped in this order: the writer ends before the owner lets go, and the folder goes last.
    writer: Writer,
    memory: Arc<RwLock<Memory>>,
    reader: Mutex<Connection>,
    _owner: Owner,
    _folder: Option<TempDir>,
}

/// Where a payload is: frame and slot.
pub(crate) type Location = (i64, i64);

impl Store {
    pub(crate) fn open(database: Database) -> Result<Self, Error> {
        let (path, folder) = match database {
            Database::Path(path) => (path, None),
            Database::Temporary => temporary()?,
        };
        let owner = Owner::of(&path)?;
        let connection = schema::open(&path)?;
        let (dictionary, rows) = schema::load(&connection)?;
        let memory = Arc::new(RwLock::new(Memory::new(dictionary, rows)));
        let reader = Mutex::new(schema::open_reader(&path)?);
        let writer = Writer::start(connection, Arc::clone(&memory), &path)?;
        Ok(Self {
            writer,
            memory,
            reader,
            _owner: owner,
            _folder: folder,
        })
    }

    /// Stores records; resolves when they are on disk.
    pub(crate) async fn write(&self, records: Vec<Record>) -> Result<(), Refused> {
        if records.is_empty() {
            return Ok(());
        }
        let prepared = tokio::task::spawn_blocking(move || Batch::prepare(records)).await;
        match prepared {
            Ok(Ok(batch)) => self.writer.write(batch).await,
            _ => Err(Refused::Failed),
        }
    }

    /// The rows. Hold the guard briefly: the writer waits for it.
    pub(crate) fn memory(&self) -> RwLockReadGuard<'_, Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The JSON of calls, in the order asked for. Blocks on the disk.
    pub(crate) fn payloads(&self, locations: &[Location]) -> Result<Vec<String>, Error> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let mut frames: HashMap<i64, Vec<String>> = HashMap::new();
        let mut payloads = Vec::with_capacity(locations.len());
        for (number, slot) in locations {
            if !frames.contains_key(number) {
                let mut select =
                    reader.prepare_cached("SELECT data FROM payload WHERE frame = ?1")?;
                let data: Vec<u8> = select.query_row([number], |row| row.get(0))?;
                frames.insert(*number, frame::unpack(&data).map_err(damaged)?);
            }
            let payload = usize::try_from(*slot)
                .ok()
                .and_then(|slot| frames.get(number)?.get(slot));
            payloads.push(
                payload
                    .ok_or_else(|| damaged(io::Error::other("no such call in its frame")))?
                    .clone(),
            );
        }
        Ok(payloads)
    }

    /// Writes what is waiting and takes nothing more.
    pub(crate) fn stop(&self) {
        self.writer.stop();
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.stop();
    }
}

fn damaged(error: io::Error) -> Error {
    Error::new(
        ErrorKind::Database,
        format!("the database is damaged: {error}"),
    )
    .with_source(error)
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
