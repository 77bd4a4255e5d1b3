//! Requests the usage of a streamed completion.

use crate::json::{Document, Edits};

/// Returns the body of a streamed chat completion or completion with `stream_options.include_usage` set to true; `None`
/// when the body sets that option itself, when the answer is not streamed, or when the body is not a JSON object.
///
/// The rest of the body stays the same, byte for byte. Source: `OpenAI` API reference, "Create chat completion",
/// `stream_options`.
#[must_use]
pub fn include_usage(body: &[u8]) -> Option<Vec<u8>> {
    let document = Document::read(body);
    let text = document.text().filter(|_| document.is_whole())?;
    let [stream, options] = document.root().pick(["stream", "stream_options"]);
    if stream?.bool() != Some(true) {
        return None;
    }
    let mut edits = Edits::default();
    match options {
        Some(options) if !options.is_object() || options.get("include_usage").is_some() => {
            return None;
        }
        Some(options) => edits.add_member(options, "\"include_usage\":true"),
        None => edits.add_member(
            document.root(),
            "\"stream_options\":{\"include_usage\":true}",
        ),
    }
    Some(edits.apply(text).into_owned().into_bytes())
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
