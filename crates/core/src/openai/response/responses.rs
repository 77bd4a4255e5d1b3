//! The Responses API: an answer in `output`, with a `status`.

use std::borrow::Cow;

use super::Body;
use crate::json::Node;
use crate::openai::failure;
use crate::usage;
use crate::{Failure, PromptCache, Response};

pub(super) fn read_body(body: Node<'_>) -> Body {
    let items = body.get("output").into_iter().flat_map(Node::items);
    let kinds: Vec<_> = items.filter_map(|item| item.get("type")?.text()).collect();
    let kinds: Vec<&str> = kinds.iter().map(|kind| &**kind).collect();
    let status = body.string("status");
    let incomplete = body
        .get("incomplete_details")
        .and_then(|details| details.string("reason"));
    let reason = status
        .as_deref()
        .and_then(|status| finish_reason(status, incomplete.as_deref(), &kinds));
    let reported = usage::read(body);
    let failure = (status.as_deref() == Some("failed")).then(|| {
        let error = body.get("error");
        let reported = error.and_then(|error| failure::object(error, "response_failed"));
        reported.unwrap_or_else(|| Failure {
            kind: "response_failed".to_owned(),
            message: String::new(),
        })
    });
    Body {
        response: Response {
            id: body.string("id"),
            model: body.string("model"),
            finish_reasons: reason.map(Cow::into_owned).into_iter().collect(),
            status,
            service_tier: body.string("service_tier"),
            compacted: kinds.contains(&"compaction"),
            prompt_cache: PromptCache::read(body),
            ..Response::default()
        },
        usage: reported.usage,
        stated_cost: reported.cost,
        failure,
        background: body.get("background").and_then(Node::bool) == Some(true),
        ..Body::default()
    }
}

/// Returns the finish reason for a response's status, in the convention's words; `None` for an unfinished response.
///
/// Source: GenAI semantic conventions, refinement of `fetch_response` for OpenAI, `gen_ai.response.finish_reasons`.
pub(in crate::openai) fn finish_reason<'a>(
    status: &str,
    incomplete: Option<&'a str>,
    kinds: &[&str],
) -> Option<Cow<'a, str>> {
    Some(Cow::Borrowed(match (status, incomplete) {
        // The model waits for the caller to act.
        ("completed", _) if waits(kinds) => "tool_call",
        ("completed", _) => "stop",
        ("failed" | "cancelled", _) => "error",
        ("incomplete", Some("max_output_tokens") | None) => "length",
        ("incomplete", Some(reason)) => reason,
        _ => return None,
    }))
}

/// Returns whether the caller has to run a tool. A call that comes with its result was run by the provider.
fn waits(kinds: &[&str]) -> bool {
    let is_open = |kind: &&str| match *kind {
        "function_call" | "custom_tool_call" | "computer_call" | "local_shell_call" => true,
        "shell_call" => !kinds.contains(&"shell_call_output"),
        "apply_patch_call" => !kinds.contains(&"apply_patch_call_output"),
        _ => false,
    };
    kinds.iter().any(is_open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    fn read_body(body: &[u8]) -> Body {
        super::read_body(Document::read(body).root())
    }

    #[test]
    fn reads_a_whole_response() {
        let body = read_body(
            br#"{"id":"resp_1","object":"response","status":"completed","model":"gpt-4.1-2025-04-14","service_tier":"default",
            "error":null,"incomplete_details":null,"output":[{"type":"message","role":"assistant","content":[]}],
            "usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":0},"output_tokens":2,"total_tokens":5}}"#,
        );
        let response = &body.response;
        assert_eq!(response.id.as_deref(), Some("resp_1"));
        assert_eq!(response.status.as_deref(), Some("completed"));
        assert_eq!(response.finish_reasons, ["stop"]);
        assert_eq!(response.service_tier.as_deref(), Some("default"));
        assert_eq!(body.usage.input_tokens, Some(3));
        assert_eq!(body.failure, None);
        assert!(!response.compacted);
    }

    #[test]
    fn a_status_comes_to_a_finish_reason() {
        for (body, reasons) in [
            (
                r#"{"status":"completed","output":[{"type":"reasoning"},{"type":"function_call"}]}"#,
                &["tool_call"][..],
            ),
            (
                r#"{"status":"completed","output":[{"type":"web_search_call"},{"type":"message"}]}"#,
                &["stop"],
            ),
            (
                r#"{"status":"completed","output":[{"type":"shell_call"},{"type":"shell_call_output"},{"type":"message"}]}"#,
                &["stop"],
            ),
            (
                r#"{"status":"completed","output":[{"type":"shell_call"}]}"#,
                &["tool_call"],
            ),
            (
                r#"{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}"#,
                &["length"],
            ),
            (
                r#"{"status":"incomplete","incomplete_details":{"reason":"content_filter"}}"#,
                &["content_filter"],
            ),
            (r#"{"status":"failed"}"#, &["error"]),
            (r#"{"status":"cancelled"}"#, &["error"]),
            (r#"{"status":"queued"}"#, &[]),
            (r#"{"status":"in_progress"}"#, &[]),
            (r"{}", &[]),
        ] {
            assert_eq!(
                read_body(body.as_bytes()).response.finish_reasons,
                reasons,
                "{body}"
            );
        }
    }

    #[test]
    fn a_failed_response_says_why() {
        let failed = read_body(
            br#"{"status":"failed","error":{"code":"server_error","message":"the model broke"}}"#,
        );
        assert_eq!(
            failed.failure,
            Some(Failure {
                kind: "server_error".to_owned(),
                message: "the model broke".to_owned()
            })
        );
        let silent = read_body(br#"{"status":"failed","error":null}"#);
        assert_eq!(silent.failure.unwrap().kind, "response_failed");
    }
}
