//! Errors the provider reports.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::field::read;
use crate::Failure;

#[derive(Deserialize)]
struct WireError<'a> {
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorObject<'a> {
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    r#type: Option<&'a RawValue>,
}

/// Reads OpenAI's error object (`{"error":{"message","type","code"}}`) out of a body or of an event in a stream;
/// `None` when the bytes hold none. `kind` is the provider's code, else its type, else `fallback_kind`.
#[must_use]
pub fn failure(body: &[u8], fallback_kind: &str) -> Option<Failure> {
    let raw = serde_json::from_slice::<WireError<'_>>(body).ok()?.error?;
    object(raw, fallback_kind)
}

/// Reads an error object itself.
pub(super) fn object(raw: &RawValue, fallback_kind: &str) -> Option<Failure> {
    let error = match serde_json::from_str::<ErrorObject<'_>>(raw.get()) {
        Ok(error) => error,
        // Some gateways send a bare string.
        Err(_) => ErrorObject {
            message: Some(raw),
            ..ErrorObject::default()
        },
    };
    let message = read::<String>(error.message);
    let kind = read::<String>(error.code).or_else(|| read::<String>(error.r#type));
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

    #[test]
    fn errors_of_several_providers() {
        let kind = |body: &str| failure(body.as_bytes(), "500").map(|failure| failure.kind);
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
