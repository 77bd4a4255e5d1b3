//! Messages that are a role and a text, which most are: their text is passed on as it stands, without being unpacked.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::openai::field;

/// Members that say nothing may be there; any other makes the message more than a text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    content: &'a RawValue,
    #[serde(default)]
    refusal: Option<IgnoredAny>,
    #[serde(default)]
    tool_calls: Option<IgnoredAny>,
    #[serde(default)]
    function_call: Option<IgnoredAny>,
    #[serde(default)]
    audio: Option<IgnoredAny>,
    #[serde(default, rename = "annotations")]
    _annotations: Option<IgnoredAny>,
}

/// The message in the convention's shape, with a finish reason for an answer; `None` for one that is not plain.
pub(super) fn message(message: &RawValue, finish_reason: Option<&str>) -> Option<String> {
    let wire: Wire<'_> = field::object(Some(message))?;
    let more = [
        &wire.refusal,
        &wire.tool_calls,
        &wire.function_call,
        &wire.audio,
    ];
    let text = wire.content.get();
    // Half of a pair of escapes is no character, and what reads on would stumble over it.
    let is_text = text.starts_with('"') && !text.contains("\\u");
    let role @ ("system" | "developer" | "user" | "assistant") = &*wire.role else {
        return None;
    };
    if !is_text || more.iter().any(|member| member.is_some()) {
        return None;
    }
    let reason = match finish_reason {
        Some(reason) => {
            let reason = serde_json::to_string(reason).ok()?;
            ["\"finish_reason\":", &reason, ","].concat()
        }
        None => String::new(),
    };
    let pieces = [
        "{",
        &reason,
        "\"parts\":[{\"content\":",
        text,
        ",\"type\":\"text\"}],\"role\":\"",
        role,
        "\"}",
    ];
    Some(pieces.concat())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::openai::message::chat;

    fn plain(text: &str, reason: Option<&str>) -> Option<Value> {
        let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
        message(&raw, reason).map(|message| serde_json::from_str(&message).unwrap())
    }

    #[test]
    fn a_plain_message_is_told_as_any_other() {
        for text in [
            r#"{"role":"user","content":"say \"hi\"\n"}"#,
            r#"{"content":"","role":"system"}"#,
            r#"{"role":"assistant","content":"4","refusal":null,"annotations":[],"tool_calls":null}"#,
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            let expected = Value::Object(chat::convert(&value));
            assert_eq!(plain(text, None), Some(expected));
        }
        let answer = plain(r#"{"role":"assistant","content":"4"}"#, Some("st\"op"));
        assert_eq!(answer.unwrap()["finish_reason"], "st\"op");
    }

    #[test]
    fn one_that_is_more_than_a_text_is_not_plain() {
        for message in [
            json!({"role": "tool", "content": "42", "tool_call_id": "t"}),
            json!({"role": "tool", "content": "42"}),
            json!({"role": "user", "content": null}),
            json!({"role": "user", "content": [{"type": "text", "text": "x"}]}),
            json!({"role": "user", "content": "x", "name": "n"}),
            json!({"role": "assistant", "content": "x", "refusal": "no"}),
            json!({"role": "assistant", "content": "x", "reasoning_content": "hm"}),
            json!({"role": "assistant", "content": "x", "tool_calls": []}),
            json!(["user", "x"]),
            json!("x"),
        ] {
            assert_eq!(plain(&message.to_string(), None), None, "{message}");
        }
        assert_eq!(plain(r#"{"role":"user","content":"\ud83d"}"#, None), None);
    }
}
