//! The error that a user reads: one line with the cause and the remedy.

use std::fmt;
use std::process::ExitCode;

/// A failure with its exit code: 1 for a failed command, 2 for wrong usage.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Error {
    message: String,
    code: u8,
}

impl Error {
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: 1,
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: 2,
        }
    }

    /// Creates the error of an HTTP client that cannot be built, on a system without certificates, for example.
    pub(crate) fn no_http_client(error: &reqwest::Error) -> Self {
        let source = std::error::Error::source(error).map(ToString::to_string);
        let why = source.unwrap_or_else(|| error.to_string());
        Self::failed(format!("cannot create an HTTP client: {why}"))
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<spanloom_server::Error> for Error {
    fn from(error: spanloom_server::Error) -> Self {
        match error.kind() {
            spanloom_server::ErrorKind::Usage => Self::usage(error.to_string()),
            _ => Self::failed(error.to_string()),
        }
    }
}

impl From<spanloom::Error> for Error {
    fn from(error: spanloom::Error) -> Self {
        match error.kind() {
            spanloom::ErrorKind::StreamName | spanloom::ErrorKind::Destination => {
                Self::usage(error.to_string())
            }
            _ => Self::failed(error.to_string()),
        }
    }
}
