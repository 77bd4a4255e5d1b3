//! The cost of a span that states none: priced, in its tier, for another library's span; unknown for ours.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so at once"
)]

use serde_json::{Value, json};
use spanloom_core::mapping::{Attributes, Span, record};
use spanloom_core::{StreamName, Timestamp};

fn cost(extra: &[(&str, Value)]) -> Value {
    let mut attributes = vec![
        ("gen_ai.operation.name", json!("chat")),
        ("gen_ai.provider.name", json!("openai")),
        ("gen_ai.response.model", json!("gpt-5")),
        ("gen_ai.usage.input_tokens", json!(1_000)),
        ("gen_ai.usage.output_tokens", json!(100)),
    ];
    attributes.extend_from_slice(extra);
    let span = Span {
        name: "chat gpt-5".to_owned(),
        trace_id: "0".repeat(31) + "1",
        span_id: "0".repeat(15) + "1",
        parent_id: None,
        started_at: Timestamp::from_nanos(0),
        ended_at: Timestamp::from_nanos(1),
        attributes: attributes
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        ..Span::default()
    };
    let stream = StreamName::parse("a/b/c", None).unwrap();
    let record = record(span, &Attributes::default(), &stream);
    serde_json::to_value(&record).unwrap()["summary"]["cost"].clone()
}

#[test]
fn a_tier_is_never_shown_at_the_standard_price() {
    let tier =
        |tier: &str| cost(&[("openai.response.service_tier", json!(tier))])["total_usd"].clone();
    assert_eq!(cost(&[])["total_usd"], json!(0.002_25));
    assert_eq!(tier("default"), json!(0.002_25));
    assert_eq!(tier("flex"), json!(0.001_125));
    assert_eq!(tier("scale"), Value::Null);
}

#[test]
fn what_our_recorder_left_unknown_stays_unknown() {
    assert_eq!(cost(&[("spanloom.attempts", json!(1))]), Value::Null);
}

#[test]
fn whose_price_it_was_is_kept() {
    let stated = cost(&[
        ("spanloom.cost.total_usd", json!(0.5)),
        ("spanloom.cost.source", json!("priced")),
        ("spanloom.price.source", json!("user")),
    ]);
    assert_eq!(stated["total_usd"], json!(0.5));
    assert_eq!(stated["price_source"], "user");
}

#[test]
fn every_word_for_a_provider_and_every_spelling_of_a_model_finds_the_price() {
    for (provider, model, total) in [
        ("openai.chat", "gpt-4o-mini", 0.000_21),
        ("openai.responses", "gpt-4o-mini", 0.000_21),
        ("OpenAI", "gpt-4o-mini", 0.000_21),
        ("azure", "gpt-4o-mini", 0.000_21),
        ("az.ai.openai", "azure/gpt-4o-mini", 0.000_21),
        ("azure-openai.chat", "gpt-4o-mini", 0.000_21),
        ("openai", "openai/gpt-4o-mini", 0.000_21),
        ("litellm", "openai/gpt-4o-mini", 0.000_21),
        ("anthropic.messages", "claude-sonnet-4-5-20250929", 0.004_5),
        ("Anthropic", "claude-sonnet-4-5-20250929", 0.004_5),
        (
            "bedrock",
            "us.anthropic.claude-sonnet-4-20250514-v1:0",
            0.004_5,
        ),
        (
            "strands-agents",
            "us.anthropic.claude-sonnet-4-20250514-v1:0",
            0.004_5,
        ),
        (
            "aws.bedrock",
            "anthropic.claude-sonnet-4-20250514-v1:0",
            0.004_5,
        ),
        (
            "vertex_ai",
            "publishers/anthropic/models/claude-sonnet-4@20250514",
            0.004_5,
        ),
        ("google.generative-ai", "gemini-2.5-flash", 0.000_55),
        ("google", "gemini-2.5-flash", 0.000_55),
        ("gcp.gen_ai", "gemini-2.5-flash", 0.000_55),
        ("gemini", "models/gemini-2.5-flash", 0.000_55),
        ("google.vertex.chat", "gemini-2.5-flash", 0.000_55),
        ("gcp.vertex.agent", "gemini-2.5-flash", 0.000_55),
        ("groq.chat", "llama-3.3-70b-versatile", 0.000_669),
        ("xai", "grok-4", 0.004_5),
    ] {
        let cost = cost(&[
            ("gen_ai.provider.name", json!(provider)),
            ("gen_ai.response.model", json!(model)),
        ]);
        let found = cost["total_usd"].as_f64();
        let fits = found.is_some_and(|found| (found - total).abs() < 1e-9);
        assert!(fits, "{provider} {model}: {found:?}, not {total}");
    }
}
