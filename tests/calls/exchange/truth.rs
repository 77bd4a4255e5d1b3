//! The expected values, read from the recorded bytes by a few lines independent of the code they check.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Exchange;
use crate::ask::{Answer, Patience};
use crate::conformance::payloads;
use crate::observe::Observed;
use crate::stream::Ending;
use spanloom_testkit::json as plain;

/// Returns a line for each value that only the span or only the provider reports.
pub(super) fn untruths(exchange: &Exchange, answer: &Answer, observed: &Observed) -> Vec<String> {
    let told = |name: &str| -> Value {
        let mut attributes = observed.span.attributes.iter();
        let pair = attributes.find(|pair| pair.key.as_str() == name);
        pair.map(|pair| plain(&pair.value)).unwrap_or_default()
    };
    let body = answer.bytes();
    let payloads = payloads(&body);
    let fetched = told("gen_ai.operation.name") == "fetch_response";
    // Counts of nothing but zeros are a placeholder.
    let is_placeholder = |usage: &Value| usage["total_tokens"] == 0;
    let usage = usage(&payloads).filter(|usage| !fetched && !is_placeholder(usage));
    let mut truths = vec![("spanloom.outcome", outcome(exchange, &body))];
    // Without a count from the provider, an estimate cannot be checked.
    let is_estimate =
        told("spanloom.usage.source") == "estimated" || told("spanloom.usage.source") == "rough";
    if !is_estimate || usage.is_some() {
        let usage = usage.unwrap_or_default();
        truths.extend([
            (
                "gen_ai.usage.input_tokens",
                first(&usage, &["prompt_tokens", "input_tokens"]),
            ),
            (
                "gen_ai.usage.output_tokens",
                first(&usage, &["completion_tokens", "output_tokens"]),
            ),
            (
                "gen_ai.usage.cache_read.input_tokens",
                detail(&usage, &["prompt", "input"], "cached_tokens"),
            ),
            (
                "gen_ai.usage.reasoning.output_tokens",
                detail(&usage, &["completion", "output"], "reasoning_tokens"),
            ),
        ]);
    }
    if answer.status == 200 {
        truths.push(("gen_ai.response.id", field(&payloads, "id")));
        truths.push(("gen_ai.response.model", field(&payloads, "model")));
    }
    let reasons = finish_reasons(&payloads);
    if !reasons.is_empty() {
        truths.push(("gen_ai.response.finish_reasons", json!(reasons)));
    }
    let mut lines: Vec<String> = truths
        .into_iter()
        .filter(|(name, truth)| told(name) != *truth)
        .map(|(name, truth)| format!("{name} is {}, in truth {truth}", told(name)))
        .collect();
    let texts = characters(&body);
    let messages = told("gen_ai.output.messages");
    let said = message_texts(messages.as_str().unwrap_or("[]"));
    if said != texts {
        lines.push(format!("the messages say {said:?}, in truth {texts:?}"));
    }
    lines
        .iter()
        .map(|line| format!("{}: {line}", exchange.name))
        .collect()
}

/// Returns the last usage.
fn usage(payloads: &[Value]) -> Option<Value> {
    let mut payloads = payloads.iter().rev();
    payloads.find_map(|payload| {
        let usages = [&payload["response"]["usage"], &payload["usage"]];
        usages.into_iter().find(|usage| usage.is_object()).cloned()
    })
}

fn first(object: &Value, names: &[&str]) -> Value {
    let mut values = names.iter().map(|name| object[name].clone());
    values.find(|value| !value.is_null()).unwrap_or_default()
}

fn detail(usage: &Value, sides: &[&str], name: &str) -> Value {
    let mut values = sides
        .iter()
        .map(|side| usage[format!("{side}_tokens_details")][name].clone());
    values.find(|value| !value.is_null()).unwrap_or_default()
}

/// Returns a field of the answer, or of the first chunk that has it.
fn field(payloads: &[Value], name: &str) -> Value {
    let mut values = payloads
        .iter()
        .flat_map(|payload| [&payload["response"][name], &payload[name]]);
    values
        .find(|value| value.is_string())
        .cloned()
        .unwrap_or_default()
}

fn outcome(exchange: &Exchange, body: &[u8]) -> Value {
    let text = String::from_utf8_lossy(body);
    let complete = text.contains("[DONE]")
        || text.contains("response.completed")
        || text.contains("response.incomplete");
    let is_answer = complete || serde_json::from_str::<Value>(&text).is_ok();
    let left = exchange.patience != Patience::Endless && !complete;
    match exchange.script.ending {
        _ if exchange.script.status >= 400 => "error".into(),
        Ending::Broken => "error".into(),
        _ if left => "cancelled".into(),
        _ if !is_answer => "error".into(),
        _ => "completed".into(),
    }
}

fn choices(payloads: &[Value]) -> impl Iterator<Item = &Value> {
    payloads
        .iter()
        .flat_map(|payload| payload["choices"].as_array().into_iter().flatten())
}

/// Returns the finish reasons in the order of the choices.
fn finish_reasons(payloads: &[Value]) -> Vec<String> {
    let mut reasons = BTreeMap::new();
    for choice in choices(payloads) {
        if let Some(reason) = choice["finish_reason"].as_str() {
            reasons.insert(choice["index"].as_u64().unwrap_or(0), reason.to_owned());
        }
    }
    reasons.into_values().collect()
}

/// Returns the visible texts. A server may split a character into its two UTF-16 halves and send each in a separate
/// chunk: they are mapped to U+E000 to U+E7FF for the reader, and joined afterwards.
fn characters(body: &[u8]) -> Vec<String> {
    let mut body = String::from_utf8_lossy(body).into_owned();
    for (half, disguise) in "89abcdef".chars().zip("01234567".chars()) {
        body = body.replace(&format!("\\ud{half}"), &format!("\\ue{disguise}"));
    }
    let unit = |char: char| match u32::from(char) {
        code @ 0xE000..=0xE7FF => vec![u16::try_from(code - 0xE000 + 0xD800).unwrap()],
        _ => char.encode_utf16(&mut [0; 2]).to_vec(),
    };
    let whole =
        |text: &String| String::from_utf16_lossy(&text.chars().flat_map(unit).collect::<Vec<_>>());
    texts(&payloads(body.as_bytes()))
        .iter()
        .map(whole)
        .collect()
}

/// Returns the visible text of each choice, joined from its deltas; for the Responses API, of all messages together.
fn texts(payloads: &[Value]) -> Vec<String> {
    let mut texts: BTreeMap<u64, String> = BTreeMap::new();
    for choice in choices(payloads) {
        let text = texts
            .entry(choice["index"].as_u64().unwrap_or(0))
            .or_default();
        for content in [
            &choice["delta"]["content"],
            &choice["message"]["content"],
            &choice["text"],
        ] {
            text.push_str(content.as_str().unwrap_or_default());
        }
    }
    let mut response = String::new();
    let deltas = payloads
        .iter()
        .filter(|payload| payload["type"] == "response.output_text.delta");
    for delta in deltas {
        response.push_str(delta["delta"].as_str().unwrap_or_default());
    }
    for payload in payloads
        .iter()
        .filter(|payload| payload["object"] == "response")
    {
        let output = payload["output"].as_array().into_iter().flatten();
        let contents = output.flat_map(|item| item["content"].as_array().into_iter().flatten());
        for content in contents.filter(|content| content["type"] == "output_text") {
            response.push_str(content["text"].as_str().unwrap_or_default());
        }
    }
    let all = texts.into_values().chain([response]);
    all.filter(|text| !text.is_empty()).collect()
}

/// Returns the answered texts in `gen_ai.output.messages`, message by message.
fn message_texts(messages: &str) -> Vec<String> {
    let messages: Vec<Value> = serde_json::from_str(messages).unwrap();
    let text = |message: &Value| -> String {
        let parts = message["parts"].as_array().unwrap();
        let texts = parts.iter().filter(|part| part["type"] == "text");
        texts
            .map(|part| part["content"].as_str().unwrap())
            .collect()
    };
    messages
        .iter()
        .map(text)
        .filter(|text| !text.is_empty())
        .collect()
}
