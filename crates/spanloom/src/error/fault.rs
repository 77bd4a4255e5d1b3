//! A single fault of a configuration.

use std::fmt;

use super::{Error, ErrorKind};

/// A single fault of a configuration: its kind, the origin of the setting, the reason, and the remedy.
///
/// The `Display` output is one sentence with all of these, on one line except for the faults of a price file, which
/// have one line for each entry. It never contains keys, header values or the parts of an address that may hold a key.
#[derive(Debug)]
pub struct Fault {
    kind: ErrorKind,
    origin: Origin,
    why: String,
    remedy: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The origin of a setting.
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

    /// Creates a fault that another error describes.
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

    /// Returns the kind of the fault.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the origin of the setting.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Returns why the setting cannot be used, mostly with the expected value.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }

    /// Returns the remedy, unless `why` already states it.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
    }

    /// Returns the source of the error that this fault already describes.
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

/// The faults found so far, so that all can be reported at once.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Returns the value of a result, or keeps its fault.
    pub(crate) fn keep<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(fault) => {
                self.add(fault);
                None
            }
        }
    }

    /// Adds a fault unless it is known already: two settings may come from one variable.
    pub(crate) fn add(&mut self, fault: Fault) {
        if !self.0.iter().any(|known| known.is_same_as(&fault)) {
            self.0.push(fault);
        }
    }

    /// Drops faults of other kinds.
    pub(crate) fn only(&mut self, kind: ErrorKind) {
        self.0.retain(|fault| fault.kind == kind);
    }

    /// Returns `made`, unless there are faults: then all of them, as one error.
    pub(crate) fn settle<T>(self, made: Option<T>) -> Result<T, Error> {
        let mut faults = self.0.into_iter();
        match (faults.next(), made) {
            (None, Some(made)) => Ok(made),
            (Some(first), _) => Err(Error::of(first, faults.collect())),
            // A value that could not be made has left a fault.
            (None, None) => Err(Error::new(ErrorKind::Start, "nothing was started")),
        }
    }
}
