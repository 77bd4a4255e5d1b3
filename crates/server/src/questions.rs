//! Dedicated threads for questions: no number of slow questions occupies the threads that receive and write records.

use std::num::NonZero;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::error::{Error, ErrorKind};
use crate::reply::Problem;
use crate::store::question::Until;

/// The minimum number of threads, so that a long question does not hold up short ones.
const LEAST: usize = 2;

/// A pool with about one thread per core; further questions wait for a free thread.
#[derive(Debug)]
pub(crate) struct Questions {
    /// A runtime of which only the blocking threads are used; `Some` until the drop.
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

    /// Answers a question about calls, which ends after its time, and when the future is dropped: its client has
    /// disconnected.
    pub(crate) async fn ask_until<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Until) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (until, client) = Until::start();
        let answer = self.ask(move || question(&until)).await;
        drop(client);
        answer
    }

    /// Answers a question. A question not started when the future is dropped is discarded: its client has disconnected.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let failed = || Problem::internal("the query could not be answered");
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
            // The drop may run in an async context, where a runtime must not wait for its threads.
            threads.shutdown_background();
        }
    }
}
