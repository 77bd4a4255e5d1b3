//! A chat model's answer in chunks: server-sent events, and how they break.

use std::io;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};

use super::answer::{Reply, ToolCall};
use super::completion::{Choice, Completion};
use super::fault::Fault;
use super::latency::{Pace, wait};
use super::problem::Problem;
use super::token::Counter;
use crate::StatusCode;
use crate::listen::{Disconnect, Signal};

/// One step of sending a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Waits.
    Wait(Duration),
    /// Sends one event.
    Send(String),
    /// Breaks the connection.
    Cut,
    /// Sends nothing until the client disconnects or the server stops.
    Stall,
}

/// Whether the last chunk reports the usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UsageChunk {
    Sent,
    Absent,
}

/// Returns all steps of an answer's stream, including the fault.
pub(super) fn script(
    completion: &Completion,
    usage: UsageChunk,
    pace: Pace,
    fault: Option<&Fault>,
) -> Vec<Step> {
    let chunks = chunks(completion, usage);
    let (at, breakage) = breakage(fault);
    let mut steps = Vec::new();
    for (chunk, number) in chunks.iter().zip(0..) {
        if number == at {
            steps.extend(breakage.clone());
        }
        // The wait before the first chunk happens before the head of the response.
        if number > 0 {
            steps.push(Step::Wait(pace.tokens(1)));
        }
        steps.push(Step::Send(event(chunk)));
    }
    if at >= chunks.len() {
        steps.extend(breakage);
    }
    steps.push(Step::Send("data: [DONE]\n\n".to_owned()));
    let end = steps
        .iter()
        .position(is_last)
        .map_or(steps.len(), |at| at + 1);
    steps.truncate(end);
    steps
}

/// Returns the number of chunks before the fault, and the steps of the fault.
fn breakage(fault: Option<&Fault>) -> (usize, Vec<Step>) {
    match fault {
        Some(Fault::CutStream { after_chunks }) => (*after_chunks, vec![Step::Cut]),
        Some(Fault::StallStream { after_chunks }) => (*after_chunks, vec![Step::Stall]),
        Some(Fault::MalformedChunk { after_chunks }) => (
            *after_chunks,
            vec![Step::Send(
                "data: {\"id\":\"chatcmpl-\",\"choices\":[{\"delta\n\n".to_owned(),
            )],
        ),
        Some(Fault::ErrorEvent { after_chunks }) => {
            let problem = Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR).to_json();
            (*after_chunks, vec![Step::Send(event(&problem))])
        }
        _ => (usize::MAX, Vec::new()),
    }
}

/// Returns whether a step is the last: nothing follows a break or an error event.
fn is_last(step: &Step) -> bool {
    match step {
        Step::Cut | Step::Stall => true,
        Step::Send(event) => event.starts_with("data: {\"error\""),
        Step::Wait(_) => false,
    }
}

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

/// Returns all chunks of an answer; the chunks of several choices alternate, as OpenAI's do.
fn chunks(completion: &Completion, usage: UsageChunk) -> Vec<Value> {
    let counter = Counter::of(&completion.model);
    let choices: Vec<Vec<Value>> = completion
        .choices
        .iter()
        .zip(0..)
        .map(|(choice, index)| choice_chunks(choice, index, counter))
        .collect();
    let rounds = choices.iter().map(Vec::len).max().unwrap_or_default();
    let in_turn =
        (0..rounds).flat_map(|round| choices.iter().filter_map(move |deltas| deltas.get(round)));
    let mut chunks: Vec<Value> = in_turn
        .map(|choice| chunk(completion, &json!([choice]), usage))
        .collect();
    if usage == UsageChunk::Sent {
        let mut last = chunk(completion, &json!([]), usage);
        if let Some(place) = last.get_mut("usage") {
            *place = completion.usage.to_chat_json();
        }
        chunks.push(last);
    }
    chunks
}

fn chunk(completion: &Completion, choices: &Value, usage: UsageChunk) -> Value {
    let mut chunk = json!({
        "id": completion.id,
        "object": "chat.completion.chunk",
        "created": completion.created,
        "model": completion.model,
        "service_tier": completion.service_tier,
        "system_fingerprint": completion.fingerprint,
        "choices": choices,
    });
    // With `include_usage` every chunk has the member; it is null in all but the last.
    if let (UsageChunk::Sent, Some(members)) = (usage, chunk.as_object_mut()) {
        members.insert("usage".to_owned(), Value::Null);
    }
    chunk
}

fn choice_chunks(choice: &Choice, index: u32, counter: Counter) -> Vec<Value> {
    let chunk = |delta: Value, finish_reason: Option<&str>| json!({"index": index, "delta": delta, "logprobs": null, "finish_reason": finish_reason});
    let deltas = match &choice.reply {
        Reply::Text(text) => text_deltas(text, counter),
        Reply::ToolCalls(calls) => call_deltas(calls, counter),
    };
    let mut chunks: Vec<Value> = deltas.into_iter().map(|delta| chunk(delta, None)).collect();
    chunks.push(chunk(json!({}), Some(choice.finish_reason)));
    chunks
}

fn text_deltas(text: &str, counter: Counter) -> Vec<Value> {
    let pieces = counter
        .pieces(text)
        .into_iter()
        .map(|piece| json!({ "content": piece }));
    [json!({"role": "assistant", "content": "", "refusal": null})]
        .into_iter()
        .chain(pieces)
        .collect()
}

fn call_deltas(calls: &[ToolCall], counter: Counter) -> Vec<Value> {
    let mut deltas = vec![json!({"role": "assistant", "content": null, "refusal": null})];
    for (call, index) in calls.iter().zip(0..) {
        deltas.push(json!({"tool_calls": [{
            "index": index, "id": call.id, "type": "function",
            "function": {"name": call.name, "arguments": ""},
        }]}));
        let pieces = counter.pieces(&call.arguments).into_iter();
        deltas.extend(pieces.map(
            |piece| json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}),
        ));
    }
    deltas
}

/// Returns a response body that plays the steps.
pub(super) fn body(steps: Vec<Step>, signal: Signal) -> Body {
    let played = stream::unfold(
        (steps.into_iter(), signal),
        |(mut steps, mut signal)| async move {
            loop {
                let item = match steps.next()? {
                    Step::Wait(time) => {
                        wait(time).await;
                        continue;
                    }
                    Step::Send(event) => Ok(Bytes::from(event)),
                    Step::Cut => Err(io::Error::other(Disconnect)),
                    Step::Stall => {
                        signal.requested().await;
                        Err(io::Error::other(Disconnect))
                    }
                };
                // hyper combines chunks that arrive without a pause into one write: yielding to the scheduler flushes
                // them, so that each event is sent separately and none is lost before a break.
                tokio::task::yield_now().await;
                return Some((item, (steps, signal)));
            }
        },
    );
    Body::from_stream(played)
}
