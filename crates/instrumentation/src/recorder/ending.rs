//! The end of an operation, which its owner, what is inside it, and the end of the recording share.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The error with which an operation ends.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// The value of `error.type`.
    pub(crate) kind: Cow<'static, str>,
    pub(crate) message: String,
}

/// The end of an operation.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    is_over: AtomicBool,
    noted: OnceLock<Failure>,
}

impl Ending {
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    /// Returns whether the caller is the first that ends the operation: only it may end the span.
    pub(crate) fn claim(&self) -> bool {
        !self.is_over.swap(true, Ordering::AcqRel)
    }

    /// Notes an error from inside; the first one counts.
    pub(crate) fn note(&self, failure: Failure) {
        drop(self.noted.set(failure));
    }

    pub(crate) fn noted(&self) -> Option<&Failure> {
        self.noted.get()
    }
}
