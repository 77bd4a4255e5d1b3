//! Errors of starting a monitor. Once it runs, it never fails a call.

use std::fmt;

/// Why a monitor could not be started.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// What kind of thing was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The name is not `entity/project/stream`.
    StreamName,
    /// A destination's address or key cannot be used.
    Destination,
    /// The file `SPANLOOM_PRICES` names cannot be read, or is no price file.
    Prices,
    /// The operating system gave no thread, or an HTTP client could not be made.
    Start,
}

impl Error {
    pub(crate) fn new(
        kind: ErrorKind,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            source: source.into(),
        }))
    }

    /// What kind of thing was wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

impl From<spanloom_exporter::Error> for Error {
    fn from(error: spanloom_exporter::Error) -> Self {
        let kind = match error.kind() {
            spanloom_exporter::ErrorKind::Destination => ErrorKind::Destination,
            _ => ErrorKind::Start,
        };
        Self::new(kind, error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.source.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("source", &self.0.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.source()
    }
}
