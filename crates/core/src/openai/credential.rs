//! Credentials that requests carry in their bodies.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::json::{Document, Edits};

/// Members of an MCP tool that give the provider access to a third party's server. They have no shape that a scan would
/// recognise.
const CREDENTIALS: [&str; 2] = ["authorization", "headers"];
/// The kind of such a tool.
static MCP: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"mcp\""));
const REDACTED: &str = "\"[redacted:credential]\"";

/// Returns a body of the Responses API without the credentials of its MCP tools; borrowed when it has none.
///
/// A body that names such a tool but cannot be read becomes the empty text, since its content is not known. Source:
/// `OpenAI` API reference, "Create a model response", `tools`.
#[must_use]
pub fn without_credentials(body: &str) -> Cow<'_, str> {
    // Only the few bodies that have such a tool are parsed.
    if MCP.find(body.as_bytes()).is_none() {
        return Cow::Borrowed(body);
    }
    let names = |name: &str| body.contains(&format!("\"{name}\""));
    if !CREDENTIALS.into_iter().any(names) {
        return Cow::Borrowed(body);
    }
    let document = Document::read(body.as_bytes());
    if !document.is_whole() {
        return Cow::Owned(String::new());
    }
    // A duplicate member is redacted in each place.
    let lists = document.root().members();
    let lists = lists.filter(|(name, _)| name == "tools");
    let mut edits = Edits::default();
    for tool in lists.flat_map(|(_, tools)| tools.items()) {
        for (name, value) in tool.members() {
            if CREDENTIALS.contains(&&*name) && !value.is_null() {
                edits.replace(value, REDACTED);
            }
        }
    }
    edits.apply(body)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_mcp_tools_credentials_are_no_content() {
        let body = json!({"input": "hi", "tools": [
            {"type": "function", "name": "headers"},
            {"type": "mcp", "server_url": "https://mcp.example", "authorization": "opaque", "headers": {"X-Key": "opaque"}},
            {"type": "mcp", "headers": null}]})
        .to_string();
        let shown = without_credentials(&body);
        assert!(!shown.contains("opaque"));
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown["tools"][1]["server_url"], "https://mcp.example");
        assert_eq!(shown["tools"][1]["authorization"], "[redacted:credential]");
        assert_eq!(shown["tools"][2]["headers"], Value::Null);
    }

    #[test]
    fn a_credential_that_stands_twice_goes_twice_and_nothing_else_is_touched() {
        let body = r#"{"tools" : [{"type":"mcp", "headers":{"k":"one"},"authorization":"two","headers" : "three", "n": 1.50}],
            "tools":[{"authorization":"four"}]}"#;
        let shown = without_credentials(body);
        let gone = r#""[redacted:credential]""#;
        let expected = [r#"{"k":"one"}"#, r#""two""#, r#""three""#, r#""four""#]
            .iter()
            .fold(body.to_owned(), |body, secret| body.replace(secret, gone));
        assert_eq!(shown, expected);
    }

    #[test]
    fn other_bodies_stay_and_broken_ones_go() {
        for body in [
            r#"{"input":"what is \"mcp\"?"}"#,
            r#"{"headers":1,"tools":[]}"#,
            "",
        ] {
            assert!(matches!(without_credentials(body), Cow::Borrowed(_)));
        }
        let broken = r#"{"tools":[{"type":"mcp","authorization":"opaque""#;
        assert_eq!(without_credentials(broken), "");
    }
}
