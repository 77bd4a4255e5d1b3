//! Credentials that requests carry in their bodies.

use std::borrow::Cow;

use serde_json::Value;

/// Members of an MCP tool that let the provider in at somebody else's server. They have no shape by which a scan would
/// know them.
const CREDENTIALS: [&str; 2] = ["authorization", "headers"];
const REDACTED: &str = "[redacted:credential]";

/// A body of the Responses API without the credentials of its MCP tools; borrowed when it has none.
///
/// A body that names such a tool and cannot be read gives the empty text: what stands in it nobody knows. Source: `OpenAI`
/// API reference, "Create a model response", `tools`.
#[must_use]
pub fn without_credentials(body: &str) -> Cow<'_, str> {
    // The long way round is for the few that have one.
    if memchr::memmem::find(body.as_bytes(), b"\"mcp\"").is_none() {
        return Cow::Borrowed(body);
    }
    let names = |name: &str| body.contains(&format!("\"{name}\""));
    if !CREDENTIALS.into_iter().any(names) {
        return Cow::Borrowed(body);
    }
    let Ok(mut json) = serde_json::from_str::<Value>(body) else {
        return Cow::Owned(String::new());
    };
    let tools = json.get_mut("tools").and_then(Value::as_array_mut);
    for tool in tools.into_iter().flatten() {
        for name in CREDENTIALS {
            if let Some(credential) = tool.get_mut(name).filter(|value| !value.is_null()) {
                *credential = Value::from(REDACTED);
            }
        }
    }
    Cow::Owned(serde_json::to_string(&json).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
        assert_eq!(shown["tools"][1]["authorization"], REDACTED);
        assert_eq!(shown["tools"][2]["headers"], Value::Null);
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
