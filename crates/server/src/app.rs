//! What every request is answered from.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::body::Bodies;
use crate::questions::Questions;
use crate::reply::Problem;
use crate::store::Store;

/// Answers that may be streamed at once.
pub(crate) const STREAMS: usize = 64;

/// What requests are answered from.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) questions: Questions,
    pub(crate) bodies: Bodies,
    /// Answers that are streamed at once: fewer than there are connections, so that those who read them slowly leave places.
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) url: String,
    pub(crate) otlp_url: Option<String>,
}

impl App {
    /// A place for an answer that may be large, held until it has been read.
    pub(crate) fn stream(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.streams)
            .try_acquire_owned()
            .map_err(|_| Problem::busy("too many answers are on their way from this server"))
    }
}
