//! One thing that is wrong with a configuration.

use std::fmt;

use super::{Error, ErrorKind};

/// One thing that is wrong: what, where it was said, why it cannot be, and the remedy.
///
/// Its `Display` is one sentence with all of it. Keys, headers' values and what of an address may hold one are never in
/// it. (The exception to one line: what is wrong with a price file, one line for each entry.)
#[derive(Debug)]
pub struct Fault {
    kind: ErrorKind,
    origin: Origin,
    why: String,
    remedy: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Where a setting came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Code: this function of the builder.
    Code(&'static str),
    /// The environment: the variable of this name.
    Variable(&'static str),
    /// Neither: the operating system refused something.
    System,
}

impl Fault {
    pub(crate) fn new(kind: ErrorKind, origin: Origin, why: impl Into<String>) -> Self {
        Self {
            kind,
            origin,
            why: why.into(),
            remedy: None,
            source: None,
        }
    }

    /// A fault that another error describes.
    pub(crate) fn of(
        kind: ErrorKind,
        origin: Origin,
        error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let error = error.into();
        let why = error.to_string();
        Self {
            source: Some(error),
            ..Self::new(kind, origin, why)
        }
    }

    pub(crate) fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// What was wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Where it was said.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Why it cannot be used; mostly with what was expected.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }

    /// What to do, where `why` does not already say it.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
    }

    /// What is below the error that this fault says in its own words.
    pub(super) fn cause(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref()?.source()
    }

    fn is_same_as(&self, other: &Self) -> bool {
        (self.kind, self.origin, &self.why) == (other.kind, other.origin, &other.why)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Origin::Variable(name) = self.origin {
            write!(f, "{name}: ")?;
        }
        f.write_str(&self.why)?;
        match &self.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

/// Faults as they are found, so that all can be told at once.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Takes the fault out of a result.
    pub(crate) fn keep<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(fault) => {
                self.add(fault);
                None
            }
        }
    }

    /// Two settings may come from one variable; what is wrong with it is said once.
    pub(crate) fn add(&mut self, fault: Fault) {
        if !self.0.iter().any(|known| known.is_same_as(&fault)) {
            self.0.push(fault);
        }
    }

    /// Forgets those of other kinds.
    pub(crate) fn only(&mut self, kind: ErrorKind) {
        self.0.retain(|fault| fault.kind == kind);
    }

    /// What was made, unless there are faults: then all of them, as one error.
    pub(crate) fn settle<T>(self, made: Option<T>) -> Result<T, Error> {
        let mut faults = self.0.into_iter();
        match (faults.next(), made) {
            (None, Some(made)) => Ok(made),
            (Some(first), _) => Err(Error::of(first, faults.collect())),
            // What could not be made has left a fault.
            (None, None) => Err(Error::new(ErrorKind::Start, "nothing was started")),
        }
    }
}
