//! When a conditionally required attribute must be present, as far as an outside observer can decide.

use opentelemetry::trace::Status;
use serde_json::Value;

use super::Case;
use super::registry::{Level, REGISTRY};
use crate::observe::Observed;

/// Returns `None` if this call leaves the question open.
type Condition = fn(&Case<'_>) -> Option<bool>;

const CONDITIONS: &[(&str, Condition)] = &[
    ("error.type", |case| Some(failed(case.observed))),
    ("gen_ai.output.type", |case| {
        let body = &case.question.body;
        let format = &body["response_format"]["type"];
        let format = format.as_str().or(body["text"]["format"]["type"].as_str());
        Some(format.is_some())
    }),
    ("gen_ai.request.choice.count", |case| {
        let count = case.question.body["n"].as_i64();
        Some(count.is_some_and(|count| count != 1))
    }),
    ("gen_ai.request.model", |case| has(case, "model")),
    ("gen_ai.request.seed", |case| has(case, "seed")),
    ("gen_ai.request.stream", |case| {
        Some(case.question.streamed())
    }),
    ("gen_ai.conversation.id", |case| has(case, "conversation")),
    ("server.port", |_| Some(true)),
    ("openai.request.service_tier", |case| {
        let tier = case.question.body["service_tier"].as_str();
        Some(tier.is_some_and(|tier| tier != "auto"))
    }),
    ("openai.response.service_tier", |case| {
        Some(payloads(&case.answer.bytes()).iter().any(|payload| {
            payload["service_tier"].is_string() || payload["response"]["service_tier"].is_string()
        }))
    }),
    ("gen_ai.request.stream_cursor", |case| {
        Some(case.question.path.contains("starting_after="))
    }),
];

/// Conditions that cannot be decided from outside, or that no call here meets.
const OPEN: &[(&str, &str)] = &[
    (
        "gen_ai.prompt.name",
        "a template is the caller's, who names it",
    ),
    ("gen_ai.prompt.version", "as its name"),
    (
        "gen_ai.request.top_k",
        "no API of OpenAI's has it; a server that takes it is free to",
    ),
];

fn has(case: &Case<'_>, field: &str) -> Option<bool> {
    Some(!case.question.body[field].is_null())
}

pub(super) fn failed(observed: &Observed) -> bool {
    matches!(observed.span.status, Status::Error { .. })
}

/// Returns whether an attribute must be present or absent; `None` if it may be either.
pub(super) fn expected(name: &str, case: &Case<'_>) -> Option<bool> {
    let (_, condition) = CONDITIONS.iter().find(|(key, _)| *key == name)?;
    condition(case)
}

/// Returns the JSON values of a body: itself, or the data of its events. Independent of the code under test.
pub(crate) fn payloads(body: &[u8]) -> Vec<Value> {
    if let Ok(whole) = serde_json::from_slice(body) {
        return vec![whole];
    }
    datas(body)
        .iter()
        .filter_map(|data| serde_json::from_str(data).ok())
        .collect()
}

/// Returns the data of a stream's events, except for the `[DONE]`, which is not a chunk.
pub(crate) fn datas(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body)
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let datas = text.split("\n\n").map(|event| {
        let lines = event.lines().filter_map(|line| line.strip_prefix("data:"));
        lines.collect::<Vec<_>>().join("\n").trim().to_owned()
    });
    datas
        .filter(|data| !data.is_empty() && data != "[DONE]")
        .collect()
}

#[test]
fn every_condition_of_the_conventions_is_decided_or_said_to_be_open() {
    for operation in ["chat", "text_completion", "embeddings", "fetch_response"] {
        for (name, level) in REGISTRY.attributes(REGISTRY.span(operation), "openai") {
            let decided = CONDITIONS.iter().any(|(key, _)| *key == name);
            let open = OPEN.iter().any(|(key, _)| *key == name);
            assert!(
                level != Level::Conditional || decided || open,
                "{operation}: when is {name} required?"
            );
            assert!(!(decided && open), "{name}");
        }
    }
}
