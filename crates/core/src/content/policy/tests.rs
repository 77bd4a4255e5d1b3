mod texts;

use serde_json::{Value, json};

use super::*;
use crate::content::{Part, Place};

fn applied(policy: &ContentPolicy, place: Place, json: &Value) -> Value {
    serde_json::from_str(&policy.apply(place, &json.to_string()).json).unwrap()
}

#[test]
fn the_default_keeps_all_and_reads_nothing() {
    let policy = ContentPolicy::default();
    let json = r#"{ "messages" : [ "not even a message" ] }"#;
    assert!(matches!(policy.apply(Place::Request, json).json, Cow::Borrowed(same) if same == json));
    let masked = policy.apply(Place::Response, r#"{"x":"sk-abcdefghijklmnop0123"}"#);
    assert_eq!(masked.json, r#"{"x":"[redacted:api_key]"}"#);
}

#[test]
fn the_skeleton_stays_in_a_chat_request() {
    let policy = ContentPolicy::default()
        .with_rule(Rule::role("system"), Action::Keep)
        .with_rule(Rule::part(Part::Media), Action::Drop)
        .with_rule(Rule::part(Part::ToolCall), Action::Mask)
        .with_rule(Rule::part(Part::ToolResult), Action::Drop)
        .with_rule(Rule::part(Part::ToolDefinition), Action::Mask)
        .with_rule(Rule::path("user"), Action::Mask)
        .with_rule(Rule::path("metadata.*"), Action::Drop)
        .with_rule(Rule::role("user"), Action::Mask);
    let request = json!({"model":"m","user":"u-1","metadata":{"a":"b"},"temperature":0.5,"messages":[
        {"role":"developer","content":"be brief"},
        {"role":"user","name":"bob","content":[{"type":"text","text":"who am I"},
            {"type":"image_url","image_url":{"url":"https://x/y.png","detail":"low"}}]},
        {"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function",
            "function":{"name":"f","arguments":"{\"a\":1}"}}]},
        {"role":"tool","tool_call_id":"t1","content":"42"}],
        "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}]});
    assert_eq!(
        applied(&policy, Place::Request, &request),
        json!({"model":"m","user":"[masked]","temperature":0.5,"messages":[
            {"role":"developer","content":"be brief"},
            {"role":"user","name":"bob","content":[{"type":"text","text":"[masked]"},
                {"type":"image_url","image_url":{"url":"","detail":"low"}}]},
            {"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function",
                "function":{"name":"f","arguments":"[masked]"}}]},
            {"role":"tool","tool_call_id":"t1","content":""}],
            "tools":[{"type":"function","function":{"name":"f","description":"[masked]","parameters":"[masked]"}}]})
    );
}

#[test]
fn the_skeleton_stays_in_the_conventions_messages() {
    let policy = ContentPolicy::default()
        .with_rule(Rule::part(Part::Reasoning), Action::Drop)
        .with_rule(Rule::part(Part::ToolCall), Action::Hash)
        .with_rule(Rule::role("assistant"), Action::Mask);
    let output = json!([{"role":"assistant","finish_reason":"tool_call","parts":[
        {"type":"reasoning","content":"hm"},{"type":"text","content":"yes"},
        {"type":"refusal","content":"no"},
        {"type":"tool_call","id":"t","name":"f","arguments":{"a":1}}]}]);
    let filtered = applied(&policy, Place::OutputMessages, &output);
    let hash = filtered[0]["parts"][3]["arguments"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(hash.starts_with("[hash:") && hash.len() == 23, "{hash}");
    assert_eq!(
        filtered,
        json!([{"role":"assistant","finish_reason":"tool_call","parts":[
            {"type":"reasoning","content":""},{"type":"text","content":"[masked]"},
            {"type":"refusal","content":"[masked]"},
            {"type":"tool_call","id":"t","name":"f","arguments":hash}]}])
    );
}

#[test]
fn a_refusal_that_is_a_text_as_well_obeys_its_own_rules() {
    let output = json!([{"role":"assistant","parts":[{"type":"text","content":"yes"},
        {"type":"text","content":"no","refusal":true}]}]);
    for (part, kept) in [(Part::Refusal, 0), (Part::Text, 1)] {
        let policy = ContentPolicy::default().with_rule(Rule::part(part), Action::Mask);
        let mut expected = output.clone();
        expected[0]["parts"][1 - kept]["content"] = json!("[masked]");
        assert_eq!(applied(&policy, Place::OutputMessages, &output), expected);
    }
}

fn masking(role: &str) -> ContentPolicy {
    ContentPolicy::default().with_rule(Rule::role(role), Action::Mask)
}

#[test]
fn every_shape_of_a_request_has_its_roles() {
    for (place, role, body, expected) in [
        (
            Place::Request,
            "user",
            json!({"input":"x"}),
            json!({"input":"[masked]"}),
        ),
        (
            Place::Request,
            "user",
            json!({"input":["x","y"]}),
            json!({"input":["[masked]","[masked]"]}),
        ),
        (
            Place::Request,
            "user",
            json!({"prompt":["x"]}),
            json!({"prompt":["[masked]"]}),
        ),
        (
            Place::Request,
            "user",
            json!({"prompt":{"id":"p","variables":{"a":"x"}}}),
            json!({"prompt":{"id":"p","variables":"[masked]"}}),
        ),
        (
            Place::Request,
            "system",
            json!({"instructions":"x","input":"y"}),
            json!({"instructions":"[masked]","input":"y"}),
        ),
        (
            Place::Request,
            "tool",
            json!({"input":[{"type":"function_call_output","call_id":"c","output":"x"},{"role":"user","content":"y"}]}),
            json!({"input":[{"type":"function_call_output","call_id":"c","output":"[masked]"},{"role":"user","content":"y"}]}),
        ),
        (
            Place::Request,
            "assistant",
            json!({"input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
                {"type":"reasoning","id":"r","summary":[{"type":"summary_text","text":"x"}]}]}),
            json!({"input":[{"type":"function_call","call_id":"c","name":"f","arguments":"[masked]"},
                {"type":"reasoning","id":"r","summary":[{"type":"summary_text","text":"[masked]"}]}]}),
        ),
    ] {
        assert_eq!(applied(&masking(role), place, &body), expected, "{body}");
    }
}

#[test]
fn every_shape_of_an_answer_has_its_roles() {
    for (place, role, body, expected) in [
        (
            Place::Response,
            "assistant",
            json!({"choices":[{"index":0,"text":"x","finish_reason":"stop"}]}),
            json!({"choices":[{"index":0,"text":"[masked]","finish_reason":"stop"}]}),
        ),
        (
            Place::Response,
            "assistant",
            json!({"choices":[{"index":0,"message":{"role":"assistant","content":"x","reasoning_content":"y"},"logprobs":null}]}),
            json!({"choices":[{"index":0,"message":{"role":"assistant","content":"[masked]","reasoning_content":"[masked]"},"logprobs":null}]}),
        ),
        (
            Place::Response,
            "assistant",
            json!({"status":"completed","output":[{"type":"message","id":"m","role":"assistant","status":"completed",
                "content":[{"type":"output_text","text":"x"}]}],"usage":{"input_tokens":3}}),
            json!({"status":"completed","output":[{"type":"message","id":"m","role":"assistant","status":"completed",
                "content":[{"type":"output_text","text":"[masked]"}]}],"usage":{"input_tokens":3}}),
        ),
        (
            Place::SystemInstructions,
            "system",
            json!([{"type":"text","content":"x"}]),
            json!([{"type":"text","content":"[masked]"}]),
        ),
    ] {
        assert_eq!(applied(&masking(role), place, &body), expected, "{body}");
    }
}

#[test]
fn parts_of_every_dialect_obey_the_rules_of_their_kind() {
    let words = |part: Value| json!([{"role":"assistant","content":[part]}]);
    for (kind, part) in [
        (Part::Text, json!({"type":"output_text","text":"WORD"})),
        (
            Part::Reasoning,
            json!({"type":"thinking","thinking":"WORD"}),
        ),
        (
            Part::Reasoning,
            json!({"type":"summary_text","text":"WORD"}),
        ),
        (Part::Refusal, json!({"type":"refusal","refusal":"WORD"})),
        (
            Part::ToolCall,
            json!({"type":"tool_use","id":"t","name":"f","input":{"a":"WORD"}}),
        ),
        (
            Part::ToolCall,
            json!({"type":"tool-call","toolName":"f","args":{"a":"WORD"}}),
        ),
        (
            Part::ToolResult,
            json!({"type":"tool-result","toolName":"f","result":{"a":"WORD"}}),
        ),
        (
            Part::ToolResult,
            json!({"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"WORD"}]}),
        ),
        (
            Part::Media,
            json!({"type":"computer_screenshot","image_url":"WORD"}),
        ),
        (
            Part::Media,
            json!({"type":"uri","modality":"image","uri":"WORD"}),
        ),
    ] {
        for rule in [
            Part::Text,
            Part::Reasoning,
            Part::Refusal,
            Part::ToolCall,
            Part::ToolResult,
            Part::Media,
        ] {
            let policy = ContentPolicy::default().with_rule(Rule::part(rule), Action::Mask);
            let filtered = applied(&policy, Place::InputMessages, &words(part.clone())).to_string();
            assert_eq!(
                filtered.contains("WORD"),
                rule != kind,
                "{rule:?} and {filtered}"
            );
        }
    }
}

#[test]
fn what_no_rule_takes_stays_byte_by_byte() {
    let policy = ContentPolicy::default().with_rule(Rule::path("*.ssn"), Action::Drop);
    let json = r#"{ "a": [1.50, "\u00e4"], "messages": [{"role":"user","content":"x"}] }"#;
    for place in [Place::Request, Place::Attributes, Place::InputMessages] {
        assert!(matches!(policy.apply(place, json).json, Cow::Borrowed(same) if same == json));
    }
    let json = r#"{"a": {"ssn": 1, "b": 2.50} , "ssn":3}"#;
    let filtered = policy.apply(Place::Attributes, json).json;
    assert_eq!(filtered, r#"{"a": {"b": 2.50}}"#);
}

#[test]
fn paths_reach_into_attributes_arguments_and_parameters() {
    let policy = ContentPolicy::default()
        .with_rule(Rule::path("params.equation"), Action::Mask)
        .with_rule(Rule::path("*.ssn"), Action::Drop);
    assert_eq!(
        applied(
            &policy,
            Place::Attributes,
            &json!({"params":{"equation":15,"who":"a"},"people":[{"ssn":"1","n":1}]})
        ),
        json!({"params":{"equation":"[masked]","who":"a"},"people":[{"n":1}]})
    );
    let call = json!({"choices":[{"message":{"role":"assistant","tool_calls":[{"id":"t","type":"function",
        "function":{"name":"f","arguments":"{\"ssn\": \"1\", \"n\": \"\\\"q\\\"\"}"}}]}}]});
    let filtered = applied(&policy, Place::Response, &call);
    let arguments =
        filtered["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"].as_str();
    assert_eq!(arguments, Some(r#"{"n": "\"q\""}"#), "and nothing else");
    let converted = json!([{"role":"assistant","parts":[{"type":"tool_call","name":"f","arguments":{"ssn":1,"n":2}}]}]);
    assert_eq!(
        applied(&policy, Place::InputMessages, &converted)[0]["parts"][0]["arguments"],
        json!({"n":2})
    );
}

#[test]
fn hashes_are_equal_for_equal_texts_and_keys() {
    let hash = |key: &[u8], text: &str| {
        let policy = ContentPolicy::default()
            .with_hash_key(key)
            .with_rule(Rule::role("user"), Action::Hash);
        applied(&policy, Place::Request, &json!({"input": text}))["input"].clone()
    };
    assert_eq!(hash(b"k", "a\n"), hash(b"k", "a\n"));
    assert_ne!(hash(b"k", "a"), hash(b"k", "b"));
    assert_ne!(hash(b"k", "a"), hash(b"l", "a"));
}

#[test]
fn the_first_rule_that_matches_decides() {
    let policy = ContentPolicy::default()
        .with_rule(Rule::role("user").of_part(Part::Text), Action::Keep)
        .with_rule(Rule::role("user"), Action::Mask);
    assert_eq!(
        applied(
            &policy,
            Place::Request,
            &json!({"input":[{"role":"user","content":[
            {"type":"input_text","text":"x"},{"type":"input_image","image_url":"data:,x"}]}]})
        ),
        json!({"input":[{"role":"user","content":[
            {"type":"input_text","text":"x"},{"type":"input_image","image_url":"[masked]"}]}]})
    );
}

#[test]
fn a_failing_redactor_withholds_its_text_and_no_other() {
    let policy = ContentPolicy::default().with_redactor(|at, text| match text {
        "panic" => panic!("told to"),
        "fail" => Redacted::Failed,
        "name" => Redacted::Replace(format!("<{}>", at.role.unwrap_or("none"))),
        _ => Redacted::Keep,
    });
    let body = json!({"messages":[{"role":"user","content":"panic"},{"role":"user","content":"fail"},
        {"role":"user","content":"name"},{"role":"user","content":"fine"}],"user":"name"});
    let body = body.to_string();
    let filtered = policy.apply(Place::Request, &body);
    assert_eq!(filtered.withheld, 2);
    let withheld = "[withheld: redactor failed]";
    assert_eq!(
        serde_json::from_str::<Value>(&filtered.json).unwrap(),
        json!({"messages":[{"role":"user","content":withheld},{"role":"user","content":withheld},
            {"role":"user","content":"<user>"},{"role":"user","content":"fine"}],"user":"<none>"})
    );
}

#[test]
fn a_long_text_is_cut_and_says_how_long_it_was() {
    let policy = ContentPolicy::default().with_value_limit(40);
    let text = "ä".repeat(100);
    let body = json!({"model":"m","messages":[{"role":"user","content":text},{"role":"user","content":"short"}]});
    let filtered = applied(&policy, Place::Request, &body);
    let cut = filtered["messages"][0]["content"].as_str().unwrap();
    assert_eq!(cut, "äääääää… [truncated, 200 bytes]");
    assert_eq!(filtered["messages"][1]["content"], "short");
    assert_eq!(policy.text(&text), cut);
    assert_eq!(
        ContentPolicy::default().with_value_limit(5).text(&text),
        "ää"
    );
    assert_eq!(ContentPolicy::default().with_value_limit(0).text("x"), "");
}

#[test]
fn half_a_secret_is_not_left_at_the_cut() {
    let text = format!(
        "{} sk-abcdefghijklmnopqrstuvwxyz0123456789 {}",
        "x".repeat(60),
        "y".repeat(100)
    );
    for limit in 30..140 {
        let cut = ContentPolicy::default()
            .with_value_limit(limit)
            .text(&text)
            .into_owned();
        assert!(!cut.contains("sk-"), "{limit}: {cut}");
        assert!(cut.len() <= limit);
    }
}

#[test]
fn what_cannot_be_read_is_withheld_where_rules_would_have_to_hold() {
    let ruled = ContentPolicy::default().with_rule(Rule::role("user"), Action::Mask);
    for unreadable in ["<html>secret", &"[".repeat(1_000)] {
        assert_eq!(
            ruled.apply(Place::Response, unreadable).json,
            r#"{"withheld":"not readable"}"#
        );
        assert_eq!(
            ContentPolicy::default()
                .apply(Place::Response, unreadable)
                .json,
            unreadable
        );
    }
}

#[test]
fn what_a_policy_shows_of_itself_has_no_key_and_no_closure() {
    let policy = ContentPolicy::default()
        .with_hash_key(b"hidden")
        .with_redactor(|_, _| Redacted::Keep);
    let shown = format!("{policy:?}");
    assert!(
        shown.contains("redacts: true") && !shown.contains("104, 105"),
        "{shown}"
    );
}

proptest::proptest! {
    #[test]
    fn a_text_is_cut_on_a_character_and_never_grows(text in ".*", limit in 0_usize..200) {
        let policy = ContentPolicy::default().with_value_limit(limit);
        let cut = policy.text(&text);
        if text.len() <= limit {
            proptest::prop_assert_eq!(&*cut, &text);
        } else {
            proptest::prop_assert!(cut.len() <= limit);
        }
    }

    #[test]
    fn any_policy_keeps_json_json_and_the_messages_their_number(
        texts in proptest::collection::vec(".*", 0..5), limit in 0_usize..50, which in 0_usize..4,
    ) {
        let action = [Action::Keep, Action::Mask, Action::Hash, Action::Drop][which];
        let policy = ContentPolicy::default()
            .with_value_limit(limit)
            .with_rule(Rule::role("user"), action);
        let messages: Vec<Value> = texts.iter().map(|text| json!({"role":"user","content":text})).collect();
        let body = json!({"model":"m","messages":messages});
        let filtered = applied(&policy, Place::Request, &body);
        let after = filtered["messages"].as_array().unwrap();
        proptest::prop_assert_eq!(after.len(), texts.len());
        for (message, text) in after.iter().zip(&texts) {
            proptest::prop_assert_eq!(&message["role"], "user");
            let content = message["content"].as_str().unwrap();
            if action != Action::Keep {
                proptest::prop_assert!(content != text || text.is_empty());
            }
        }
    }
}
