//! The one thread that writes: what has queued up is committed together, and answered after the commit.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, ErrorCode};
use spanloom_core::Record;
use tokio::sync::oneshot;

use super::memory::Published;
use super::transaction::Transaction;
use super::{Refused, frame};
use crate::error::Error;

/// Batches of one transaction: enough to hide the disk's latency, few enough to answer soon.
const BATCHES: usize = 16;
/// Bytes that may wait to be written.
const MOST_WAITING: usize = 128 << 20;
/// Records with their payloads compressed, ready to be written.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) records: Vec<Record>,
    pub(super) frames: Vec<Vec<u8>>,
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
    /// Why the last transaction failed, if it did.
    refused: Arc<Mutex<Option<Refused>>>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        published: Arc<Published>,
        path: &Path,
    ) -> Result<Self, Error> {
        let (jobs, received) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let transaction = Transaction::new(connection, published)?;
        let refused = Arc::default();
        let (bytes, last) = (Arc::clone(&waiting), Arc::clone(&refused));
        let path = path.to_owned();
        let thread = std::thread::Builder::new()
            .name("spanloom-writer".to_owned())
            .spawn(move || run(transaction, &received, &bytes, &last, &path))
            .map_err(|error| {
                Error::new(
                    crate::ErrorKind::Database,
                    format!("cannot start the writer: {error}"),
                )
            })?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            waiting,
            refused,
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

    /// Why the last records were not stored, if they were not.
    pub(super) fn refused(&self) -> Option<Refused> {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Commits what has queued up until no more can come.
fn run(
    mut transaction: Transaction,
    jobs: &Receiver<Job>,
    waiting: &AtomicUsize,
    refused: &Mutex<Option<Refused>>,
    path: &Path,
) {
    while let Ok(first) = jobs.recv() {
        let together: Vec<Job> = std::iter::once(first)
            .chain(jobs.try_iter().take(BATCHES - 1))
            .collect();
        let batches: Vec<&Batch> = together.iter().map(|job| &job.batch).collect();
        let outcome = transaction.commit(&batches).map_err(|error| {
            tracing::error!(name: "spanloom.store.failed", database = %path.display(), %error, "records were not stored");
            refusal(&error)
        });
        *refused.lock().unwrap_or_else(PoisonError::into_inner) = outcome.err();
        for job in together {
            waiting.fetch_sub(job.batch.bytes, Ordering::Relaxed);
            // Who no longer waits for the answer will ask again, and finds its records stored.
            let _ = job.done.send(outcome);
        }
    }
    if let Err(error) = transaction.close() {
        tracing::warn!(name: "spanloom.store.log_left", database = %path.display(), %error,
            "the database's log could not be moved into its file: copy both");
    }
}

/// What an error of the database means for those who sent the records.
fn refusal(error: &rusqlite::Error) -> Refused {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::OutOfMemory
            | ErrorCode::NoLargeFileSupport,
        ) => Refused::Disk,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Refused::Busy,
        _ => Refused::Failed,
    }
}
