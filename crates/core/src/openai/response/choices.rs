//! Chat completions and completions: an answer in `choices`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Body;
use super::usage::usage;
use crate::Response;
use crate::openai::field::{self, read};

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

pub(super) fn read_body(body: &[u8]) -> Body {
    let wire: Wire<'_> = field::body(body);
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
            ..Response::default()
        },
        usage,
        reported_cost,
        ..Body::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UsageSource;

    #[test]
    fn reads_usage_with_its_parts() {
        let body = read_body(
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
}
