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
use crate::{Endpoint, Failure, Response, Usage};

/// What an answer's body said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// Identity, model and finish reasons.
    pub response: Response,
    /// Reported tokens.
    pub usage: Usage,
    /// Cost in US dollars, where a gateway reports one (`usage.cost`).
    pub reported_cost: Option<f64>,
    /// Width of the first embedding, in numbers.
    pub dimensions: Option<usize>,
    /// Why the model failed, where an answer says so that came with a good HTTP status: a response of the Responses API
    /// whose status is `failed`.
    pub failure: Option<Failure>,
}

/// Reads the body of an endpoint's answer; one that is no JSON object gives the empty body.
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
