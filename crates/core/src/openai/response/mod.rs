//! The body of an answer that came in one piece.
//!
//! | file | what |
//! |---|---|
//! | `choices` | chat completions and completions: `choices` |
//! | `responses` | the Responses API: `output` and `status` |
//! | `embeddings` | the width of the vectors |

mod choices;
mod embeddings;
mod responses;

pub(super) use responses::finish_reason;

use crate::json::Node;
use crate::{Endpoint, Failure, Response, StatedCost, Usage};

/// The data read from an answer's body.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// Identity, model and finish reasons.
    pub response: Response,
    /// Reported tokens.
    pub usage: Usage,
    /// The cost, where a provider or a gateway states one.
    pub stated_cost: Option<StatedCost>,
    /// Whether a response of the Responses API runs in the background: the call that creates it shows no usage.
    pub background: bool,
    /// Width of the first embedding, in numbers.
    pub dimensions: Option<usize>,
    /// The failure reported by an answer that came with a successful HTTP status: a response of the Responses API with
    /// the status `failed`.
    pub failure: Option<Failure>,
}

/// Reads the body of an endpoint's answer; a body that is not a JSON object yields the empty [`Body`].
#[must_use]
pub fn response(endpoint: Endpoint, body: Node<'_>) -> Body {
    match endpoint {
        Endpoint::ChatCompletions | Endpoint::Completions => choices::read_body(body),
        Endpoint::Responses | Endpoint::FetchResponse => responses::read_body(body),
        Endpoint::Embeddings => embeddings::read_body(body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    #[test]
    fn no_usage_stays_unknown() {
        for endpoint in [
            Endpoint::ChatCompletions,
            Endpoint::Responses,
            Endpoint::FetchResponse,
            Endpoint::Completions,
            Endpoint::Embeddings,
        ] {
            for body in [
                &b"{}"[..],
                br#"{"usage":null}"#,
                br#"{"usage":{}}"#,
                br#"{"usage":[1],"choices":7,"output":"x","data":{}}"#,
                b"<html>",
            ] {
                let document = Document::read(body);
                assert_eq!(response(endpoint, document.root()), Body::default());
            }
        }
    }
}
