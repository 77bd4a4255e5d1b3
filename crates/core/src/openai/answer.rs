//! Answers that are none.

use crate::json::Document;
use crate::{Endpoint, Failure};

/// Returns why a body with a successful status is not an answer of the endpoint: it is not JSON (the page of a portal,
/// a health check), or it has nothing of what the endpoint answers with.
#[must_use]
pub fn missing(endpoint: Endpoint, body: &Document<'_>) -> Option<Failure> {
    let message = match (body.is_whole(), body.root()) {
        (true, root) if root.is_object() => {
            let members: &[&str] = match endpoint {
                Endpoint::ChatCompletions | Endpoint::Completions => &["choices"],
                Endpoint::Embeddings => &["data"],
                Endpoint::Responses | Endpoint::FetchResponse => &["output", "status"],
            };
            let has_answer = members.iter().any(|name| root.given(name).is_some());
            if has_answer {
                return None;
            }
            "the answer has no result"
        }
        (true, _) => "the answer is not a JSON object",
        (false, _) => "the answer is not JSON",
    };
    Some(Failure {
        kind: "no_answer".to_owned(),
        message: message.to_owned(),
    })
}
