//! Errors that providers report, in their many shapes.
//!
//! | shape | sent by |
//! |---|---|
//! | `{"error": {...}}`, `{"error": "text"}`, with further members around it | `OpenAI` and most providers |
//! | `[{"error": {...}}]` | Gemini's compatible API |
//! | `{"errors": [{...}]}` | Cloudflare, watsonx |
//! | `{"message": ..., "type": ..., "code": ...}` | Mistral, Cohere, Cerebras, Bedrock, older vLLM |
//! | `{"detail": "text"}`, `{"detail": [{"msg": ...}]}`, problem details | FastAPI servers, NVIDIA |
//! | `{"base_resp": {"status_code": 1004, ...}}` | `MiniMax`, in a 200 |
//! | `{"error_code": 336003, "error_msg": ...}` | Baidu, in a 200 |
//! | `{"fault": {"faultstring": ..., "detail": {...}}}` | Fireworks' gateway |
//! | `"text"` | `SiliconFlow` |
//!
//! The sources are in `usage/providers.md`.

use crate::Failure;
use crate::json::Node;

/// Members with an error's message, in order of preference.
const MESSAGES: [&str; 10] = [
    "message",
    "msg",
    "error_msg",
    "status_msg",
    "error_description",
    "faultstring",
    "detail",
    "error",
    "title",
    "errors",
];
/// Members with an error's kind in a word, in order of preference.
const KINDS: [&str; 6] = [
    "code",
    "type",
    "status",
    "reason",
    "error_type",
    "errorcode",
];
/// Members with an error's kind in a number.
const NUMBERS: [&str; 5] = [
    "code",
    "error_code",
    "status_code",
    "http_status_code",
    "status",
];
/// Levels of objects within an error that are searched.
const DEPTH: usize = 4;
/// Longer texts are sentences, and not kinds.
const LONGEST_KIND: usize = 64;

/// Reads the error in a body or in an event of a stream; `None` when it reports none.
///
/// Its kind is the provider's own word (`insufficient_quota`, `INVALID_ARGUMENT`), else the provider's number, else
/// `fallback_kind`.
#[must_use]
pub fn failure(body: Node<'_>, fallback_kind: &str) -> Option<Failure> {
    if let Some(failure) = stated(body, fallback_kind) {
        return Some(failure);
    }
    let is_answer = ["choices", "output", "data"].map(|name| body.get(name));
    match is_answer.into_iter().flatten().any(Node::is_list) {
        true => None,
        false => object(body, fallback_kind),
    }
}

/// Reads an error from an answer with a successful status: only the shapes that cannot be anything else.
#[must_use]
pub fn stated(body: Node<'_>, fallback_kind: &str) -> Option<Failure> {
    let body = first(body)?;
    let [error, errors, response, code, object_kind, kind, choices] = body.pick([
        "error",
        "errors",
        "base_resp",
        "error_code",
        "object",
        "type",
        "choices",
    ]);
    let of_error = || {
        let error = error.filter(|error| !error.is_null() && !is_blank(*error))?;
        match error.is_object() || error.is_list() {
            true => object(error, fallback_kind),
            // Its kind is next to it.
            false => object(body, fallback_kind),
        }
    };
    let of_list = || object(errors.filter(|errors| errors.is_list())?, fallback_kind);
    let of_code = || {
        let object_of = response.unwrap_or(body);
        let code = response.map_or(code, |response| response.get("status_code"));
        code.and_then(Node::i64).filter(|code| *code != 0)?;
        object(object_of, fallback_kind)
    };
    let is_marked = || {
        let marks = [object_kind, kind].into_iter().flatten();
        marks.into_iter().any(|mark| mark.is("error"))
    };
    of_error()
        .or_else(of_list)
        .or_else(of_code)
        .or_else(|| is_marked().then(|| object(body, fallback_kind))?)
        .or_else(|| of_choice(choices?, fallback_kind))
}

/// Reads the error of a choice, as gateways report an upstream that failed.
fn of_choice(choices: Node<'_>, fallback_kind: &str) -> Option<Failure> {
    let error = choices.items().find_map(|choice| choice.given("error"))?;
    object(error, fallback_kind)
}

/// Reads an error object itself; some gateways send a bare text or a list.
pub(super) fn object(error: Node<'_>, fallback_kind: &str) -> Option<Failure> {
    let error = first(error)?;
    let message = message(error, DEPTH);
    let kind = kind(error, DEPTH);
    (message.is_some() || kind.is_some()).then(|| Failure {
        kind: kind.unwrap_or_else(|| fallback_kind.to_owned()),
        message: message.unwrap_or_default(),
    })
}

fn is_blank(error: Node<'_>) -> bool {
    error.is("") || error.bool() == Some(false) || (error.is_object() && error.is_empty())
}

/// Returns the first element of a list, and anything else as it is.
fn first(node: Node<'_>) -> Option<Node<'_>> {
    match node.is_list() {
        true => node.items().next().filter(|first| !first.is_list()),
        false => Some(node),
    }
}

fn message(error: Node<'_>, depth: usize) -> Option<String> {
    if let Some(text) = error.text() {
        return Some(text.into_owned()).filter(|text| !text.is_empty());
    }
    let depth = depth.checked_sub(1)?;
    let within = |name: &str| message(first(error.given(name)?)?, depth);
    let inner = MESSAGES.iter().find_map(|name| within(name));
    let inner = inner.or_else(|| within("fault"));
    // Gateways put the provider's own words next to a message of theirs.
    let raw = error
        .get("metadata")
        .and_then(|metadata| metadata.string("raw"));
    match (inner, raw) {
        (Some(message), Some(raw)) if raw != message => Some(format!("{message}: {raw}")),
        (message, raw) => message.or(raw),
    }
}

fn kind(error: Node<'_>, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let word = |name: &&str| error.string(name).filter(|word| is_word(word));
    let number = |name: &&str| {
        let member = error.get(name)?;
        let written = || member.text()?.parse().ok();
        member.i64().or_else(written).map(|code| code.to_string())
    };
    let inner = || {
        let member = ["fault", "detail"].iter().find_map(|name| error.get(name));
        kind(member.filter(|member| member.is_object())?, depth)
    };
    KINDS
        .iter()
        .find_map(word)
        .or_else(inner)
        .or_else(|| NUMBERS.iter().find_map(number))
}

/// Returns whether a text names a kind of error.
fn is_word(text: &str) -> bool {
    let is_name = text.len() <= LONGEST_KIND
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !text.contains([' ', ':']);
    is_name && !["error", "None", "null"].contains(&text)
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
            Some("400")
        );
        assert_eq!(
            kind(r#"{"error":"model not found"}"#).as_deref(),
            Some("500")
        );
        assert_eq!(kind(r#"{"choices":[]}"#), None);
    }
}
