//! A streamed chat completion, put together into the answer it would have been in one piece.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::field::read;
use super::response::{Body, failure, usage};
use super::sse::events;
use crate::{Failure, Response};

/// A stream, read to where it got.
#[derive(Debug, Default)]
pub struct Assembled {
    /// Identity, model, finish reasons and usage, as of an answer in one piece.
    pub body: Body,
    /// The answer as a `chat.completion` object; `None` when no chunk could be read.
    pub completion: Option<Box<RawValue>>,
    /// The visible text of all choices, for counting tokens where the provider did not.
    pub text: String,
    /// Whether the stream said that it was complete (`[DONE]`).
    pub done: bool,
    /// An error the provider sent inside the stream.
    pub failure: Option<Failure>,
    /// Events that were no chunk.
    pub malformed: usize,
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    created: Option<&'a RawValue>,
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
    #[serde(borrow, default)]
    service_tier: Option<&'a RawValue>,
    #[serde(borrow, default)]
    system_fingerprint: Option<&'a RawValue>,
    #[serde(borrow, default)]
    choices: Option<Vec<ChoiceChunk<'a>>>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    /// Present in the event that stands for a chunk when the provider gives up.
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ChoiceChunk<'a> {
    #[serde(default)]
    index: u64,
    #[serde(borrow, default)]
    delta: Option<Delta<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Delta<'a> {
    #[serde(borrow)]
    role: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    refusal: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning_content: Option<&'a RawValue>,
    tool_calls: Option<Vec<ToolCallDelta>>,
}

#[derive(Deserialize)]
struct ToolCallDelta {
    #[serde(default)]
    index: u64,
    id: Option<String>,
    #[serde(default)]
    function: Option<FunctionDelta>,
}

#[derive(Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Serialize)]
struct Completion<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    object: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    choices: Vec<&'a Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_fingerprint: Option<&'a str>,
}

#[derive(Default, Serialize)]
struct Choice {
    index: u64,
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Default, Serialize)]
struct Message {
    role: Option<String>,
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "values")]
    tool_calls: BTreeMap<u64, ToolCall>,
}

#[derive(Serialize)]
struct ToolCall {
    id: Option<String>,
    r#type: &'static str,
    function: Function,
}

#[derive(Default, Serialize)]
struct Function {
    name: String,
    arguments: String,
}

fn values<S: serde::Serializer>(
    map: &BTreeMap<u64, ToolCall>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(map.values())
}

/// Reads a stream's bytes, whole or cut anywhere, into what the answer was so far.
#[must_use]
pub fn assemble(bytes: &[u8]) -> Assembled {
    let mut assembled = Assembled::default();
    let mut choices: BTreeMap<u64, Choice> = BTreeMap::new();
    let mut created = None;
    let mut usage_json: Option<Box<RawValue>> = None;
    let mut chunks = 0_usize;
    for event in events(bytes) {
        if event.is_done() {
            assembled.done = true;
            break;
        }
        let Ok(chunk) = serde_json::from_slice::<Chunk<'_>>(&event.data) else {
            assembled.malformed += 1;
            continue;
        };
        if chunk.error.is_some() {
            assembled.failure = failure(&event.data, "stream_error").or(assembled.failure);
            continue;
        }
        chunks += 1;
        created = created.or_else(|| read(chunk.created));
        identify(&mut assembled.body.response, &chunk);
        if let Some(raw) = chunk.usage.filter(|raw| raw.get() != "null") {
            (assembled.body.usage, assembled.body.reported_cost) = usage(Some(raw));
            usage_json = Some(raw.to_owned());
        }
        for delta in chunk.choices.unwrap_or_default() {
            let choice = choices.entry(delta.index).or_insert_with(|| Choice {
                index: delta.index,
                ..Choice::default()
            });
            merge(choice, delta, &mut assembled.text);
        }
    }
    assembled.body.response.finish_reasons = choices
        .values()
        .filter_map(|choice| choice.finish_reason.clone())
        .collect();
    if chunks > 0 {
        assembled.completion = completion(
            &assembled.body.response,
            created,
            &choices,
            usage_json.as_deref(),
        );
    }
    assembled
}

fn identify(response: &mut Response, chunk: &Chunk<'_>) {
    let set = |field: &mut Option<String>, raw| {
        if field.is_none() {
            *field = read::<String>(raw).filter(|text| !text.is_empty());
        }
    };
    set(&mut response.id, chunk.id);
    set(&mut response.model, chunk.model);
    set(&mut response.service_tier, chunk.service_tier);
    set(&mut response.system_fingerprint, chunk.system_fingerprint);
}

fn merge(choice: &mut Choice, chunk: ChoiceChunk<'_>, text: &mut String) {
    choice.finish_reason = read(chunk.finish_reason).or_else(|| choice.finish_reason.take());
    let Some(delta) = chunk.delta else { return };
    let message = &mut choice.message;
    message.role = message.role.take().or_else(|| read(delta.role));
    for (field, raw) in [
        (&mut message.content, delta.content),
        (&mut message.refusal, delta.refusal),
        (&mut message.reasoning_content, delta.reasoning_content),
    ] {
        if let Some(piece) = read::<String>(raw) {
            text.push_str(&piece);
            field.get_or_insert_default().push_str(&piece);
        }
    }
    for delta in delta.tool_calls.unwrap_or_default() {
        let call = message
            .tool_calls
            .entry(delta.index)
            .or_insert_with(|| ToolCall {
                id: None,
                r#type: "function",
                function: Function::default(),
            });
        call.id = call.id.take().or(delta.id);
        if let Some(function) = delta.function {
            for (field, piece) in [
                (&mut call.function.name, function.name),
                (&mut call.function.arguments, function.arguments),
            ] {
                let piece = piece.unwrap_or_default();
                text.push_str(&piece);
                field.push_str(&piece);
            }
        }
    }
}

fn completion(
    response: &Response,
    created: Option<i64>,
    choices: &BTreeMap<u64, Choice>,
    usage: Option<&RawValue>,
) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(&Completion {
        id: response.id.as_deref(),
        object: "chat.completion",
        created,
        model: response.model.as_deref(),
        choices: choices.values().collect(),
        usage,
        service_tier: response.service_tier.as_deref(),
        system_fingerprint: response.system_fingerprint.as_deref(),
    })
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn sse(chunks: &[Value]) -> Vec<u8> {
        chunks
            .iter()
            .map(|chunk| format!("data: {chunk}\n\n"))
            .collect::<String>()
            .into_bytes()
    }

    fn delta(index: u64, delta: &Value, finish: Option<&str>) -> Value {
        json!({"id":"c1","object":"chat.completion.chunk","created":5,"model":"m-1",
               "choices":[{"index":index,"delta":delta,"finish_reason":finish}]})
    }

    fn value(assembled: &Assembled) -> Value {
        serde_json::from_str(assembled.completion.as_ref().unwrap().get()).unwrap()
    }

    #[test]
    fn a_stream_becomes_one_completion() {
        let mut bytes = sse(&[
            delta(0, &json!({"role":"assistant","content":""}), None),
            delta(0, &json!({"content":"Hel"}), None),
            delta(0, &json!({"content":"lo"}), None),
            delta(0, &json!({}), Some("stop")),
            json!({"id":"c1","model":"m-1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}),
        ]);
        bytes.extend_from_slice(b"data: [DONE]\n\n");
        let assembled = assemble(&bytes);
        assert!(assembled.done);
        assert_eq!(assembled.body.usage.output_tokens, Some(2));
        assert_eq!(
            value(&assembled),
            json!({"id":"c1","object":"chat.completion","created":5,"model":"m-1",
                "choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],
                "usage":{"prompt_tokens":3,"completion_tokens":2}})
        );
    }

    #[test]
    fn tool_calls_and_several_choices_are_merged_by_index() {
        let bytes = sse(&[
            delta(
                0,
                &json!({"tool_calls":[{"index":0,"id":"t0","type":"function","function":{"name":"f","arguments":""}}]}),
                None,
            ),
            delta(1, &json!({"content":"b"}), Some("length")),
            delta(
                0,
                &json!({"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}),
                None,
            ),
            delta(
                0,
                &json!({"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}),
                Some("tool_calls"),
            ),
        ]);
        let assembled = assemble(&bytes);
        assert_eq!(
            assembled.body.response.finish_reasons,
            ["tool_calls", "length"]
        );
        let choices = &value(&assembled)["choices"];
        assert_eq!(
            choices[0]["message"]["tool_calls"][0]["function"]["arguments"],
            "{\"a\":1}"
        );
        assert_eq!(choices[1]["message"]["content"], "b");
    }

    #[test]
    fn an_error_event_a_malformed_chunk_and_a_cut_are_told_apart() {
        let good = sse(&[delta(0, &json!({"content":"a"}), None)]);
        let mut with_error = good.clone();
        with_error.extend_from_slice(
            b"data: {\"error\":{\"message\":\"overloaded\",\"code\":\"server_error\"}}\n\n",
        );
        assert_eq!(assemble(&with_error).failure.unwrap().kind, "server_error");
        let mut malformed = good.clone();
        malformed.extend_from_slice(b"data: {\"id\":\n\n");
        assert_eq!(assemble(&malformed).malformed, 1);
        let cut = assemble(&good);
        assert!(!cut.done);
        assert_eq!(cut.text, "a");
        assert!(assemble(b"").completion.is_none());
    }
}
