//! The state shared by all request handlers.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::body::Bodies;
use crate::metrics::Metrics;
use crate::questions::Questions;
use crate::reply::Problem;
use crate::store::{Memory, Store};

/// The maximum number of answers streamed at once.
pub(crate) const STREAMS: usize = 64;
/// The maximum number of answers that have no end; each keeps a connection.
pub(crate) const LIVE: usize = 64;

/// The state shared by all request handlers.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) questions: Questions,
    pub(crate) bodies: Bodies,
    pub(crate) metrics: Metrics,
    /// The permits for streamed answers: fewer than connections, so that slow readers leave connections free.
    pub(crate) streams: Arc<Semaphore>,
    /// The permits for answers that have no end.
    pub(crate) live: Arc<Semaphore>,
    /// Ends such answers: it changes, or its sender goes, when the server stops.
    pub(crate) stopped: watch::Receiver<()>,
    /// The number of log records accepted since the start that belong to no call, and so are not stored.
    pub(crate) other_logs: AtomicU64,
    pub(crate) url: String,
    pub(crate) otlp_url: Option<String>,
    pub(crate) grpc_url: Option<String>,
}

impl App {
    /// Deletes calls; see [`Store::delete`]. A deletion that has begun goes on when the future is dropped.
    pub(crate) async fn delete(
        self: &Arc<Self>,
        memory: Arc<Memory>,
        places: Vec<usize>,
        waiting: Vec<(String, String)>,
    ) -> Result<usize, Problem> {
        let app = Arc::clone(self);
        let deletion = async move { app.store.delete(memory, places, waiting).await };
        let deleted = tokio::spawn(deletion).await;
        let deleted = deleted.map_err(|_| Problem::internal("the calls could not be deleted"))?;
        Ok(deleted?)
    }

    /// Acquires a permit for an answer that may be large, to be held until the answer has been read.
    pub(crate) fn stream(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.streams)
            .try_acquire_owned()
            .map_err(|_| Problem::busy("this server is sending too many answers"))
    }
}
