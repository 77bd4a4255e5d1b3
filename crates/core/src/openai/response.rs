//! The body of an answer that came in one piece, and the body of an error.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::field::read;
use crate::{Failure, Response, Usage, UsageSource};

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
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(borrow)]
    choices: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    service_tier: Option<&'a RawValue>,
    #[serde(borrow)]
    system_fingerprint: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow, default)]
    finish_reason: Option<Cow<'a, str>>,
}

/// Reads an answer's body; one that is no JSON object gives the empty body.
#[must_use]
pub fn response(body: &[u8]) -> Body {
    let wire: Wire<'_> = serde_json::from_slice(body).unwrap_or_default();
    let choices: Vec<Choice<'_>> = read(wire.choices).unwrap_or_default();
    let (usage, reported_cost) = usage(wire.usage);
    Body {
        response: Response {
            id: read(wire.id),
            model: read(wire.model),
            finish_reasons: choices
                .into_iter()
                .filter_map(|choice| choice.finish_reason.map(Cow::into_owned))
                .collect(),
            service_tier: read(wire.service_tier),
            system_fingerprint: read(wire.system_fingerprint),
        },
        usage,
        reported_cost,
        dimensions: None,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireUsage<'a> {
    #[serde(borrow)]
    prompt_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    completion_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    prompt_tokens_details: Option<&'a RawValue>,
    #[serde(borrow)]
    completion_tokens_details: Option<&'a RawValue>,
    #[serde(borrow)]
    cost: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
    audio_tokens: Option<u64>,
    reasoning_tokens: Option<u64>,
}

/// Reads the `usage` object: the tokens, and the cost where a gateway states it there.
pub(super) fn usage(raw: Option<&RawValue>) -> (Usage, Option<f64>) {
    let Some(wire) = read::<WireUsage<'_>>(raw) else {
        return (Usage::default(), None);
    };
    let prompt: Details = read(wire.prompt_tokens_details).unwrap_or_default();
    let completion: Details = read(wire.completion_tokens_details).unwrap_or_default();
    let mut usage = Usage {
        input_tokens: read(wire.prompt_tokens),
        output_tokens: read(wire.completion_tokens),
        cache_read_tokens: prompt.cached_tokens,
        cache_write_tokens: prompt.cache_write_tokens,
        reasoning_tokens: completion.reasoning_tokens,
        audio_input_tokens: prompt.audio_tokens,
        audio_output_tokens: completion.audio_tokens,
        source: None,
    };
    usage.source = usage.is_known().then_some(UsageSource::Reported);
    (usage, read(wire.cost))
}

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
    fn reads_usage_with_its_parts() {
        let body = response(
            br#"{"id":"chatcmpl-1","object":"chat.completion","model":"gpt-4o-mini-2024-07-18","service_tier":"default",
            "choices":[{"index":0,"message":{"role":"assistant","content":"4"},"finish_reason":"stop"}],
            "usage":{"prompt_tokens":20,"completion_tokens":5,"total_tokens":25,
                "prompt_tokens_details":{"cached_tokens":16},"completion_tokens_details":{"reasoning_tokens":2}}}"#,
        );
        assert_eq!(body.response.finish_reasons, ["stop"]);
        assert_eq!(
            body.response.model.as_deref(),
            Some("gpt-4o-mini-2024-07-18")
        );
        assert_eq!(
            (body.usage.input_tokens, body.usage.output_tokens),
            (Some(20), Some(5))
        );
        assert_eq!(
            (body.usage.cache_read_tokens, body.usage.reasoning_tokens),
            (Some(16), Some(2))
        );
        assert_eq!(body.usage.source, Some(UsageSource::Reported));
    }

    #[test]
    fn no_usage_stays_unknown() {
        for body in [
            &b"{}"[..],
            br#"{"usage":null}"#,
            br#"{"usage":{}}"#,
            b"<html>",
        ] {
            assert_eq!(response(body).usage, Usage::default());
        }
    }

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
