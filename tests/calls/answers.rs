//! What providers answer: one file for each provider and shape (`answers/*.json`), with the expected call in it.
//!
//! A file has the `source` of its shape, the monitor's `provider`, a request, the answer (`body`, `stream` or `text`), and
//! under `expect` what the span states, by the short names of [`EXPECTED`]; `null` means absent. `message` is a part of
//! the error's message; `response` has members of the recorded answer by JSON pointer.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use opentelemetry::trace::Status;
use serde_json::Value;
use spanloom_instrumentation::Content;
use tower::Layer as _;

use crate::ask::{Patience, Question, ask};
use crate::observe::{Observed, Observer};
use crate::stream::{Ending, Script, Scripts};
use spanloom_testkit::json as plain;

/// Names under `expect`, and the attribute of each.
const EXPECTED: [(&str, &str); 15] = [
    ("outcome", "spanloom.outcome"),
    ("model", "gen_ai.response.model"),
    ("finish", "gen_ai.response.finish_reasons"),
    ("error", "error.type"),
    ("input", "gen_ai.usage.input_tokens"),
    ("output", "gen_ai.usage.output_tokens"),
    ("cached", "gen_ai.usage.cache_read.input_tokens"),
    ("written", "gen_ai.usage.cache_write.input_tokens"),
    ("reasoning", "gen_ai.usage.reasoning.output_tokens"),
    ("usage_source", "spanloom.usage.source"),
    ("cost", "spanloom.cost.total_usd"),
    ("cost_input", "spanloom.cost.input_usd"),
    ("cost_output", "spanloom.cost.output_usd"),
    ("cost_source", "spanloom.cost.source"),
    ("unnamed", "spanloom.usage.unnamed_output_tokens"),
];
/// Half a nano-dollar, the precision of money.
const PRECISION: f64 = 0.5e-9;

fn script(case: &Value) -> Script {
    let headers = case["headers"].as_object().unwrap().iter();
    let headers = headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    let text = match (&case["stream"], &case["text"]) {
        (Value::String(stream), _) => stream.clone(),
        (_, Value::String(text)) => text.clone(),
        _ => case["body"].to_string(),
    };
    let chunks = match case["stream"].is_string() {
        true => text.split_inclusive("\n\n").map(str::to_owned).collect(),
        false => vec![text],
    };
    Script {
        status: u16::try_from(case["status"].as_u64().unwrap()).unwrap(),
        headers: headers.collect(),
        chunks: chunks.into_iter().map(Bytes::from).collect(),
        ending: Ending::Whole,
        sized: false,
    }
}

async fn observe(case: &Value) -> Observed {
    let provider = case["provider"].as_str().unwrap();
    let observer = Observer::with(|builder| {
        let builder = builder.with_content(Content::Both);
        builder.with_provider(provider)
    });
    let mut service = observer.layer.layer(Scripts(Arc::new(script(case))));
    let question = Question {
        method: case["method"].as_str().unwrap_or("POST").parse().unwrap(),
        path: case["path"].as_str().unwrap().to_owned(),
        body: case["request"].clone(),
    };
    let base = "http://provider.test/v1";
    let _answer = ask(&mut service, base, &question, Patience::Endless).await;
    observer.observed()
}

fn fits(found: &Value, expected: &Value) -> bool {
    match (found.as_f64(), expected.as_f64()) {
        (Some(found), Some(expected)) => (found - expected).abs() <= PRECISION,
        _ => found == expected,
    }
}

/// One line for each expectation that the span does not meet.
fn differences(case: &Value, observed: &Observed) -> Vec<String> {
    let attribute = |name: &str| -> Value {
        let mut attributes = observed.span.attributes.iter();
        let pair = attributes.find(|pair| pair.key.as_str() == name);
        pair.map(|pair| plain(&pair.value)).unwrap_or_default()
    };
    let response = attribute("spanloom.response");
    let response =
        serde_json::from_str(response.as_str().unwrap_or_default()).unwrap_or(Value::Null);
    let mut lines = Vec::new();
    for (name, expected) in case["expect"].as_object().unwrap() {
        match name.as_str() {
            "message" => {
                let Status::Error { description } = &observed.span.status else {
                    lines.push("the span has no error".to_owned());
                    continue;
                };
                if !description.contains(expected.as_str().unwrap()) {
                    lines.push(format!("message is {description:?}, not {expected}"));
                }
            }
            "response" => {
                for (pointer, expected) in expected.as_object().unwrap() {
                    let found = response.pointer(pointer).unwrap_or(&Value::Null);
                    if !fits(found, expected) {
                        lines.push(format!("{pointer} is {found}, not {expected}"));
                    }
                }
            }
            name => {
                let known = EXPECTED.iter().find(|(known, _)| *known == name);
                let (_, name) = known.unwrap_or_else(|| panic!("{name} is not an expectation"));
                let found = attribute(name);
                if !fits(&found, expected) {
                    lines.push(format!("{name} is {found}, not {expected}"));
                }
            }
        }
    }
    lines
}

#[tokio::test]
async fn every_providers_answer_is_recorded_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("calls/answers");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let case: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let lines = differences(&case, &observe(&case).await);
        count += 1;
        if !lines.is_empty() {
            wrong.push(format!("{name}: {}", lines.join("; ")));
        }
    }
    wrong.sort();
    assert!(count >= 80, "{count} answers");
    assert!(
        wrong.is_empty(),
        "{} of {count} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
