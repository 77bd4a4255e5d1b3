//! Answers that no server would give, and those that every server gives.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::script::{Ending, Script};
use crate::ask::Patience;

/// An answer, and how long its caller reads.
#[derive(Clone, Debug)]
pub(super) struct Generated {
    pub(super) script: Script,
    pub(super) patience: Patience,
    pub(super) path: &'static str,
}

/// Endpoints that stream.
const PATHS: &[&str] = &["/chat/completions", "/responses", "/completions"];

/// Generates one event of a stream, as its bytes without the line ends.
fn event() -> impl Strategy<Value = Vec<String>> {
    let data = |json: Value| vec![format!("data: {json}")];
    prop_oneof![
        6 => (0..4u64, text()).prop_map(move |(index, text)| data(chunk(index, &json!({"content": text}), None))),
        2 => (0..3u64, 0..3u64, text()).prop_map(move |(index, tool, text)| data(chunk(index, &json!({"tool_calls":
            [{"index": tool, "id": "call", "type": "function", "function": {"name": "f", "arguments": text}}]}), None))),
        1 => (0..4u64, text()).prop_map(move |(index, text)| data(chunk(index, &json!({"refusal": text, "reasoning_content": text}), None))),
        1 => (0..4u64, "stop|length|tool_calls|content_filter").prop_map(move |(index, reason)| data(chunk(index, &json!({}), Some(&reason)))),
        1 => any::<(u32, u32)>().prop_map(move |(input, output)| data(json!({"id": "c", "choices": [],
            "usage": {"prompt_tokens": input, "completion_tokens": output}}))),
        1 => Just(data(json!({"choices": [], "usage": null}))),
        1 => text().prop_map(move |text| data(json!({"error": {"message": text, "type": "server_error"}}))),
        1 => Just(vec!["data: [DONE]".to_owned()]),
        1 => "[a-z]{0,9}".prop_map(|comment| vec![format!(": {comment}"), "event: message".into(), "id: 1".into()]),
        1 => text().prop_map(|text| vec!["data: {\"choices\":".to_owned(), format!("data: [], \"x\": {}}}", json!(text))]),
        1 => "\\PC{0,20}".prop_map(|junk| vec![format!("data: {junk}")]),
        1 => text().prop_map(|text| vec![
            format!("event: response.output_text.delta"),
            format!("data: {}", json!({"type": "response.output_text.delta", "item_id": "m", "output_index": 0,
                "content_index": 0, "delta": text, "sequence_number": 1}))]),
        1 => (text(), any::<u32>()).prop_map(|(text, tokens)| vec![
            "event: response.completed".to_owned(),
            format!("data: {}", json!({"type": "response.completed", "response": {"id": "resp", "status": "completed",
                "model": "gpt-4o", "output": [{"type": "message", "role": "assistant",
                "content": [{"type": "output_text", "text": text}]}],
                "usage": {"input_tokens": tokens, "output_tokens": 1, "total_tokens": 2}}}))]),
    ]
}

fn chunk(index: u64, delta: &Value, finish_reason: Option<&str>) -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini",
        "choices": [{"index": index, "delta": delta, "finish_reason": finish_reason}]})
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,12}",
        "[äöü中文🙂☃\u{0}\u{7f}\"\\\\\r\n]{0,8}",
        "\\PC{0,12}"
    ]
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let line_end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
    let parts = (any::<bool>(), vec(event(), 0..12), line_end, 0..3usize);
    parts.prop_map(|(mark, events, line_end, unfinished)| {
        let mut text = String::new();
        if mark {
            text.push('\u{feff}');
        }
        for lines in events {
            for line in lines {
                text.push_str(&line);
                text.push_str(line_end);
            }
            text.push_str(line_end);
        }
        let mut bytes = text.into_bytes();
        bytes.truncate(bytes.len().saturating_sub(unfinished * 7));
        bytes
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => stream(),
        1 => vec(any::<u8>(), 0..300),
        1 => text().prop_map(|text| chunk(0, &json!({"content": text}), None).to_string().into_bytes()),
    ]
}

/// Cuts the bytes into pieces: of any size, of one byte, or with empty pieces between them.
fn cut(bytes: &[u8], sizes: &[usize]) -> Vec<Bytes> {
    let mut chunks = Vec::new();
    let mut rest = Bytes::copy_from_slice(bytes);
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let size = sizes.next().copied().unwrap_or(rest.len());
        chunks.push(rest.split_to(size.min(rest.len())));
    }
    chunks
}

pub(super) fn generated() -> impl Strategy<Value = Generated> {
    // Sizes of nothing but 0 would never make progress.
    let sizes = prop_oneof![Just(vec![1]), Just(vec![usize::MAX]), vec(0..40usize, 1..6)]
        .prop_filter("gets on", |sizes| sizes.iter().any(|size| *size > 0));
    let ending =
        prop_oneof![3 => Just(Ending::Whole), 1 => Just(Ending::Broken), 1 => Just(Ending::Silent)];
    let kind = prop_oneof![
        8 => Just("text/event-stream"), 1 => Just("text/event-stream; charset=utf-8"), 1 => Just("application/json"),
    ];
    let status = prop_oneof![8 => Just(200u16), 1 => Just(429), 1 => Just(500)];
    let path = proptest::sample::select(PATHS);
    let listening = (any::<bool>(), 0..60usize, any::<bool>());
    (body(), sizes, ending, kind, status, path, listening).prop_map(
        |(body, sizes, ending, kind, status, path, (stops, after, sized))| {
            let chunks = cut(&body, &sizes);
            let patience = if stops || ending == Ending::Silent {
                // If nothing more arrives, a caller that waits would wait forever.
                Patience::Chunks(after.min(chunks.len()))
            } else {
                Patience::Endless
            };
            let headers = vec![("content-type".to_owned(), kind.to_owned())];
            Generated {
                script: Script {
                    status,
                    headers,
                    chunks,
                    ending,
                    sized,
                },
                patience,
                path,
            }
        },
    )
}
