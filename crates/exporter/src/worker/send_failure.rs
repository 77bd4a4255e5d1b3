//! Why a destination has not decided on a request, and for how long it is left alone.

use std::time::Duration;

use crate::reason;

/// How long a destination that refuses the key is left alone, and how long the log is quiet after a line.
pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// The reason why a request was not decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SendFailure {
    /// No connection could be made: no server has seen any of the request.
    Unreachable,
    /// The connection broke off: in the TLS handshake, at a proxy, or before a complete answer.
    Connection,
    Timeout,
    /// The destination reported that it cannot take records now.
    Busy,
    /// The destination refused the key.
    Key,
    /// A proxy on the way refused our credentials.
    Proxy,
    /// The file cannot be written.
    File,
}

impl SendFailure {
    /// Returns the failure of a request without an answer.
    pub(super) fn of(error: &reqwest::Error, why: &'static str) -> Self {
        match why {
            // No connection was made: nothing but the connection request has left this machine.
            _ if error.is_timeout() && error.is_connect() => Self::Unreachable,
            _ if error.is_timeout() => Self::Timeout,
            reason::PROXY => Self::Proxy,
            reason::DNS => Self::Unreachable,
            _ if reason::is_unreachable(error) => Self::Unreachable,
            _ => Self::Connection,
        }
    }

    /// Returns the reason to show if nothing more is known.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::Unreachable => "no connection could be made",
            Self::Connection => "the connection ended before a complete answer",
            Self::Timeout => "no complete answer in time",
            Self::Busy => "the destination cannot accept records now",
            Self::Key => {
                "the destination refuses the key: check that it is correct (WANDB_API_KEY, OTEL_EXPORTER_OTLP_HEADERS) and may write there"
            }
            Self::Proxy => reason::PROXY,
            Self::File => "the file cannot be written",
        }
    }

    /// Returns the pause after a refusal that will repeat. Among consecutive pauses, a flush cuts only the first short,
    /// so that a server that erred for a moment gets everything, and one that keeps refusing is left in peace.
    pub(super) fn pause(self) -> Option<Duration> {
        matches!(self, Self::Key | Self::Proxy).then_some(MINUTE)
    }
}
