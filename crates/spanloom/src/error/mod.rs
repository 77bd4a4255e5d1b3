//! Errors of starting a monitor. Once it runs, it never fails a call.

mod fault;

use std::fmt;
use std::iter::once;

pub(crate) use fault::Faults;
pub use fault::{Fault, Origin};

/// Why a monitor could not be started: everything that is wrong with its configuration, at once.
///
/// Its `Display` is one line for one fault, else a line for each. No key is ever in it.
pub struct Error(Box<Inner>);

struct Inner {
    first: Fault,
    others: Vec<Fault>,
}

/// What kind of thing was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The name is not `entity/project/stream`.
    StreamName,
    /// A destination's address, key, protocol, header, timeout, compression or certificate cannot be used.
    Destination,
    /// The file `SPANLOOM_PRICES` names cannot be read, or is no price file.
    Prices,
    /// `SPANLOOM_SPOOL` has an unknown word, or asks for a spool where there is no folder for one.
    Spool,
    /// The operating system gave no thread, or an HTTP client could not be made.
    Start,
}

impl Error {
    /// What the system refused, after the configuration was found to be good.
    pub(crate) fn new(
        kind: ErrorKind,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::of(Fault::of(kind, Origin::System, source), Vec::new())
    }

    fn of(first: Fault, others: Vec<Fault>) -> Self {
        Self(Box::new(Inner { first, others }))
    }

    /// What kind of thing was wrong; of several, the first.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.first.kind()
    }

    /// Everything that is wrong, at least one thing.
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
        write!(
            f,
            "{count} things are wrong with the monitor's configuration:"
        )?;
        self.faults().try_for_each(|fault| write!(f, "\n- {fault}"))
    }
}

impl fmt::Debug for Error {
    /// As `Display`, since that is what a `main` shows which returns it; `{:#?}` has the parts.
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
            "2 things are wrong with the monitor's configuration:\n- SPANLOOM_SPOOL: unknown word; say off\n- no host"
        );
        assert!(Faults::default().settle(Some(())).is_ok());
    }
}
