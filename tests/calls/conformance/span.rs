//! Spans: kind, name, status, attributes.

use std::collections::BTreeSet;

use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{Array, Value};

use super::registry::{Kind, Level, REGISTRY};
use super::{Case, condition, other, schema};

const MESSAGES: &[&str] = &[
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
];

pub(super) fn check(case: &Case<'_>) {
    let span = &case.observed.span;
    let said = said(case);
    let text = |name: &str| {
        let found = span
            .attributes
            .iter()
            .find(|pair| pair.key.as_str() == name);
        found.map(|pair| pair.value.as_str().into_owned())
    };
    let operation = text("gen_ai.operation.name").unwrap_or_else(|| panic!("no operation: {said}"));
    assert_eq!(span.span_kind, SpanKind::Client, "{said}");
    let entry = REGISTRY.span(&operation);
    assert_eq!(entry["kind"], "client");

    let name_rule = entry["name_format"].as_str().unwrap();
    let model = text("gen_ai.request.model");
    let name = match &model {
        Some(model) if name_rule.contains("{gen_ai.request.model}") => {
            format!("{operation} {model}")
        }
        _ => operation.clone(),
    };
    assert_eq!(span.name, name, "{said}");
    assert_ne!(
        span.status,
        Status::Ok,
        "an instrumentation never says that all is well: {said}"
    );

    // Whichever provider answers, the API is OpenAI's, and so are its attributes.
    let levels = REGISTRY.attributes(entry, "openai");
    let mut seen = BTreeSet::new();
    for pair in &span.attributes {
        let name = pair.key.as_str();
        assert!(
            seen.insert(name.to_owned()),
            "{name} is there twice: {said}"
        );
        assert!(
            !REGISTRY.old.contains(name),
            "{name} is an old name: {said}"
        );
        assert_kind(name, &pair.value);
        if MESSAGES.contains(&name) {
            let json = serde_json::from_str(&pair.value.as_str())
                .unwrap_or_else(|error| panic!("{name} is no JSON: {error}\n{said}"));
            schema::assert_valid(name, &json);
        }
        let listed = levels.contains_key(name)
            || name.starts_with("gen_ai.prompt.variable.")
            || REGISTRY.ours.contains_key(name)
            || other(name).is_some();
        assert!(listed, "{name} has no place on {}: {said}", entry["type"]);
    }
    for (name, level) in &levels {
        let expected = match level {
            Level::Required => Some(true),
            Level::Conditional => condition::expected(name, case),
            Level::Free => None,
        };
        // A request without a model has no such attribute.
        let nameless = name == "gen_ai.request.model" && case.question.body["model"].is_null();
        if let Some(expected) = expected.filter(|_| !nameless) {
            assert_eq!(seen.contains(name), expected, "{name} ({level:?}): {said}");
        }
    }
}

/// Fails unless an attribute is declared and its value has the declared type.
pub(super) fn assert_kind(name: &str, value: &Value) {
    let kind = REGISTRY.kind(name).cloned().or_else(|| {
        let (of, members) = (other(name)?.to_owned(), Vec::new());
        Some(Kind { of, members })
    });
    let kind = kind.unwrap_or_else(|| panic!("{name} is declared nowhere"));
    let fits = match (kind.of.as_str(), value) {
        ("int", Value::I64(_)) | ("double", Value::F64(_)) | ("boolean", Value::Bool(_)) => true,
        ("string[]", Value::Array(Array::String(_))) => true,
        ("string" | "any" | "enum(string)" | "template[string]", Value::String(text)) => {
            kind.members.is_empty() || kind.members.iter().any(|member| member == text.as_str())
        }
        _ => false,
    };
    assert!(fits, "{name} is {value:?}, declared as {kind:?}");
}

/// Returns the question, the answer and the attributes, for a failure's message.
fn said(case: &Case<'_>) -> String {
    let Case {
        question,
        answer,
        observed,
    } = case;
    let attributes = observed
        .span
        .attributes
        .iter()
        .map(|pair| format!("  {} = {:?}", pair.key, pair.value));
    let attributes: Vec<String> = attributes.collect();
    format!(
        "{} {} {}\n{} {:?}\n{} ({:?})\n{}",
        question.method,
        question.path,
        question.body,
        answer.status,
        String::from_utf8_lossy(&answer.bytes()),
        observed.span.name,
        observed.span.status,
        attributes.join("\n"),
    )
}
