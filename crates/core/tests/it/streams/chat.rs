//! Chat completions and completions.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use spanloom_core::json::Document;
use spanloom_core::{Endpoint, openai};

use super::{assembled, cuts, object, pieces, sse, text};

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

/// Returns the deltas of one choice, in order: texts in pieces, the rest at once.
fn deltas(message: &Value, cuts: &[usize]) -> Vec<Value> {
    let mut deltas = Vec::new();
    let mut opening = Map::new();
    for (name, value) in message.as_object().unwrap() {
        match (name.as_str(), value) {
            ("role", _) | (_, Value::Null) => {
                opening.insert(name.clone(), value.clone());
            }
            // A member that is not known to come in pieces comes whole, again and again.
            ("something_new", _) => deltas.extend([value; 2].map(|value| json!({name: value}))),
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

/// Returns the chunks of an answer; its choices alternate.
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

proptest! {
    #[test]
    fn a_chat_completion_comes_out_as_it_was(completion in completion(), cuts in cuts()) {
        let stream = format!("{}data: [DONE]\n\n", sse(&chunks(&completion, &cuts)));
        let again = assembled(Endpoint::ChatCompletions, &stream);
        prop_assert_eq!(&again, &completion);
        let whole = openai::response(Endpoint::ChatCompletions, Document::read(completion.to_string().as_bytes()).root());
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
}
