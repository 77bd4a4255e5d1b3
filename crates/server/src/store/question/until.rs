//! How long a question may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a question may take.
const LONGEST: Duration = Duration::from_secs(2);

/// A question took too long, or its client has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Late;

/// The end of a question: its deadline, or that its client has gone.
#[derive(Clone, Debug)]
pub(crate) struct Until {
    deadline: Instant,
    gone: Arc<AtomicBool>,
}

/// Ends the question when it is dropped.
#[derive(Debug)]
pub(crate) struct Client(Arc<AtomicBool>);

impl Until {
    /// Returns the end of a question that is asked now, and its client.
    pub(crate) fn start() -> (Self, Client) {
        let gone = Arc::new(AtomicBool::new(false));
        let until = Self {
            deadline: Instant::now() + LONGEST,
            gone: Arc::clone(&gone),
        };
        (until, Client(gone))
    }

    pub(crate) fn check(&self) -> Result<(), Late> {
        match self.gone.load(Ordering::Relaxed) || Instant::now() >= self.deadline {
            true => Err(Late),
            false => Ok(()),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_ends_with_its_client_and_with_its_time() {
        let (until, client) = Until::start();
        assert_eq!(until.check(), Ok(()));
        drop(client);
        assert_eq!(until.check(), Err(Late));
        let (mut until, _client) = Until::start();
        until.deadline -= LONGEST;
        assert_eq!(until.check(), Err(Late));
    }
}
