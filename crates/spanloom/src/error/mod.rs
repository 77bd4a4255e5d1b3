//! Errors of starting a monitor. A running monitor never fails a call.

mod fault;

use std::fmt;
use std::iter::once;

pub(crate) use fault::Faults;
pub use fault::{Fault, Origin};

/// Why a monitor could not be started: all faults of its configuration at once.
///
/// The `Display` output is one line for a single fault, otherwise one line for each. It never contains a key.
pub struct Error(Box<Inner>);

struct Inner {
    first: Fault,
    others: Vec<Fault>,
}

/// The kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The name is not `entity/project/stream`.
    StreamName,
    /// A destination's address, key, protocol, header, timeout, compression or certificate cannot be used.
    Destination,
    /// The file that `SPANLOOM_PRICES` names cannot be read, or is not a price file.
    Prices,
    /// `SPANLOOM_SPOOL` has an unknown value, or enables a spool without a folder for it.
    Spool,
    /// The operating system started no thread, or an HTTP client could not be built.
    Start,
}

impl Error {
    /// Creates an error of the system, after the configuration was found to be valid.
    pub(crate) fn new(
        kind: ErrorKind,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::of(Fault::of(kind, Origin::System, source), Vec::new())
    }

    fn of(first: Fault, others: Vec<Fault>) -> Self {
        Self(Box::new(Inner { first, others }))
    }

    /// Returns the kind of the first fault.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.first.kind()
    }

    /// Returns all faults, at least one.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        once(&self.0.first).chain(&self.0.others)
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
        let Inner { first, others } = &*self.0;
        if others.is_empty() {
            return first.fmt(f);
        }
        let count = others.len() + 1;
        write!(f, "{count} errors in the monitor's configuration:")?;
        self.faults().try_for_each(|fault| write!(f, "\n- {fault}"))
    }
}

impl fmt::Debug for Error {
    /// Writes the `Display` output, since a `main` that returns the error shows its `Debug`; `{:#?}` lists the faults.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f.debug_list().entries(self.faults()).finish();
        }
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.first.cause()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_told_each_once() {
        let spool = || {
            let origin = Origin::Variable("SPANLOOM_SPOOL");
            Fault::new(ErrorKind::Spool, origin, "unknown word").with_remedy("say off")
        };
        let mut faults = Faults::default();
        assert_eq!(faults.keep(Ok(1)), Some(1));
        assert_eq!(faults.keep::<()>(Err(spool())), None);
        faults.add(spool());
        let error = faults.settle(Some(())).unwrap_err();
        assert_eq!(error.to_string(), "SPANLOOM_SPOOL: unknown word; say off");
        assert_eq!(format!("{error:?}"), error.to_string());
        assert!(format!("{error:#?}").contains("kind: Spool"), "{error:#?}");

        let mut faults = Faults::default();
        faults.add(spool());
        let code = Origin::Code("with_server");
        faults.add(Fault::new(ErrorKind::Destination, code, "no host"));
        let error = faults.settle(Some(())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Spool);
        assert_eq!(error.faults().count(), 2);
        assert_eq!(
            error.to_string(),
            "2 errors in the monitor's configuration:\n- SPANLOOM_SPOOL: unknown word; say off\n- no host"
        );
        assert!(Faults::default().settle(Some(())).is_ok());
    }
}
