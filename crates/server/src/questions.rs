//! Threads for questions, of their own: however many are asked at once, and however long they take, whoever brings records
//! finds the threads that take and write them free.

use std::num::NonZero;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::error::{Error, ErrorKind};
use crate::reply::Problem;

/// At least so many, so that a long question does not hold up the short ones.
const LEAST: usize = 2;

/// A few threads, as many as the machine has cores; the questions beyond wait for one.
#[derive(Debug)]
pub(crate) struct Questions {
    /// Of a runtime only its blocking threads: there is always one until the drop.
    threads: Option<Runtime>,
}

impl Questions {
    pub(crate) fn start() -> Result<Self, Error> {
        let cores = available_parallelism().map_or(LEAST, NonZero::get);
        let threads = Builder::new_current_thread()
            .max_blocking_threads(cores.max(LEAST))
            .thread_name("spanloom-question")
            .build()
            .map_err(|error| {
                let message = format!("cannot start threads: {error}");
                Error::new(ErrorKind::Database, message).with_source(error)
            })?;
        Ok(Self {
            threads: Some(threads),
        })
    }

    /// Answers a question. One that has not begun when the future is dropped is forgotten: its client has gone.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let failed = || Problem::internal("the question could not be answered");
        let threads = self.threads.as_ref().ok_or_else(failed)?;
        let mut asked = JoinSet::new();
        asked.spawn_blocking_on(question, threads.handle());
        match asked.join_next().await {
            Some(Ok(answer)) => answer,
            _ => Err(failed()),
        }
    }
}

impl Drop for Questions {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            // Where a runtime may not wait for its threads.
            threads.shutdown_background();
        }
    }
}
