//! A parsed call: the data for its span, its metrics and its events.

use spanloom_core::Call;
use spanloom_core::json::Node;

/// A call with its request and its answer, parsed once.
#[derive(Debug)]
pub(crate) struct ParsedCall<'a> {
    pub(crate) call: Call,
    /// The request's body.
    pub(crate) request: Node<'a>,
    /// The answer as one body; a stream is assembled.
    pub(crate) response: Node<'a>,
    /// The request as it was sent; `None` if it is not text.
    pub(crate) request_body: Option<&'a str>,
    /// The answer as it was received; `None` if no text was received.
    pub(crate) response_body: Option<&'a str>,
    /// The width of the requested or received embeddings.
    pub(crate) dimensions: Option<i64>,
}
