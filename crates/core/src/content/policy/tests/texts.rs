//! JSON in texts: of tools, and of parts of their results.

use serde_json::{Value, json};

use super::super::{Action, ContentPolicy, Redacted};
use crate::content::{Place, Rule};

#[test]
fn json_in_any_text_of_a_tool_is_read() {
    let policy = ContentPolicy::default().with_rule(Rule::path("*.ssn"), Action::Mask);
    let inner = json!({"ssn": "1", "city": "Bonn"});
    let result = json!({"structuredContent": inner, "content": [{"type": "text", "text": inner.to_string()}]});
    let shown = policy
        .apply(Place::ToolCallResult, &result.to_string())
        .json
        .into_owned();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["structuredContent"]["ssn"], "[masked]");
    let text = shown["content"][0]["text"].as_str().unwrap();
    let text: Value = serde_json::from_str(text).unwrap();
    assert_eq!(text, json!({"ssn": "[masked]", "city": "Bonn"}));
    // Texts inside texts: the deepest are withheld.
    for (texts, seen) in [(4, "[masked]"), (5, "not readable"), (12, "not readable")] {
        let inner = json!({"ssn": "hunter2"});
        let deep = (0..texts).fold(inner, |inner, _| json!({"text": inner.to_string()}));
        let deep = deep.to_string();
        let shown = policy.apply(Place::ToolCallArguments, &deep).json;
        assert!(shown.contains(seen), "{texts}: {shown}");
        assert!(!shown.contains("hunter2"), "{texts}: {shown}");
    }
}

#[test]
fn a_redactor_sees_the_texts_of_a_result_whole() {
    let policy = ContentPolicy::default()
        .with_rule(Rule::path("*.ssn"), Action::Mask)
        .with_redactor(|_, text| match text.contains("4111111111111111") {
            true => Redacted::Replace(text.replace("4111111111111111", "<card>")),
            false => Redacted::Keep,
        });
    let text = r#" {"card": 4111111111111111, "ssn": "1"}"#;
    let result = json!({"content": [{"type": "text", "text": text}]}).to_string();
    let shown = policy.apply(Place::ToolCallResult, &result).json;
    assert!(
        shown.contains("<card>") && shown.contains("[masked]"),
        "{shown}"
    );
}

/// A recorder's thread and a service's worker have 2 MiB of stack in Rust.
#[test]
fn the_deepest_json_in_texts_fits_on_a_small_stack() {
    let read = || {
        let deep = |inner: String| (0..120).fold(json!(inner), |inner, _| json!([inner]));
        let hostile = (0..6).fold(json!({"ssn": "1"}), |inner, _| deep(inner.to_string()));
        let policy = ContentPolicy::default().with_rule(Rule::path("*.ssn"), Action::Mask);
        let hostile = hostile.to_string();
        let shown = policy.apply(Place::ToolCallResult, &hostile);
        assert!(shown.json.contains("not readable"), "{}", shown.json);
    };
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    thread.spawn(read).unwrap().join().unwrap();
}
