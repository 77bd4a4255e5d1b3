//! A call, read: what goes on its span, its metrics and its events.

use spanloom_core::Call;
use spanloom_core::json::Node;

/// A call with what was asked and answered, read once.
#[derive(Debug)]
pub(crate) struct ParsedCall<'a> {
    pub(crate) call: Call,
    /// The request's body.
    pub(crate) request: Node<'a>,
    /// The answer as one body, streams put together.
    pub(crate) response: Node<'a>,
    /// The request as it was sent; `None` for what is no text.
    pub(crate) request_body: Option<&'a str>,
    /// The answer as it came; `None` when nothing came that is text.
    pub(crate) response_body: Option<&'a str>,
    /// Width of the embeddings asked for or received.
    pub(crate) dimensions: Option<i64>,
}
