//! Faults: what goes wrong, and when.

use std::time::Duration;

use http::StatusCode;

use super::problem::Problem;

/// Something that goes wrong with one request.
///
/// The faults of streams wait for the next streamed request; all others apply to both chat completions and embeddings.
/// The list of models never fails.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// 429 `rate_limit_exceeded`. `retry_after` is sent as `retry-after-ms` and, rounded up to whole seconds, as
    /// `retry-after`, the only one of the two that async-openai reads; without it, neither header is sent.
    RateLimited {
        /// How long the client is asked to wait.
        retry_after: Option<Duration>,
    },
    /// This status with a matching error body: 500, 502 or 503, for example.
    Status(StatusCode),
    /// 400 `invalid_request_error`.
    BadRequest {
        /// The error message.
        message: String,
        /// The parameter that caused the error.
        param: Option<String>,
        /// The machine-readable reason.
        code: Option<String>,
    },
    /// 400 `context_length_exceeded`, with the true length of the prompt in its message.
    ContextLength {
        /// The context window that the message names, in tokens. It is not compared with anything.
        limit: usize,
    },
    /// 429 `insufficient_quota`, which clients do not retry.
    InsufficientQuota,
    /// The connection is closed without an answer.
    Disconnect,
    /// No answer until the client gives up or the server stops.
    Hang,
    /// The connection breaks in the middle of a stream.
    CutStream {
        /// Chunks sent before the break, including the role's; at most all of them, so that `[DONE]` never follows.
        after_chunks: usize,
    },
    /// The stream falls silent, with the connection open, until the client gives up or the server stops.
    StallStream {
        /// Chunks sent before the stall.
        after_chunks: usize,
    },
    /// One event is not JSON; the stream then continues.
    MalformedChunk {
        /// Chunks sent before the malformed event.
        after_chunks: usize,
    },
    /// An event carries an error instead of a chunk, and the stream ends without `[DONE]`.
    ErrorEvent {
        /// Chunks sent before the error event.
        after_chunks: usize,
    },
    /// The answer is complete but reports no usage, as with some compatible providers.
    NoUsage,
}

/// The kind of a request, for matching it with a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Chat,
    StreamedChat,
    Embedding,
}

impl Fault {
    pub(super) fn fits(&self, kind: Kind) -> bool {
        match self {
            Self::CutStream { .. }
            | Self::StallStream { .. }
            | Self::MalformedChunk { .. }
            | Self::ErrorEvent { .. } => kind == Kind::StreamedChat,
            Self::RateLimited { .. }
            | Self::Status(_)
            | Self::BadRequest { .. }
            | Self::ContextLength { .. }
            | Self::InsufficientQuota
            | Self::Disconnect
            | Self::Hang
            | Self::NoUsage => true,
        }
    }

    /// Returns whether a client may send the same request again after this fault.
    pub(super) fn invites_retry(&self) -> bool {
        match self {
            Self::RateLimited { .. } => true,
            Self::Status(status) => {
                status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
            }
            _ => false,
        }
    }

    /// Returns the error that answers the request instead of the model; `None` for faults of another kind.
    pub(super) fn problem(&self, model: &str, prompt_tokens: usize) -> Option<Problem> {
        Some(match self {
            Self::RateLimited { retry_after } => Problem::rate_limited(model, *retry_after),
            Self::Status(status) => Problem::of_status(*status),
            Self::BadRequest {
                message,
                param,
                code,
            } => {
                let problem = Problem::bad_request(message.as_str());
                let problem = param.iter().fold(problem, Problem::with_param);
                code.iter().fold(problem, Problem::with_code)
            }
            Self::ContextLength { limit } => Problem::context_length(*limit, prompt_tokens),
            Self::InsufficientQuota => Problem::insufficient_quota(),
            _ => return None,
        })
    }
}
