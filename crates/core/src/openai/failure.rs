//! Errors the provider reports.

use crate::Failure;
use crate::json::Node;

/// Reads OpenAI's error object (`{"error":{"message","type","code"}}`) from a body or from an event in a stream; `None`
/// when there is none. `kind` is the provider's code, else its type, else `fallback_kind`.
#[must_use]
pub fn failure(body: Node<'_>, fallback_kind: &str) -> Option<Failure> {
    object(body.get("error")?, fallback_kind)
}

/// Reads an error object itself; some gateways send a bare text.
pub(super) fn object(error: Node<'_>, fallback_kind: &str) -> Option<Failure> {
    let message = match error.text() {
        Some(text) => Some(text.into_owned()),
        None => error.string("message"),
    };
    let kind = error.string("code").or_else(|| error.string("type"));
    (message.is_some() || kind.is_some()).then(|| Failure {
        kind: kind
            .filter(|kind| !kind.is_empty())
            .unwrap_or_else(|| fallback_kind.to_owned()),
        message: message.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    #[test]
    fn errors_of_several_providers() {
        let kind = |body: &str| {
            let document = Document::read(body.as_bytes());
            failure(document.root(), "500").map(|failure| failure.kind)
        };
        assert_eq!(
            kind(r#"{"error":{"message":"m","type":"t","code":"c"}}"#).as_deref(),
            Some("c")
        );
        assert_eq!(
            kind(r#"{"error":{"message":"m","type":"t","code":null}}"#).as_deref(),
            Some("t")
        );
        assert_eq!(
            kind(r#"{"error":{"message":"m","code":400}}"#).as_deref(),
            Some("500")
        );
        assert_eq!(
            kind(r#"{"error":"model not found"}"#).as_deref(),
            Some("500")
        );
        assert_eq!(kind(r#"{"choices":[]}"#), None);
    }
}
