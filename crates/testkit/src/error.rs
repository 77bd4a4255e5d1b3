//! The crate's error.

use std::fmt;
use std::io;
use std::time::Duration;

/// The reason why a fake could not start, or why a wait ended without a result.
#[derive(Debug)]
pub struct Error(Box<Cause>);

/// The kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The loopback port could not be bound: it is taken, or binding is not permitted.
    Bind,
    /// There is no runtime: the caller is outside tokio, or the thread or its runtime could not be created.
    Runtime,
    /// The awaited item did not arrive before the deadline.
    Deadline,
}

#[derive(Debug)]
enum Cause {
    Bind {
        port: u16,
        source: io::Error,
    },
    Runtime {
        source: io::Error,
    },
    Deadline {
        what: &'static str,
        arrived: usize,
        wanted: usize,
        after: Duration,
    },
}

impl Error {
    /// Returns the kind of this error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match *self.0 {
            Cause::Bind { .. } => ErrorKind::Bind,
            Cause::Runtime { .. } => ErrorKind::Runtime,
            Cause::Deadline { .. } => ErrorKind::Deadline,
        }
    }

    pub(crate) fn bind(port: u16, source: io::Error) -> Self {
        Self(Box::new(Cause::Bind { port, source }))
    }

    pub(crate) fn runtime(source: io::Error) -> Self {
        Self(Box::new(Cause::Runtime { source }))
    }

    pub(crate) fn deadline(
        what: &'static str,
        arrived: usize,
        wanted: usize,
        after: Duration,
    ) -> Self {
        Self(Box::new(Cause::Deadline {
            what,
            arrived,
            wanted,
            after,
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Cause::Bind { port, .. } => write!(f, "cannot listen on 127.0.0.1:{port}"),
            Cause::Runtime { .. } => write!(f, "no runtime to serve on"),
            Cause::Deadline {
                what,
                arrived,
                wanted,
                after,
            } => {
                write!(f, "{arrived} of {wanted} {what} arrived within {after:?}")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Cause::Bind { source, .. } | Cause::Runtime { source } => Some(source),
            Cause::Deadline { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word_wide_and_can_cross_threads() {
        fn portable<T: Send + Sync + 'static>() {}
        portable::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn texts_name_the_thing_and_the_value() {
        let taken = || io::Error::from(io::ErrorKind::AddrInUse);
        assert_eq!(
            Error::bind(8080, taken()).to_string(),
            "cannot listen on 127.0.0.1:8080"
        );
        assert_eq!(
            Error::runtime(taken()).to_string(),
            "no runtime to serve on"
        );
        let late = Error::deadline("spans", 2, 3, Duration::from_secs(10));
        assert_eq!(late.to_string(), "2 of 3 spans arrived within 10s");
        assert_eq!(late.kind(), ErrorKind::Deadline);
    }
}
