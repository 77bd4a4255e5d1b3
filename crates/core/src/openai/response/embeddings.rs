//! Embeddings: the width of the vectors.

use super::Body;
use crate::json::Node;
use crate::usage;
use crate::{Response, Usage};

pub(super) fn read_body(body: Node<'_>) -> Body {
    let reported = usage::read(body);
    let first = body.get("data").and_then(|data| data.items().next());
    Body {
        response: Response {
            id: body.string("id"),
            model: body.string("model"),
            ..Response::default()
        },
        usage: of_input(reported.usage),
        stated_cost: reported.cost,
        dimensions: first
            .and_then(|first| first.get("embedding"))
            .and_then(width),
        ..Body::default()
    }
}

/// Vectors are not tokens, whatever a server states.
fn of_input(usage: Usage) -> Usage {
    Usage {
        output_tokens: None,
        unnamed_output_tokens: None,
        source: usage.source.filter(|_| usage.input_tokens.is_some()),
        ..usage
    }
}

/// Counts the numbers in a vector, which is a list or the base64 of 32-bit floats.
fn width(embedding: Node<'_>) -> Option<usize> {
    let width = match embedding.text() {
        Some(encoded) => encoded.trim_end_matches('=').len() * 3 / 4 / size_of::<f32>(),
        None => embedding.items().map(Node::numbers).sum(),
    };
    Some(width).filter(|width| *width > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    fn read_body(body: &[u8]) -> Body {
        super::read_body(Document::read(body).root())
    }

    #[test]
    fn the_width_is_measured_in_both_encodings() {
        let dimensions = |data: &str| {
            let body = format!(
                r#"{{"object":"list","model":"m","data":{data},"usage":{{"prompt_tokens":4,"total_tokens":4}}}}"#
            );
            let body = read_body(body.as_bytes());
            assert_eq!(body.usage.input_tokens, Some(4));
            assert_eq!(body.usage.output_tokens, None);
            body.dimensions
        };
        assert_eq!(
            dimensions(r#"[{"index":0,"embedding":[0.1,-0.2,3]},{"index":1,"embedding":[1]}]"#),
            Some(3)
        );
        // Two floats are 8 bytes: 11 digits and one `=`.
        assert_eq!(dimensions(r#"[{"embedding":"AACAPwAAAEA="}]"#), Some(2));
        // Three floats are 12 bytes and need no padding.
        assert_eq!(dimensions(r#"[{"embedding":"AACAPwAAAEAAAEBA"}]"#), Some(3));
        assert_eq!(dimensions("[]"), None);
        assert_eq!(dimensions(r#"[{"embedding":null}]"#), None);
    }
}
