//! A streamed answer is put together into the one it would have been in one piece.
//!
//! Answers are made at random and cut into chunks as the provider does it; what comes out must be the answer again,
//! member for member.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test that cannot go on should say so at once"
)]

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use spanloom_core::{Endpoint, openai};

/// Texts with what could break a splitter: quotes, newlines, characters of several bytes.
fn text() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "a", " the", "\"", "\n", "\r\n", "é", "🦀", "{", "data: ", "\\", "[DONE]", "\u{0}",
    ]);
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Pieces of a text, cut where `cuts` says; at least one.
fn pieces(text: &str, cuts: &[usize]) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut pieces = Vec::new();
    let mut rest = &chars[..];
    for cut in cuts {
        let (piece, after) = rest.split_at((*cut).min(rest.len()));
        pieces.push(piece.iter().collect());
        rest = after;
    }
    pieces.push(rest.iter().collect());
    pieces
}

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    vec(0_usize..6, 0..5)
}

fn sse(chunks: &[Value]) -> String {
    chunks
        .iter()
        .map(|chunk| format!("data: {chunk}\n\n"))
        .collect()
}

fn assembled(endpoint: Endpoint, stream: &str) -> Value {
    let assembled = openai::assemble(endpoint, stream.as_bytes());
    assert_eq!(assembled.malformed, 0);
    serde_json::from_str(assembled.completion.unwrap().get()).unwrap()
}

/// Members that are there or not.
fn object(members: Vec<(&str, Option<Value>)>) -> Value {
    let members = members.into_iter();
    let there = members.filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}

fn logprob() -> impl Strategy<Value = Value> {
    (text(), any::<f64>()).prop_map(|(token, logprob)| {
        json!({"token": token, "logprob": logprob, "bytes": token.as_bytes(), "top_logprobs": []})
    })
}

fn tool_call() -> impl Strategy<Value = Value> {
    ("[a-z]{1,8}", text(), any::<bool>()).prop_map(|(name, written, is_custom)| match is_custom {
        true => json!({"id": format!("call_{name}"), "type": "custom", "custom": {"name": name, "input": written}}),
        false => json!({"id": format!("call_{name}"), "type": "function", "function": {"name": name, "arguments": written}}),
    })
}

prop_compose! {
    fn message()(
        content in option::of(text()),
        refusal in option::of(option::of(text())),
        reasoning in option::of(text()),
        unheard in option::of(text()),
        calls in vec(tool_call(), 0..4),
        audio in option::of((text(), text(), any::<u32>())),
    ) -> Value {
        object(vec![
            ("role", Some("assistant".into())),
            ("content", Some(content.into())),
            ("refusal", refusal.map(Value::from)),
            ("reasoning_content", reasoning.map(Value::from)),
            ("something_new", unheard.map(Value::from)),
            ("tool_calls", (!calls.is_empty()).then(|| calls.into())),
            ("audio", audio.map(|(data, transcript, expires_at)|
                json!({"id": "audio_1", "data": data, "transcript": transcript, "expires_at": expires_at}))),
        ])
    }
}

prop_compose! {
    fn completion()(
        messages in vec((message(), option::of(vec(logprob(), 1..4)), select(vec!["stop", "length", "tool_calls"])), 1..4),
        created in any::<u32>(),
        tier in option::of(Just("default")),
        fingerprint in option::of(option::of(Just("fp_1"))),
        usage in option::of((any::<u32>(), any::<u32>())),
    ) -> Value {
        let choices = messages.into_iter().zip(0..).map(|((message, logprobs, reason), index)| {
            let logprobs = logprobs.map(|content| json!({"content": content, "refusal": null}));
            json!({"index": index, "message": message, "logprobs": logprobs, "finish_reason": reason})
        });
        object(vec![
            ("id", Some("chatcmpl-1".into())),
            ("object", Some("chat.completion".into())),
            ("created", Some(created.into())),
            ("model", Some("gpt-4o-mini".into())),
            ("choices", Some(choices.collect())),
            ("service_tier", tier.map(Value::from)),
            ("system_fingerprint", fingerprint.map(Value::from)),
            ("usage", usage.map(|(input, output)|
                json!({"prompt_tokens": input, "completion_tokens": output, "prompt_tokens_details": {"cached_tokens": 0}}))),
        ])
    }
}

/// The deltas of one choice, in order: texts in pieces, the rest at once.
fn deltas(message: &Value, cuts: &[usize]) -> Vec<Value> {
    let mut deltas = Vec::new();
    let mut opening = Map::new();
    for (name, value) in message.as_object().unwrap() {
        match (name.as_str(), value) {
            ("role", _) | (_, Value::Null) => {
                opening.insert(name.clone(), value.clone());
            }
            (_, Value::String(text)) => {
                opening.insert(name.clone(), "".into());
                let pieces = pieces(text, cuts).into_iter();
                deltas.extend(pieces.map(|piece| json!({name.as_str(): piece})));
            }
            ("tool_calls", Value::Array(calls)) => {
                for (call, index) in calls.iter().zip(0..) {
                    let kind = call["type"].as_str().unwrap();
                    let written = match kind {
                        "custom" => "input",
                        _ => "arguments",
                    };
                    let mut head = call.clone();
                    head["index"] = index.into();
                    head[kind][written] = "".into();
                    deltas.push(json!({"tool_calls": [head]}));
                    for piece in pieces(call[kind][written].as_str().unwrap(), cuts) {
                        deltas.push(
                            json!({"tool_calls": [{"index": index, kind: {written: piece}}]}),
                        );
                    }
                }
            }
            ("audio", audio) => {
                deltas.push(json!({"audio": {"id": audio["id"], "data": ""}}));
                for name in ["data", "transcript"] {
                    for piece in pieces(audio[name].as_str().unwrap(), cuts) {
                        deltas.push(json!({"audio": {name: piece}}));
                    }
                }
                deltas.push(json!({"audio": {"expires_at": audio["expires_at"]}}));
            }
            (name, value) => panic_on(name, value),
        }
    }
    deltas.insert(0, Value::Object(opening));
    deltas
}

#[expect(
    clippy::panic,
    reason = "a test that cannot go on should say so at once"
)]
fn panic_on(name: &str, value: &Value) {
    panic!("nobody knows how {name} is cut: {value}")
}

/// The chunks of an answer; its choices take turns.
fn chunks(completion: &Value, cuts: &[usize]) -> Vec<Value> {
    let chunk = |choices: Value, usage: Option<&Value>| {
        let mut chunk = completion.clone();
        chunk["object"] = "chat.completion.chunk".into();
        chunk["choices"] = choices;
        chunk["usage"] = usage.cloned().unwrap_or_default();
        chunk["obfuscation"] = "x7".into();
        chunk
    };
    let of_choice = |choice: &Value| -> Vec<Value> {
        let piece = |delta: Value, logprobs: Value, reason: Value| json!({"index": choice["index"], "delta": delta, "logprobs": logprobs, "finish_reason": reason});
        let mut pieces: Vec<Value> = deltas(&choice["message"], cuts)
            .into_iter()
            .map(|delta| piece(delta, Value::Null, Value::Null))
            .collect();
        let logprobs = choice["logprobs"]["content"].as_array();
        for logprob in logprobs.into_iter().flatten() {
            let logprobs = json!({"content": [logprob], "refusal": null});
            pieces.push(piece(json!({}), logprobs, Value::Null));
        }
        pieces.push(piece(
            json!({}),
            Value::Null,
            choice["finish_reason"].clone(),
        ));
        pieces
    };
    let choices: Vec<Vec<Value>> = completion["choices"]
        .as_array()
        .unwrap()
        .iter()
        .map(of_choice)
        .collect();
    let rounds = choices.iter().map(Vec::len).max().unwrap();
    let mut chunks = Vec::new();
    for round in 0..rounds {
        let turn = choices.iter().filter_map(|pieces| pieces.get(round));
        chunks.extend(turn.map(|piece| chunk(json!([piece]), None)));
    }
    if let Some(usage) = completion.get("usage") {
        chunks.push(chunk(json!([]), Some(usage)));
    }
    chunks
}

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

/// How one text of an item is told: the event's name, where it is, and how to find it in the item.
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

/// All events but the last.
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
    fn a_chat_completion_comes_out_as_it_was(completion in completion(), cuts in cuts()) {
        let stream = format!("{}data: [DONE]\n\n", sse(&chunks(&completion, &cuts)));
        let again = assembled(Endpoint::ChatCompletions, &stream);
        prop_assert_eq!(&again, &completion);
        let whole = openai::response(Endpoint::ChatCompletions, completion.to_string().as_bytes());
        prop_assert_eq!(openai::assemble(Endpoint::ChatCompletions, stream.as_bytes()).body, whole);
    }

    #[test]
    fn a_completion_comes_out_as_it_was(texts in vec(text(), 1..4), cuts in cuts()) {
        let choice = |(text, index): (&String, u64)|
            json!({"index": index, "text": text, "logprobs": null, "finish_reason": "stop"});
        let completion = json!({"id": "cmpl-1", "object": "text_completion", "created": 5, "model": "m",
            "choices": texts.iter().zip(0..).map(choice).collect::<Value>()});
        let mut stream = Vec::new();
        for choice in completion["choices"].as_array().unwrap() {
            for piece in pieces(choice["text"].as_str().unwrap(), &cuts) {
                let mut chunk = completion.clone();
                chunk["choices"] = json!([{"index": choice["index"], "text": piece, "logprobs": null, "finish_reason": null}]);
                stream.push(chunk);
            }
            let mut last = completion.clone();
            last["choices"] = json!([{"index": choice["index"], "text": "", "logprobs": null, "finish_reason": "stop"}]);
            stream.push(last);
        }
        prop_assert_eq!(assembled(Endpoint::Completions, &sse(&stream)), completion);
    }

    #[test]
    fn a_response_comes_out_as_it_was(response in response(), cuts in cuts()) {
        let mut events = opening(&response, &cuts);
        let status = response["status"].as_str().unwrap();
        // Up to here nothing but pieces has come: they make the same items.
        let cut = assembled(Endpoint::Responses, &sse(&events));
        prop_assert_eq!(&cut["output"], &response["output"]);
        prop_assert_eq!(&cut["status"], "in_progress");
        events.push(json!({"type": format!("response.{status}"), "response": response}));
        let stream = sse(&events);
        prop_assert_eq!(assembled(Endpoint::Responses, &stream), response.clone());
        let whole = openai::assemble(Endpoint::Responses, stream.as_bytes());
        prop_assert!(whole.done);
        prop_assert_eq!(whole.body, openai::response(Endpoint::Responses, response.to_string().as_bytes()));
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

    #[test]
    fn any_bytes_are_read_without_panic(bytes: Vec<u8>, endpoint in select(vec![Endpoint::ChatCompletions,
        Endpoint::Responses, Endpoint::FetchResponse, Endpoint::Completions, Endpoint::Embeddings])) {
        let mut stream = b"data: ".to_vec();
        stream.extend_from_slice(&bytes);
        let cut = openai::assemble(endpoint, &stream);
        prop_assert!(cut.text.len() <= stream.len());
        let read = openai::response(endpoint, &bytes);
        prop_assert_eq!(read.usage.source.is_some(), read.usage.is_known());
    }
}
