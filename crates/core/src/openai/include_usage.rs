//! Asking a streamed completion for its usage.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(default)]
    stream: Option<bool>,
    #[serde(borrow, default, deserialize_with = "present")]
    stream_options: Option<&'a RawValue>,
}

/// A `null` is there too: a second member of the same name would not beat it.
fn present<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct Options<'a> {
    #[serde(borrow, default)]
    include_usage: Option<&'a RawValue>,
}

/// The body of a streamed chat completion or completion with `stream_options.include_usage` set to true; `None` when it
/// says something about that itself, when the answer is not streamed, or when the body is no JSON object.
///
/// Everything else in the body stays as it is, byte by byte. Source: `OpenAI` API reference, "Create chat completion",
/// `stream_options`.
#[must_use]
pub fn include_usage(body: &[u8]) -> Option<Vec<u8>> {
    let wire: Wire<'_> = serde_json::from_slice(body).ok()?;
    if wire.stream != Some(true) {
        return None;
    }
    let object = match wire.stream_options {
        // The options stand somewhere in the body they were borrowed from.
        Some(raw) => {
            let options: Options<'_> = serde_json::from_str(raw.get()).ok()?;
            if options.include_usage.is_some() {
                return None;
            }
            let at = (raw.get().as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
            let empty = raw.get().trim_start_matches('{').trim_start() == "}";
            return insert(body, at + 1, "\"include_usage\":true", !empty);
        }
        None => "\"stream_options\":{\"include_usage\":true}",
    };
    let brace = body.iter().position(|byte| *byte == b'{')?;
    insert(body, brace + 1, object, true)
}

/// `body` with a member put in at `at`, where an object begins.
fn insert(body: &[u8], at: usize, member: &str, others: bool) -> Option<Vec<u8>> {
    let (before, after) = body.split_at_checked(at)?;
    let comma: &[u8] = if others { b"," } else { b"" };
    Some([before, member.as_bytes(), comma, after].concat())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::include_usage;

    fn asked(body: &str) -> Option<String> {
        include_usage(body.as_bytes()).map(|body| String::from_utf8(body).unwrap())
    }

    #[test]
    fn a_stream_that_says_nothing_is_asked_for_its_usage() {
        assert_eq!(
            asked(r#"{"model":"m","stream":true}"#).as_deref(),
            Some(r#"{"stream_options":{"include_usage":true},"model":"m","stream":true}"#)
        );
        for options in ["{}", "{ }", r#"{"include_obfuscation":false}"#] {
            let body = asked(&format!(
                r#" {{"stream_options": {options} ,"stream":true}}"#
            ));
            let body: Value = serde_json::from_str(&body.unwrap()).unwrap();
            assert_eq!(body["stream_options"]["include_usage"], json!(true));
            assert_eq!(
                body["stream_options"].get("include_obfuscation").is_some(),
                options.contains("obfuscation")
            );
        }
    }

    #[test]
    fn what_the_caller_said_stays() {
        for body in [
            r#"{"model":"m"}"#,
            r#"{"model":"m","stream":false}"#,
            r#"{"model":"m","stream":null}"#,
            r#"{"stream":true,"stream_options":{"include_usage":false}}"#,
            r#"{"stream":true,"stream_options":{"include_usage":true}}"#,
            r#"{"stream":true,"stream_options":7}"#,
            r#"{"stream":true,"stream_options":null}"#,
            r#"[{"stream":true}]"#,
            r#"{"stream":true"#,
            "",
        ] {
            assert_eq!(asked(body), None, "{body}");
        }
    }

    #[test]
    fn options_deeper_in_the_body_are_others() {
        let body = r#"{"messages":[{"stream_options":{"include_usage":false}}],"stream":true}"#;
        let body: Value = serde_json::from_str(&asked(body).unwrap()).unwrap();
        assert_eq!(body["stream_options"]["include_usage"], json!(true));
        assert_eq!(
            body["messages"][0]["stream_options"]["include_usage"],
            json!(false)
        );
    }
}
