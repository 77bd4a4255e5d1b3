//! Why a destination has not decided on a request, and for how long it is left alone.

use std::time::Duration;

use crate::reason;

/// How long a destination is left alone that refuses the key, and how long the log is after a line.
pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// Why nothing was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SendFailure {
    /// No connection could be made: no server has seen anything of it.
    Unreachable,
    /// It broke off: within the TLS handshake, at a proxy, or before a whole answer.
    Connection,
    Timeout,
    /// The destination said that it cannot now.
    Busy,
    /// It refused the key.
    Key,
    /// A proxy before it refused ours.
    Proxy,
    /// The file cannot be written.
    File,
}

impl SendFailure {
    /// Of a request without an answer.
    pub(super) fn of(error: &reqwest::Error, why: &'static str) -> Self {
        match why {
            // No connection came about: nothing has left this machine but the wish for one.
            _ if error.is_timeout() && error.is_connect() => Self::Unreachable,
            _ if error.is_timeout() => Self::Timeout,
            reason::PROXY => Self::Proxy,
            reason::DNS => Self::Unreachable,
            _ if reason::is_unreachable(error) => Self::Unreachable,
            _ => Self::Connection,
        }
    }

    /// What is said of it, where nothing more is known.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::Unreachable => "no connection could be made",
            Self::Connection => "the connection ended before a whole answer",
            Self::Timeout => "no whole answer in time",
            Self::Busy => "the destination cannot take them now",
            Self::Key => {
                "the destination refuses the key: is it right (WANDB_API_KEY, OTEL_EXPORTER_OTLP_HEADERS), and may it write there?"
            }
            Self::Proxy => reason::PROXY,
            Self::File => "the file cannot be written",
        }
    }

    /// The pause of who was refused, and will be: of those that come one after the other, a flush cuts the first short and no
    /// other, so that a server that erred for a moment gets everything, and one that means it is left in peace.
    pub(super) fn pause(self) -> Option<Duration> {
        matches!(self, Self::Key | Self::Proxy).then_some(MINUTE)
    }
}
