//! What happened in three days.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::json;
use spanloom_core::semconv;

use super::random::Random;
use super::script::{AUDIENCES, DEPLOYS, Deploy, MISS_REASONS, PROMPTS, QUESTIONS, TOOLS};
use super::span::{Place, attribute, span};

const MS: i64 = 1_000_000;
const DAY: i64 = 86_400_000 * MS;
/// The conversations of the three days.
const CONVERSATIONS: u64 = 160;
/// The calls of the experiment.
const EXPERIMENT: u64 = 96;

/// Returns the spans of the three days that end at a time.
pub(super) fn until(end: i64) -> Vec<Span> {
    let mut days = Days {
        random: Random(0x5EED),
        spans: Vec::new(),
    };
    for number in 0..CONVERSATIONS {
        let share = i64::try_from(number).unwrap_or(0);
        let total = i64::try_from(CONVERSATIONS).unwrap_or(1);
        days.conversation(number, end - 3 * DAY + 3 * DAY / total * share, end);
    }
    for number in 0..EXPERIMENT {
        days.trial(number, end - 2 * DAY);
    }
    days.spans
}

struct Days {
    random: Random,
    spans: Vec<Span>,
}

impl Days {
    fn place(&mut self, trace: u128, parent: Option<u64>, start: i64, took: i64) -> Place {
        Place {
            trace,
            id: self.random.next(),
            parent,
            start,
            end: start + took,
        }
    }

    fn new_trace(&mut self) -> u128 {
        (u128::from(self.random.next()) << 64) | u128::from(self.random.next())
    }

    /// Adds a conversation of one to four turns.
    fn conversation(&mut self, number: u64, start: i64, end: i64) {
        let [before, last] = &DEPLOYS;
        let deploy = if start > end - DAY { last } else { before };
        let tenant = if number.is_multiple_of(3) {
            "globex"
        } else {
            "acme"
        };
        let around = vec![
            attribute("gen_ai.conversation.id", format!("conversation-{number}")),
            attribute("user.id", format!("user-{}", number % 14)),
            attribute("tenant", tenant),
            attribute("deploy", deploy.version),
            attribute("made_up", "by spanloom demo"),
        ];
        let mut now = start;
        for _ in 0..=self.random.below(3) {
            now = self.turn(deploy, &around, now) + self.random.between(20_000, 240_000) * MS;
        }
    }

    /// Adds one run of the agent, and returns its end.
    fn turn(&mut self, deploy: &Deploy, around: &[KeyValue], start: i64) -> i64 {
        let trace = self.new_trace();
        let agent = self.random.next();
        let Some((question, answer)) = self.random.pick(&QUESTIONS).copied() else {
            return start;
        };
        let mut now = start + 4 * MS;
        let mut messages =
            vec![json!({"role": "user", "parts": [{"type": "text", "content": question}]})];
        for _ in 0..self.random.below(3) {
            let Some((tool, arguments, result)) = self.random.pick(&TOOLS).copied() else {
                break;
            };
            let call =
                json!({"type": "tool_call", "id": "call_1", "name": tool, "arguments": arguments});
            now = self.chat(deploy, around, (trace, agent, now), &messages, &call);
            now = self.tool(
                deploy,
                around,
                (trace, agent, now),
                [tool, arguments, result],
            );
            messages.push(json!({"role": "assistant", "parts": [call]}));
            let response =
                json!({"type": "tool_call_response", "id": "call_1", "response": result});
            messages.push(json!({"role": "tool", "parts": [response]}));
        }
        let text = json!({"type": "text", "content": answer});
        now = self.chat(deploy, around, (trace, agent, now), &messages, &text);
        let mut attributes = around.to_vec();
        attributes.push(attribute("gen_ai.operation.name", "invoke_agent"));
        attributes.push(attribute("gen_ai.agent.name", "assistant"));
        let place = Place {
            trace,
            id: agent,
            parent: None,
            start,
            end: now,
        };
        let name = "invoke_agent assistant".to_owned();
        self.spans
            .push(span(name, SpanKind::Internal, place, attributes, None));
        now
    }

    /// Adds a call to the model, and returns its end.
    fn chat(
        &mut self,
        deploy: &Deploy,
        around: &[KeyValue],
        (trace, agent, start): (u128, u64, i64),
        messages: &[serde_json::Value],
        answer: &serde_json::Value,
    ) -> i64 {
        let failed = self
            .random
            .is_one_of_hundred(3)
            .then_some("rate_limit_exceeded");
        let (input, output) = (
            self.random.between(600, 3_200),
            self.random.between(15, 420),
        );
        let wait = self.random.between(180, 900) * MS;
        let took = wait + output * self.random.between(6, 11) * MS;
        let system =
            "You are the assistant of a small company. Use the tools, and answer in one sentence.";
        let mut attributes = around.to_vec();
        attributes.extend([
            attribute("gen_ai.operation.name", "chat"),
            attribute("gen_ai.provider.name", "openai"),
            attribute("gen_ai.request.model", deploy.model),
            attribute("gen_ai.response.model", deploy.model),
            attribute(
                "gen_ai.system_instructions",
                json!([{"type": "text", "content": system}]).to_string(),
            ),
            attribute("gen_ai.input.messages", json!(messages).to_string()),
        ]);
        if failed.is_none() {
            let is_cached = self.random.is_one_of_hundred(deploy.cached);
            let reusable = input * 3 / 4;
            let cached = if is_cached { reusable } else { 0 };
            attributes.extend(self.verdict(is_cached, reusable, deploy));
            let message =
                json!([{"role": "assistant", "parts": [answer], "finish_reason": "stop"}]);
            attributes.extend([
                attribute("gen_ai.usage.input_tokens", input),
                attribute("gen_ai.usage.output_tokens", output),
                attribute("gen_ai.usage.cache_read.input_tokens", cached),
                attribute("gen_ai.response.time_to_first_chunk", wait as f64 / 1e9),
                attribute("gen_ai.output.messages", message.to_string()),
            ]);
        }
        let took = if failed.is_some() { 120 * MS } else { took };
        let place = self.place(trace, Some(agent), start, took);
        let name = format!("chat {}", deploy.model);
        self.spans
            .push(span(name, SpanKind::Client, place, attributes, failed));
        place.end + 3 * MS
    }

    /// Returns what the provider states about its cache of the prompt: it is asked for one of two calls.
    fn verdict(&mut self, is_cached: bool, reusable: i64, deploy: &Deploy) -> Vec<KeyValue> {
        if self.random.is_one_of_hundred(50) {
            return Vec::new();
        }
        if is_cached {
            return vec![attribute(
                semconv::SPANLOOM_PROMPT_CACHE_RESULT,
                "cache_hit",
            )];
        }
        let reason = self.random.pick(&MISS_REASONS).copied();
        let lost = reusable as f64 * deploy.saved_by_cache / 1e6;
        vec![
            attribute(semconv::SPANLOOM_PROMPT_CACHE_RESULT, "cache_miss"),
            attribute(
                semconv::SPANLOOM_PROMPT_CACHE_MISS_REASON,
                reason.unwrap_or_default(),
            ),
            attribute(semconv::SPANLOOM_PROMPT_CACHE_MISSED_TOKENS, reusable),
            attribute(semconv::SPANLOOM_PROMPT_CACHE_MISSED_USD, lost),
        ]
    }

    /// Adds the call of a tool, and returns its end.
    fn tool(
        &mut self,
        deploy: &Deploy,
        around: &[KeyValue],
        (trace, agent, start): (u128, u64, i64),
        [name, arguments, result]: [&str; 3],
    ) -> i64 {
        let failing = if name == "search_documents" {
            deploy.failing
        } else {
            1
        };
        let failed = self.random.is_one_of_hundred(failing).then_some("timeout");
        let mut attributes = around.to_vec();
        attributes.extend([
            attribute("gen_ai.operation.name", "execute_tool"),
            attribute("gen_ai.tool.name", name),
            attribute("gen_ai.tool.type", "function"),
            attribute("gen_ai.tool.call.id", "call_1"),
            attribute("gen_ai.tool.call.arguments", arguments),
        ]);
        if failed.is_none() {
            attributes.push(attribute("gen_ai.tool.call.result", result));
        }
        let took = match failed {
            Some(_) => 5_000 * MS,
            None => self.random.between(12, 480) * MS,
        };
        let place = self.place(trace, Some(agent), start, took);
        let name = format!("execute_tool {name}");
        self.spans
            .push(span(name, SpanKind::Internal, place, attributes, failed));
        place.end + 2 * MS
    }

    /// Adds a call of the experiment: prompts by audiences.
    fn trial(&mut self, number: u64, start: i64) {
        let trace = self.new_trace();
        let prompt = usize::try_from(number).unwrap_or(0) % PROMPTS.len();
        let Some((prompt, length)) = PROMPTS.get(prompt).copied() else {
            return;
        };
        let audience = usize::try_from(number / 2).unwrap_or(0) % AUDIENCES.len();
        let audience = AUDIENCES.get(audience).copied().unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, reason = "some hundreds")]
        let output = (self.random.between(40, 110) as f64 * length) as i64;
        let model = "gpt-4o-mini-2024-07-18";
        let question = format!("Explain photosynthesis to {audience}: {prompt}.");
        let asked = json!([{"role": "user", "parts": [{"type": "text", "content": question}]}]);
        let text = "Plants turn light, water and air into sugar.";
        let answer = json!([{"role": "assistant", "parts": [{"type": "text", "content": text}], "finish_reason": "stop"}]);
        let attributes = vec![
            attribute("gen_ai.operation.name", "chat"),
            attribute("gen_ai.provider.name", "openai"),
            attribute("gen_ai.request.model", model),
            attribute("gen_ai.response.model", model),
            attribute("gen_ai.usage.input_tokens", self.random.between(40, 60)),
            attribute("gen_ai.usage.output_tokens", output),
            attribute("gen_ai.input.messages", asked.to_string()),
            attribute("gen_ai.output.messages", answer.to_string()),
            attribute("params.system_prompt", prompt),
            attribute("params.audience", audience),
            attribute("made_up", "by spanloom demo"),
        ];
        let after = i64::try_from(number).unwrap_or(0) * 4_000 * MS;
        let took = (300 + output * 8) * MS;
        let place = self.place(trace, None, start + after, took);
        self.spans.push(span(
            format!("chat {model}"),
            SpanKind::Client,
            place,
            attributes,
            None,
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_end_in_time_and_have_what_the_board_shows() {
        let end = 1_796_000_000_000_000_000;
        let spans = until(end);
        assert!(spans.len() > 1_000, "{}", spans.len());
        let last = spans.iter().map(|span| span.end_time_unix_nano).max();
        assert!(last.is_some_and(|last| last < u64::try_from(end + DAY / 20).unwrap_or(0)));
        for name in [
            "invoke_agent assistant",
            "execute_tool search_documents",
            "chat gpt-4.1-mini-2025-04-14",
        ] {
            assert!(spans.iter().any(|span| span.name == name), "{name}");
        }
        assert!(spans.iter().any(|span| span.status.is_some()));
        let has = |span: &Span, name: &str| span.attributes.iter().any(|one| one.key == name);
        let name = semconv::SPANLOOM_PROMPT_CACHE_MISSED_USD;
        assert!(spans.iter().any(|span| has(span, name)));
    }
}
