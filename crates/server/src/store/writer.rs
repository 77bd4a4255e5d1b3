//! The only thread that writes: queued batches are committed together and answered after the commit.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use super::Refused;
use super::batch::Batch;
use super::memory::Published;
use super::repeats::{self, Repeats};
use super::retention::Retention;
use super::segments::Saved;
use super::transaction::Transaction;
use crate::error::Error;

/// The maximum number of batches in a transaction: enough to hide the disk's latency, few enough to answer soon.
const BATCHES: usize = 16;
/// The maximum bytes that may wait to be written.
const MOST_WAITING: usize = 128 << 20;

/// The part of what is kept that texts of one period may take.
const TEXTS: u64 = 8;

/// The time between two looks for calls that need not be kept.
const CHECK: Duration = Duration::from_secs(1);

/// The time between two looks at frames of an earlier server.
const PAUSE: Duration = Duration::from_millis(5);

/// Work that runs in a separate transaction.
type Work = Box<dyn FnOnce(&mut Transaction, &Last) + Send>;

/// The reason the last records were not stored, if they were not. It is set before their sender is answered, so that whoever has
/// the answer sees it.
type Last = Mutex<Option<Refused>>;

/// A job for the writer.
enum Job {
    Calls(Calls),
    Other(Work),
}

struct Calls {
    batch: Batch,
    done: oneshot::Sender<Result<(), Refused>>,
    _waiting: Waiting,
}

/// Bytes that wait to be written, until this is dropped: their sender may disconnect sooner.
struct Waiting {
    bytes: usize,
    all: Arc<AtomicUsize>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A handle to the writer.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Mutex<Option<Sender<Job>>>,
    waiting: Arc<AtomicUsize>,
    /// The reason the last transaction failed, if it did.
    refused: Arc<Mutex<Option<Refused>>>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
    repeats: Arc<Repeats>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        published: Arc<Published>,
        saved: Saved,
        retention: Retention,
    ) -> Result<Self, Error> {
        let (jobs, received) = channel();
        let waiting = Arc::default();
        let transaction = Transaction::new(connection, published, saved)?;
        let repeats = Arc::clone(transaction.repeats());
        repeats.limit(repeats::MOST_BYTES.min(retention.max_bytes.unwrap_or(u64::MAX) / TEXTS));
        let refused = Arc::default();
        let last = Arc::clone(&refused);
        let thread = std::thread::Builder::new()
            .name("spanloom-writer".to_owned())
            .spawn(move || run(transaction, &retention, &received, &last))
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
            repeats,
        })
    }

    /// Returns what is known of texts that repeat, to prepare batches with.
    pub(super) fn repeats(&self) -> Arc<Repeats> {
        Arc::clone(&self.repeats)
    }

    /// Writes a batch; resolves when it is on disk.
    pub(super) async fn write(&self, batch: Batch) -> Result<(), Refused> {
        let waiting = self.wait(batch.bytes)?;
        let (done, outcome) = oneshot::channel();
        self.send(Job::Calls(Calls {
            batch,
            done,
            _waiting: waiting,
        }))?;
        outcome.await.unwrap_or(Err(Refused::Failed))
    }

    /// Runs other work on the database in a transaction; `bytes` count as waiting meanwhile.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Refused> {
        self.run_with(bytes, |transaction| transaction.run(work))
            .await
    }

    /// Runs other work with the transaction's state; `bytes` count as waiting meanwhile.
    pub(super) async fn run_with<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut Transaction) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Refused> {
        let waiting = self.wait(bytes)?;
        let (done, outcome) = oneshot::channel();
        let job = move |transaction: &mut Transaction, last: &Last| {
            let outcome = in_place(transaction)
                .and_then(|()| work(transaction).map_err(|error| failed(&error)));
            set(last, outcome.as_ref().err().copied());
            drop(waiting);
            // As with records, a client that has disconnected will ask again.
            drop(done.send(outcome));
        };
        self.send(Job::Other(Box::new(job)))?;
        outcome.await.unwrap_or(Err(Refused::Failed))
    }

    /// Counts bytes as waiting, unless too many are waiting already.
    fn wait(&self, bytes: usize) -> Result<Waiting, Refused> {
        let all = Arc::clone(&self.waiting);
        let before = all.fetch_add(bytes, Ordering::Relaxed);
        let waiting = Waiting { bytes, all };
        match before > MOST_WAITING {
            true => Err(Refused::Busy),
            false => Ok(waiting),
        }
    }

    fn send(&self, job: Job) -> Result<(), Refused> {
        match &*self.jobs.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(jobs) => jobs.send(job).map_err(|_| Refused::Failed),
            None => Err(Refused::Failed),
        }
    }

    /// Returns the reason the last records were not stored, if they were not.
    pub(super) fn refused(&self) -> Option<Refused> {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes pending jobs and ends the thread. Blocks until the thread has ended.
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
            // A thread that panicked has ended as well; there is nothing left to write.
            drop(thread.join());
        }
    }
}

/// Commits queued jobs until the queue is closed, and removes in between what need not be kept.
fn run(mut transaction: Transaction, retention: &Retention, jobs: &Receiver<Job>, last: &Last) {
    let mut next = None;
    let mut check = Instant::now();
    loop {
        if Instant::now() >= check {
            check = Instant::now() + idle(&mut transaction, retention, last);
        }
        let mut wait = check.saturating_duration_since(Instant::now());
        if transaction.has_upgrade() {
            wait = wait.min(PAUSE);
        }
        let job = match next.take().map_or_else(|| jobs.recv_timeout(wait), Ok) {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => {
                upgrade(&mut transaction);
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        match job {
            Job::Other(work) => work(&mut transaction, last),
            Job::Calls(first) => {
                let mut together = vec![first];
                while together.len() < BATCHES {
                    match jobs.try_recv() {
                        Ok(Job::Calls(more)) => together.push(more),
                        Ok(other) => {
                            next = Some(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                commit(&mut transaction, together, last);
            }
        }
    }
    if let Err(error) = transaction.close() {
        tracing::warn!(name: "spanloom.store.log_left", %error,
            "the database's log could not be merged into its file: copy both");
    }
}

/// Looks after the database in between; returns the time until there may be more to do.
fn idle(transaction: &mut Transaction, retention: &Retention, last: &Last) -> Duration {
    let outcome = in_place(transaction);
    let mut refused = last.lock().unwrap_or_else(PoisonError::into_inner);
    match outcome {
        Err(gone) => {
            if *refused != Some(gone) {
                tracing::error!(name: "spanloom.store.gone", "the database file was removed or replaced: nothing is stored");
            }
            *refused = Some(gone);
            CHECK
        }
        Ok(()) => {
            *refused = refused.filter(|last| *last != Refused::Gone);
            drop(refused);
            if let Err(error) = transaction.tidy() {
                tracing::warn!(name: "spanloom.store.unused", %error, "texts that no call has were not removed");
            }
            retain(transaction, retention)
        }
    }
}

/// Does the next of what is left to do in a file of an earlier server.
fn upgrade(transaction: &mut Transaction) {
    if in_place(transaction).is_ok()
        && let Err(error) = transaction.upgrade()
    {
        tracing::warn!(name: "spanloom.store.upgrade", %error, "frames of an earlier server were not looked at: what of them is deleted may be left in the file");
    }
}

/// Removes what need not be kept; returns the time until there may be more of it.
fn retain(transaction: &mut Transaction, retention: &Retention) -> Duration {
    match transaction.retain(retention) {
        Ok(true) => Duration::ZERO,
        Ok(false) => CHECK,
        Err(error) => {
            tracing::error!(name: "spanloom.store.not_removed", %error, "old calls could not be removed");
            CHECK
        }
    }
}

/// Checks that the database is still the file at its path: what is written to a removed file is lost.
fn in_place(transaction: &Transaction) -> Result<(), Refused> {
    match transaction.is_in_place() {
        true => Ok(()),
        false => Err(Refused::Gone),
    }
}

fn set(last: &Last, refused: Option<Refused>) {
    *last.lock().unwrap_or_else(PoisonError::into_inner) = refused;
}

fn commit(transaction: &mut Transaction, together: Vec<Calls>, last: &Last) {
    let batches: Vec<&Batch> = together.iter().map(|calls| &calls.batch).collect();
    let outcome = in_place(transaction)
        .and_then(|()| transaction.commit(&batches).map_err(|error| failed(&error)));
    set(last, outcome.err());
    for calls in together {
        // A client that no longer waits for the answer will ask again, and finds its records stored.
        let _ = calls.done.send(outcome);
    }
}

fn failed(error: &rusqlite::Error) -> Refused {
    tracing::error!(name: "spanloom.store.failed", %error, "records were not stored");
    refusal(error)
}

/// Returns the refusal that a database error means for the sender of the records.
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
