//! Operations in code that is no future.

use std::fmt::{self, Display};
use std::marker::PhantomData;

use opentelemetry::ContextGuard;
use serde::Serialize;
use spanloom_core::content::Place;
use spanloom_core::semconv as names;

use super::Started;
use super::kind::{OperationKind, Retrieval, Tool};
use super::open::OpenOperation;

/// A running operation. It ends when the guard is dropped: completed, or failed if [`OperationGuard::fail`] was called or
/// the thread panics.
#[must_use = "the operation ends when this guard is dropped"]
pub struct OperationGuard<K> {
    /// `None` if nothing is recorded.
    open: Option<OpenOperation>,
    _inside: Option<ContextGuard>,
    kind: PhantomData<K>,
}

impl<K: OperationKind> OperationGuard<K> {
    pub(super) fn new(started: Option<Started>) -> Self {
        let (open, inside) = started.map(|it| (it.open, it.inside.attach())).unzip();
        Self {
            open,
            _inside: inside,
            kind: PhantomData,
        }
    }

    /// Notes the error with which the operation will end: `error.type` is the name of its type, the span's status has its text, with secrets
    /// masked.
    pub fn fail<E: Display + ?Sized>(&mut self, error: &E) {
        if let Some(open) = &mut self.open {
            open.fail(error);
        }
    }
}

impl OperationGuard<Tool> {
    /// Records the result, if content is recorded.
    pub fn result(&mut self, result: &(impl Serialize + ?Sized)) {
        if let Some(open) = &mut self.open {
            let (name, place) = (names::GEN_AI_TOOL_CALL_RESULT, Place::ToolCallResult);
            open.content(name, place, result);
        }
    }
}

impl OperationGuard<Retrieval> {
    /// Records the documents that were found, if content is recorded: a list of objects with `id` and `score`.
    pub fn documents(&mut self, documents: &(impl Serialize + ?Sized)) {
        if let Some(open) = &mut self.open {
            let (name, place) = (names::GEN_AI_RETRIEVAL_DOCUMENTS, Place::RetrievalDocuments);
            open.content(name, place, documents);
        }
    }
}

impl<K> Drop for OperationGuard<K> {
    fn drop(&mut self) {
        if let Some(open) = self.open.as_mut().filter(|_| !std::thread::panicking()) {
            open.finish();
        }
    }
}

impl<K: OperationKind> fmt::Debug for OperationGuard<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationGuard")
            .field("operation", &K::SPEC.operation)
            .finish_non_exhaustive()
    }
}
