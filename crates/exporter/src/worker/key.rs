//! A key that is tried before the first records.

use std::fmt;
use std::sync::Arc;

use super::Sending;

/// A request without records, beside those with some: none of them waits for it.
pub(super) struct KeyCheck {
    pub(super) sending: Sending,
    pub(super) refused: KeyRefused,
}

/// Is called with one line when a destination refuses its key.
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
