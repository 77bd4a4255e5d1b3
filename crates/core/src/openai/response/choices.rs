//! Chat completions and completions: an answer in `choices`.

use super::Body;
use crate::Response;
use crate::json::Node;
use crate::usage;

pub(super) fn read_body(body: Node<'_>) -> Body {
    let choices = body.get("choices");
    let reported = usage::read(body);
    let [id, model, service_tier, system_fingerprint] = body
        .pick(["id", "model", "service_tier", "system_fingerprint"])
        .map(|node| Some(node?.text()?.into_owned()));
    let choices = choices.into_iter().flat_map(Node::items);
    Body {
        response: Response {
            id,
            model,
            finish_reasons: choices
                .filter_map(|choice| choice.string("finish_reason"))
                .filter(|reason| !reason.is_empty())
                .collect(),
            service_tier,
            system_fingerprint,
            ..Response::default()
        },
        usage: reported.usage,
        stated_cost: reported.cost,
        ..Body::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    fn read_body(body: &[u8]) -> Body {
        super::read_body(Document::read(body).root())
    }
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
