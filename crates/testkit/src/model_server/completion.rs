//! One complete answer of a chat model, in OpenAI's format.

use serde_json::{Value, json};

use super::answer::{Reply, ToolCall, reply};
use super::catalogue::{reasons, snapshot};
use super::request::ChatRequest;
use super::seed::Seed;
use super::token::Counter;
use super::usage::TokenUsage;

/// The tokens of a tool call besides its name and arguments.
const CALL_TOKENS: u32 = 7;

/// A chat completion before it becomes one JSON object or many chunks.
#[derive(Debug)]
pub(super) struct Completion {
    pub(super) id: String,
    pub(super) created: u64,
    pub(super) model: String,
    pub(super) service_tier: String,
    pub(super) fingerprint: String,
    pub(super) choices: Vec<Choice>,
    pub(super) usage: TokenUsage,
}

/// One choice of the answer; there are several when the request sets `n`.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) reply: Reply,
    pub(super) finish_reason: &'static str,
}

impl Completion {
    /// Returns the answer to a request whose prompt has these tokens.
    pub(super) fn new(
        request: &ChatRequest,
        seed: Seed,
        created: u64,
        prompt_tokens: u64,
        cached_tokens: u64,
    ) -> Self {
        let counter = Counter::of(request.model());
        let choice = |index| Choice::new(request, seed.mix_number(u64::from(index)), counter);
        let choices: Vec<Choice> = (0..request.choices()).map(choice).collect();
        let reasoning_tokens = match reasons(request.model()) && request.may_reason() {
            // OpenAI reports reasoning tokens in multiples of 64.
            true => seed.mix(b"reasoning").between(1, 6).saturating_mul(64),
            false => 0,
        };
        let spoken: u64 = choices
            .iter()
            .map(|choice| u64::from(choice.tokens(counter)))
            .sum();
        let completion_tokens = spoken.saturating_add(reasoning_tokens);
        Self {
            id: format!("chatcmpl-{}", seed.mix(b"id").name()),
            created,
            model: snapshot(request.model()).to_owned(),
            service_tier: request.service_tier().to_owned(),
            fingerprint: fingerprint(request.model()),
            choices,
            usage: TokenUsage {
                prompt_tokens,
                cached_tokens,
                completion_tokens,
                reasoning_tokens,
            },
        }
    }

    /// Returns the whole answer as one object.
    pub(super) fn to_json(&self, with_usage: bool) -> Value {
        let choices: Vec<Value> = self
            .choices
            .iter()
            .zip(0..)
            .map(|(choice, index)| choice.to_json(index))
            .collect();
        let mut json = json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": choices,
            "usage": self.usage.to_chat_json(),
            "service_tier": self.service_tier,
            "system_fingerprint": self.fingerprint,
        });
        if let (false, Some(members)) = (with_usage, json.as_object_mut()) {
            members.remove("usage");
        }
        json
    }
}

/// Returns a fingerprint that is the same for all answers of a model, like that of a configuration.
fn fingerprint(model: &str) -> String {
    format!(
        "fp_{:010x}",
        Seed::new(0).mix(model.as_bytes()).number() >> 24
    )
}

impl Choice {
    fn new(request: &ChatRequest, seed: Seed, counter: Counter) -> Self {
        let text = match reply(request, seed) {
            Reply::ToolCalls(calls) => {
                return Self {
                    reply: Reply::ToolCalls(calls),
                    finish_reason: "tool_calls",
                };
            }
            Reply::Text(text) => text,
        };
        let end = request
            .stops()
            .iter()
            .filter_map(|stop| text.find(stop))
            .min();
        let text = end.and_then(|end| text.get(..end)).unwrap_or(&text);
        let limit = request.output_limit().unwrap_or(usize::MAX);
        let kept = counter.truncate(text, limit);
        let finish_reason = if kept.len() < text.len() {
            "length"
        } else {
            "stop"
        };
        Self {
            reply: Reply::Text(kept),
            finish_reason,
        }
    }

    fn tokens(&self, counter: Counter) -> u32 {
        match &self.reply {
            Reply::Text(text) => counter.count(text),
            Reply::ToolCalls(calls) => {
                let tokens = |call: &ToolCall| {
                    counter.count(&call.name) + counter.count(&call.arguments) + CALL_TOKENS
                };
                calls.iter().map(tokens).sum()
            }
        }
    }

    fn to_json(&self, index: u32) -> Value {
        let message = match &self.reply {
            Reply::Text(text) => {
                json!({"role": "assistant", "content": text, "refusal": null, "annotations": []})
            }
            Reply::ToolCalls(calls) => {
                let calls: Vec<Value> = calls.iter().map(call_json).collect();
                json!({
                    "role": "assistant", "content": null, "tool_calls": calls, "refusal": null, "annotations": [],
                })
            }
        };
        json!({"index": index, "message": message, "logprobs": null, "finish_reason": self.finish_reason})
    }
}

fn call_json(call: &ToolCall) -> Value {
    json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}})
}
