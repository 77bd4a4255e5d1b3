//! The Responses API.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use spanloom_core::json::Document;
use spanloom_core::{Endpoint, openai};

use super::{assembled, cuts, pieces, sse, text};

fn part() -> impl Strategy<Value = Value> {
    prop_oneof![
        (text(), any::<bool>()).prop_map(|(text, cited)| {
            let annotations = match cited {
                true => json!([{"type": "url_citation", "url": "u"}]),
                false => json!([]),
            };
            json!({"type": "output_text", "text": text, "annotations": annotations})
        }),
        text().prop_map(|text| json!({"type": "refusal", "refusal": text})),
    ]
}

fn item() -> impl Strategy<Value = Value> {
    let texts = |kind: &'static str| {
        vec(text(), 0..3).prop_map(move |texts| -> Value {
            let text = |text| json!({"type": kind, "text": text});
            texts.into_iter().map(text).collect()
        })
    };
    prop_oneof![
        vec(part(), 0..3).prop_map(
            |content| json!({"type": "message", "role": "assistant", "content": content})
        ),
        (texts("summary_text"), texts("reasoning_text")).prop_map(
            |(summary, content)| json!({"type": "reasoning", "summary": summary, "content": content})
        ),
        text().prop_map(
            |text| json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": text})
        ),
        text().prop_map(
            |text| json!({"type": "custom_tool_call", "call_id": "c", "name": "f", "input": text})
        ),
        text().prop_map(|text| json!({"type": "code_interpreter_call", "code": text})),
        Just(json!({"type": "web_search_call", "action": {"type": "search"}})),
    ]
}

/// The texts of an item: the event's name, the item's list with the text, and the text's key in it.
const TEXTS: [(&str, &str, &str); 4] = [
    ("output_text", "content", "text"),
    ("refusal", "content", "refusal"),
    ("reasoning_text", "content", "text"),
    ("summary_text", "summary", "text"),
];

fn item_events(item: &Value, place: usize, cuts: &[usize]) -> Vec<Value> {
    let event = |kind: &str, more: Value| {
        let mut event = json!({"type": format!("response.{kind}"), "output_index": place, "item_id": item["id"]});
        event
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        event
    };
    let mut empty = item.clone();
    let mut events = Vec::new();
    for (member, name) in [
        ("arguments", "function_call_arguments"),
        ("input", "custom_tool_call_input"),
        ("code", "code_interpreter_call_code"),
    ] {
        if let Some(text) = item.get(member).and_then(Value::as_str) {
            empty[member] = "".into();
            let pieces = pieces(text, cuts).into_iter();
            events.extend(
                pieces.map(|piece| event(&format!("{name}.delta"), json!({"delta": piece}))),
            );
        }
    }
    for list in ["content", "summary"] {
        let Some(parts) = item.get(list).and_then(Value::as_array) else {
            continue;
        };
        empty[list] = json!([]);
        for (part, index) in parts.iter().zip(0..) {
            let kind = part["type"].as_str().unwrap();
            let (kind, _, member) = TEXTS.iter().find(|row| row.0 == kind).unwrap();
            let (added, delta, at) = match list {
                "summary" => (
                    "reasoning_summary_part.added",
                    "reasoning_summary_text.delta".to_owned(),
                    "summary_index",
                ),
                _ => (
                    "content_part.added",
                    format!("{kind}.delta"),
                    "content_index",
                ),
            };
            let mut fresh = part.clone();
            fresh[*member] = "".into();
            if fresh.get("annotations").is_some() {
                fresh["annotations"] = json!([]);
            }
            events.push(event(added, json!({at: index, "part": fresh})));
            for piece in pieces(part[*member].as_str().unwrap(), cuts) {
                events.push(event(&delta, json!({at: index, "delta": piece})));
            }
            for annotation in part["annotations"].as_array().into_iter().flatten() {
                events.push(event(
                    "output_text.annotation.added",
                    json!({at: index, "annotation": annotation}),
                ));
            }
        }
    }
    events.insert(0, event("output_item.added", json!({"item": empty})));
    events
}

prop_compose! {
    fn response()(
        items in vec(item(), 0..5),
        status in select(vec!["completed", "incomplete", "failed"]),
        usage in (any::<u32>(), any::<u32>()),
    ) -> Value {
        let items = items.into_iter().zip(0..).map(|(mut item, index)| {
            item["id"] = format!("item_{index}").into();
            item
        });
        json!({"id": "resp_1", "object": "response", "created_at": 5, "model": "m", "status": status,
            "error": null, "instructions": null, "output": items.collect::<Value>(),
            "usage": {"input_tokens": usage.0, "output_tokens": usage.1}})
    }
}

/// Returns all events but the last.
fn opening(response: &Value, cuts: &[usize]) -> Vec<Value> {
    let mut created = response.clone();
    created["status"] = "in_progress".into();
    created["output"] = json!([]);
    created["usage"] = Value::Null;
    let mut events = vec![json!({"type": "response.created", "response": created})];
    let items = response["output"].as_array().unwrap();
    for (item, place) in items.iter().zip(0..) {
        events.extend(item_events(item, place, cuts));
    }
    events
}

proptest! {
    #[test]
    fn a_response_comes_out_as_it_was(response in response(), cuts in cuts()) {
        let mut events = opening(&response, &cuts);
        let status = response["status"].as_str().unwrap();
        // So far only pieces have arrived: they produce the same items.
        let cut = assembled(Endpoint::Responses, &sse(&events));
        prop_assert_eq!(&cut["output"], &response["output"]);
        prop_assert_eq!(&cut["status"], "in_progress");
        events.push(json!({"type": format!("response.{status}"), "response": response}));
        let stream = sse(&events);
        prop_assert_eq!(assembled(Endpoint::Responses, &stream), response.clone());
        let whole = openai::assemble(Endpoint::Responses, stream.as_bytes());
        prop_assert!(whole.done);
        prop_assert_eq!(whole.body, openai::response(Endpoint::Responses, Document::read(response.to_string().as_bytes()).root()));
    }

    #[test]
    fn a_stream_cut_anywhere_is_read_as_far_as_it_came(response in response(), cuts in cuts(), at in any::<prop::sample::Index>()) {
        let stream = sse(&opening(&response, &cuts));
        let bytes = &stream.as_bytes()[..at.index(stream.len() + 1)];
        let all = openai::assemble(Endpoint::Responses, stream.as_bytes()).text;
        let cut = openai::assemble(Endpoint::Responses, bytes);
        prop_assert!(all.starts_with(&cut.text));
        prop_assert!(!cut.done);
        prop_assert!(cut.malformed <= 1);
    }
}
