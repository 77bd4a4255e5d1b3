//! The same bytes, pieces and errors; one span for each call.

use std::collections::BTreeSet;
use std::sync::Arc;

use opentelemetry_sdk::trace::SpanData;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;
use spanloom_instrumentation::Content;
use spanloom_testkit::attribute;
use tower::Layer as _;

use super::generate::generated;
use super::script::Scripts;
use crate::ask::{Question, ask};
use crate::observe::Observer;

const STREAMS: usize = 10_000;
const BASE: &str = "http://127.0.0.1:1/v1";

#[tokio::test]
async fn ten_thousand_streams_reach_the_caller_as_they_are() {
    let observer = Observer::with(|builder| builder.with_content(Content::Both));
    // Fixed, so that a failure can be reproduced.
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = generated();
    let (mut whole, mut broken, mut left) = (0, 0, 0);
    let mut asked = BTreeSet::new();
    for number in 1..=STREAMS {
        let generated = strategy.new_tree(&mut runner).unwrap().current();
        // The model's name distinguishes the call from all others.
        let model = format!("model-{number}");
        let body = json!({"model": model, "stream": true, "messages": [{"role": "user", "content": "hi"}]});
        let question = Question::post(generated.path, body);
        let mut plain = Scripts(Arc::new(generated.script.clone()));
        let mut layered = observer.layer.layer(plain.clone());
        let without = ask(&mut plain, BASE, &question, generated.patience).await;
        let with = ask(&mut layered, BASE, &question, generated.patience).await;
        assert_eq!(with, without, "stream {number}: {generated:?}");
        if without.error.is_some() {
            broken += 1;
        } else if without.chunks.len() == generated.script.chunks.len() {
            whole += 1;
        } else {
            left += 1;
        }
        assert!(asked.insert(model));
        if number % 100 == 0 {
            let spans = observer.spans();
            let told: BTreeSet<String> = spans.iter().map(model_of).collect();
            assert_eq!(told, asked);
            assert_eq!(spans.len(), asked.len(), "one span each");
            observer.clear();
            asked.clear();
        }
    }
    let counts = [whole, broken, left];
    assert!(
        counts.iter().all(|count| *count > STREAMS / 20),
        "too few of a kind: {counts:?}"
    );
}

fn model_of(span: &SpanData) -> String {
    let model = attribute(span, "gen_ai.request.model").unwrap();
    model.as_str().into_owned()
}
