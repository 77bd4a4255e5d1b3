//! The one thread that writes: what has queued up is committed together, and answered after the commit.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rusqlite::{Connection, params};
use spanloom_core::Record;
use tokio::sync::oneshot;

use super::id::Id;
use super::memory::Memory;
use super::row::Row;
use super::{Code, Dictionary, Refused, frame, schema};
use crate::error::Error;

/// Batches of one transaction: enough to hide the disk's latency, few enough to answer soon.
const BATCHES: usize = 16;
/// Bytes that may wait to be written.
const MOST_WAITING: usize = 128 << 20;
/// Values of one attribute path that can be told apart; those beyond stand in the payload only.
const MOST_VALUES: usize = 10_000;

/// Records with their payloads compressed, ready to be written.
#[derive(Debug)]
pub(super) struct Batch {
    records: Vec<Record>,
    frames: Vec<Vec<u8>>,
    bytes: usize,
}

impl Batch {
    /// Compresses the payloads: on the thread of the one who brings them, so that the writer only writes.
    pub(super) fn prepare(records: Vec<Record>) -> io::Result<Self> {
        let payloads: Vec<String> = records
            .iter()
            .map(serde_json::to_string)
            .collect::<Result<_, _>>()?;
        let bytes = payloads.iter().map(String::len).sum();
        let frames = payloads
            .chunks(frame::CALLS)
            .map(|chunk| frame::pack(chunk.iter().map(String::as_str)))
            .collect::<io::Result<_>>()?;
        Ok(Self {
            records,
            frames,
            bytes,
        })
    }
}

struct Job {
    batch: Batch,
    done: oneshot::Sender<Result<(), Refused>>,
}

/// The way to the writer.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Mutex<Option<Sender<Job>>>,
    waiting: Arc<AtomicUsize>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        memory: Arc<RwLock<Memory>>,
        path: &Path,
    ) -> Result<Self, Error> {
        let (jobs, received) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let state = State::new(connection, memory, Arc::clone(&waiting))?;
        let path = path.to_owned();
        let thread = std::thread::Builder::new()
            .name("spanloom-writer".to_owned())
            .spawn(move || state.run(&received, &path))
            .map_err(|error| {
                Error::new(
                    crate::ErrorKind::Database,
                    format!("cannot start the writer: {error}"),
                )
            })?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            waiting,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Writes a batch; resolves when it is on disk.
    pub(super) async fn write(&self, batch: Batch) -> Result<(), Refused> {
        let bytes = batch.bytes;
        if self.waiting.fetch_add(bytes, Ordering::Relaxed) > MOST_WAITING {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
            return Err(Refused::Busy);
        }
        let (done, outcome) = oneshot::channel();
        let sent = match &*self.jobs.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(jobs) => jobs.send(Job { batch, done }).is_ok(),
            None => false,
        };
        if !sent {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
            return Err(Refused::Failed);
        }
        outcome.await.unwrap_or(Err(Refused::Failed))
    }

    /// Writes what is waiting, and ends. Blocks until it has.
    pub(super) fn stop(&self) {
        drop(
            self.jobs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        if let Some(thread) = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            // Its panic, if it had one, was its own end; there is nothing left to write.
            drop(thread.join());
        }
    }
}

struct State {
    connection: Connection,
    memory: Arc<RwLock<Memory>>,
    waiting: Arc<AtomicUsize>,
    /// Ahead of the memory's while a transaction is open.
    dictionary: Dictionary,
    values: HashMap<Code, HashSet<Code>>,
    rows: usize,
    frames: i64,
}

impl State {
    fn new(
        connection: Connection,
        memory: Arc<RwLock<Memory>>,
        waiting: Arc<AtomicUsize>,
    ) -> Result<Self, Error> {
        let frames =
            connection.query_row("SELECT ifnull(max(frame), 0) FROM payload", [], |row| {
                row.get(0)
            })?;
        let (dictionary, rows, values) = {
            let memory = memory.read().unwrap_or_else(PoisonError::into_inner);
            let mut values: HashMap<Code, HashSet<Code>> = HashMap::new();
            for (path, value) in memory.rows.iter().flat_map(|row| row.attributes.iter()) {
                values.entry(*path).or_default().insert(*value);
            }
            (memory.dictionary.clone(), memory.rows.len(), values)
        };
        Ok(Self {
            connection,
            memory,
            waiting,
            dictionary,
            values,
            rows,
            frames,
        })
    }

    fn run(mut self, jobs: &Receiver<Job>, path: &Path) {
        while let Ok(first) = jobs.recv() {
            let together: Vec<Job> = std::iter::once(first)
                .chain(jobs.try_iter().take(BATCHES - 1))
                .collect();
            let outcome = self.commit(&together).map_err(|error| {
                tracing::error!(name: "spanloom.store.failed", database = %path.display(), %error, "records were not stored");
                Refused::Failed
            });
            for job in together {
                self.waiting.fetch_sub(job.batch.bytes, Ordering::Relaxed);
                // Who no longer waits for the answer will ask again, and finds its records stored.
                let _ = job.done.send(outcome);
            }
        }
    }

    fn commit(&mut self, jobs: &[Job]) -> rusqlite::Result<()> {
        let (texts, rows, frames) = (self.dictionary.len(), self.rows, self.frames);
        let written = self.write(jobs, texts);
        match written {
            Ok(placed) => {
                self.publish(texts, placed);
                Ok(())
            }
            Err(error) => {
                // As if it had not been: the codes it gave out are given out again.
                self.dictionary.truncate(texts);
                (self.rows, self.frames) = (rows, frames);
                if !self.connection.is_autocommit() {
                    self.connection.execute_batch("ROLLBACK")?;
                }
                Err(error)
            }
        }
    }

    fn write(&mut self, jobs: &[Job], texts: usize) -> rusqlite::Result<Vec<(usize, Row)>> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut placed = Vec::new();
        let mut new: HashMap<(Code, Id), usize> = HashMap::new();
        for job in jobs {
            let first = self.frames + 1;
            for data in &job.batch.frames {
                self.frames += 1;
                let mut insert = self
                    .connection
                    .prepare_cached("INSERT INTO payload(frame, data) VALUES(?1, ?2)")?;
                insert.execute(params![self.frames, data])?;
            }
            for (index, record) in job.batch.records.iter().enumerate() {
                let mut row = self.row(record);
                row.frame = first + i64::try_from(index / frame::CALLS).unwrap_or(0);
                row.slot = i64::try_from(index % frame::CALLS).unwrap_or(0);
                let place = self.place(&row, &mut new);
                schema::write(
                    &self.connection,
                    i64::try_from(place).unwrap_or(i64::MAX),
                    &row,
                )?;
                placed.push((place, row));
            }
        }
        for (code, text) in (texts..).zip(self.dictionary.since(texts)) {
            let mut insert = self
                .connection
                .prepare_cached("INSERT INTO dict(code, text) VALUES(?1, ?2)")?;
            insert.execute(params![i64::try_from(code).unwrap_or(i64::MAX), text])?;
        }
        self.connection.execute_batch("COMMIT")?;
        Ok(placed)
    }

    /// The row of a record, without attribute values beyond what a path may have.
    fn row(&mut self, record: &Record) -> Row {
        let mut row = Row::of(record, &mut self.dictionary);
        let values = &mut self.values;
        row.attributes = row
            .attributes
            .iter()
            .filter(|(path, value)| {
                let values = values.entry(*path).or_default();
                values.contains(value) || (values.len() < MOST_VALUES && values.insert(*value))
            })
            .copied()
            .collect();
        row
    }

    /// Where a row goes: a call that is known keeps its place, whichever of its records comes last.
    fn place(&mut self, row: &Row, new: &mut HashMap<(Code, Id), usize>) -> usize {
        let key = (row.project, row.id.clone());
        let known = new.get(&key).copied().or_else(|| {
            self.memory
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .find(row.project, &row.id)
        });
        known.unwrap_or_else(|| {
            let place = self.rows;
            self.rows += 1;
            new.insert(key, place);
            place
        })
    }

    /// Shows readers what is on disk now.
    fn publish(&self, texts: usize, placed: Vec<(usize, Row)>) {
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        for text in self.dictionary.since(texts) {
            memory.dictionary.push(text);
        }
        for (place, row) in placed {
            memory.put(place, row);
        }
        memory.version += 1;
    }
}
