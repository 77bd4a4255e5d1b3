//! The check of a key before the first records.

use std::fmt;
use std::sync::Arc;

use spanloom_core::StreamName;
use tokio::time::Instant;

use super::send_failure::SendFailure;
use super::{Sending, Worker};
use crate::exchange::Answer;
use crate::protocol::verdict::Verdict;

/// A request without records, parallel to those with records: none of them waits for it.
pub(super) struct KeyCheck {
    pub(super) sending: Sending,
    pub(super) refused: KeyRefused,
}

impl Worker {
    /// Checks the key first; `refused` is called if it is not accepted.
    pub(crate) fn with_key_check(
        mut self,
        refused: Option<KeyRefused>,
        stream: &StreamName,
    ) -> Self {
        let request = self
            .protocol
            .empty_request(stream)
            .zip(self.transport.clone());
        self.key_check = refused
            .zip(request)
            .map(|(refused, (request, transport))| KeyCheck {
                sending: Box::pin(async move { transport.send(request).await }),
                refused,
            });
        self
    }

    /// Reports a refused key. All other failures are left to the first records.
    pub(super) fn key_checked(
        &mut self,
        answer: &Result<Answer, reqwest::Error>,
        refused: &KeyRefused,
    ) {
        let verdict = answer
            .as_ref()
            .map(|answer| self.protocol.judge(&[], answer));
        if !matches!(verdict, Ok(Verdict::Unauthorized)) {
            return;
        }
        let why = SendFailure::Key.why();
        self.trouble = Some(why);
        self.warned = Some(Instant::now());
        tracing::warn!(name: "spanloom.export.key_refused", destination = %self.name, why, "records will have to wait");
        refused.report(&self.name, why);
    }
}

/// A callback that gets one line when a destination refuses its key.
#[derive(Clone)]
pub(crate) struct KeyRefused(Arc<dyn Fn(&str) + Send + Sync>);

impl KeyRefused {
    pub(crate) fn new(refused: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(refused))
    }

    pub(super) fn report(&self, destination: &str, why: &str) {
        (self.0)(&format!("{destination}: {why}"));
    }
}

impl fmt::Debug for KeyRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRefused").finish_non_exhaustive()
    }
}
