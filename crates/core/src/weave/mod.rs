//! What W&B's views look for in a call in addition to its fields, whichever way the call gets there.
//!
//! Source: the last frontend W&B published, and its Python client (PyPI `weave` 0.54.0).

mod nest;

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::Endpoint;
pub use nest::{LEAF, free, insert};

/// Operations and Weave's words for them.
const KINDS: &[(&str, &str)] = &[
    ("chat", "llm"),
    ("text_completion", "llm"),
    ("generate_content", "llm"),
    ("embeddings", "llm"),
    ("fetch_response", "llm"),
    ("invoke_agent", "agent"),
    ("create_agent", "agent"),
    ("execute_tool", "tool"),
    ("retrieval", "search"),
];

/// Returns Weave's word for a call's kind, by its `gen_ai.operation.name`: `llm`, `agent`, `tool`, `search`, or `task`
/// for any other operation.
#[must_use]
pub fn kind(operation: Option<&str>) -> &'static str {
    let known = KINDS.iter().find(|(known, _)| Some(*known) == operation);
    known.map_or("task", |(_, kind)| kind)
}

/// Returns the name of an op: that in a reference (`weave:///entity/project/op/NAME:DIGEST`), or the name as it is.
#[must_use]
pub fn op(op_name: &str) -> &str {
    let path = op_name.strip_prefix("weave:///");
    match path.and_then(|path| path.rsplit_once("/op/")) {
        Some((_, name)) => name.split(':').next().unwrap_or(name),
        None => op_name,
    }
}

/// Returns a call's inputs in the form of Weave's own integration of that endpoint: with the client as `self`, without
/// which a call of the Responses API is not shown as a chat. `server` is the server's address. Any other text stays.
#[must_use]
pub fn inputs<'a>(endpoint: Endpoint, inputs: &'a str, server: Option<&str>) -> Cow<'a, str> {
    #[derive(Deserialize)]
    struct Inputs {
        #[serde(default, rename = "self")]
        client: Option<IgnoredAny>,
    }
    let named = serde_json::from_str::<Inputs>(inputs).map_or(true, |it| it.client.is_some());
    let rest = inputs.trim_start().strip_prefix('{').map(str::trim_start);
    match rest.filter(|_| endpoint == Endpoint::Responses && !named) {
        Some(rest) => {
            let client = json!({"client": {"server_address": server}});
            let comma = if rest.starts_with('}') { "" } else { "," };
            Cow::Owned(format!(r#"{{"self":{client}{comma}{rest}"#))
        }
        None => Cow::Borrowed(inputs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_asked_of_a_client() {
        let of = |text| inputs(Endpoint::Responses, text, Some("h")).into_owned();
        let client = r#""self":{"client":{"server_address":"h"}}"#;
        assert_eq!(
            of(r#"{"input":"hi"}"#),
            format!(r#"{{{client},"input":"hi"}}"#)
        );
        assert_eq!(of(" { }"), format!("{{{client}}}"));
        for same in [r#"{"self":1}"#, "[]", r#""{""#, "{\"cut", ""] {
            assert_eq!(of(same), same);
        }
        let chat = r#"{"messages":[]}"#;
        assert_eq!(inputs(Endpoint::ChatCompletions, chat, None), chat);
    }

    #[test]
    fn every_endpoint_is_a_models() {
        for endpoint in [
            Endpoint::ChatCompletions,
            Endpoint::Responses,
            Endpoint::FetchResponse,
            Endpoint::Completions,
            Endpoint::Embeddings,
        ] {
            assert_eq!(kind(Some(endpoint.operation())), "llm", "{endpoint:?}");
        }
        assert_eq!(
            (kind(Some("execute_tool")), kind(Some("x")), kind(None)),
            ("tool", "task", "task")
        );
    }
}
