//! The end of an operation, which its owner, what is inside it, and the end of the recording share.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use opentelemetry::KeyValue;

/// The error with which an operation ends.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// The value of `error.type`.
    pub(crate) kind: Cow<'static, str>,
    pub(crate) message: String,
    /// What else the span has for it.
    pub(crate) attributes: Vec<KeyValue>,
}

/// The end of an operation.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    is_over: AtomicBool,
    noted: Mutex<Option<Failure>>,
}

impl Ending {
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    /// Returns whether the caller is the first that ends the operation: only it may end the span.
    pub(crate) fn claim(&self) -> bool {
        !self.is_over.swap(true, Ordering::AcqRel)
    }

    /// Notes what came of a try inside: an error, or `None` if it went well. The last one counts.
    pub(crate) fn note(&self, failure: Option<Failure>) {
        *self.noted.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    /// Removes and returns the noted error.
    pub(crate) fn take_noted(&self) -> Option<Failure> {
        self.noted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}
