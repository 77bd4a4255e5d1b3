//! Events: names, severity, attributes, content in structured form.

use opentelemetry::logs::{AnyValue, Severity};

use super::registry::{Level, REGISTRY};
use super::{Case, condition, other, schema};
use crate::observe::Event;

const EXCEPTION: &str = "gen_ai.client.operation.exception";
const DETAILS: &str = "gen_ai.client.inference.operation.details";

pub(super) fn check(case: &Case<'_>) {
    for event in &case.observed.events {
        let entry = REGISTRY.entry("events", "name", &event.name);
        assert!(
            event.body.is_none(),
            "the data of an event is in its attributes: {event:?}"
        );
        let levels = REGISTRY.attributes(entry, &provider(case));
        for (name, value) in &event.attributes {
            let refined = event.name == DETAILS && on_span(case, name);
            let listed = levels.contains_key(name)
                || refined
                || name.starts_with("gen_ai.prompt.variable.")
                || REGISTRY.ours.contains_key(name)
                || other(name).is_some();
            assert!(listed, "{name} has no place on {}: {event:?}", event.name);
            assert_kind(name, value);
        }
        let has = |name: &str| event.attributes.iter().any(|(key, _)| key == name);
        for (name, level) in &levels {
            let expected = match level {
                Level::Required => Some(true),
                Level::Conditional => condition::expected(name, case),
                Level::Free => None,
            };
            if let Some(expected) = expected {
                assert_eq!(has(name), expected, "{name} on {}: {event:?}", event.name);
            }
        }
        if event.name == EXCEPTION {
            assert_eq!(event.severity, Some(Severity::Warn));
            assert!(
                has("exception.type") || has("exception.message"),
                "{event:?}"
            );
        }
    }
    let of = |name: &str| {
        let named = |event: &&Event| event.name == name;
        case.observed.events.iter().filter(named).count()
    };
    assert!(
        of(DETAILS) <= 1 && of(EXCEPTION) <= 1,
        "{:?}",
        case.observed.events
    );
    assert!(of(EXCEPTION) == 0 || condition::failed(case.observed));
}

fn provider(case: &Case<'_>) -> String {
    let mut attributes = case.observed.span.attributes.iter();
    let provider = attributes.find(|pair| pair.key.as_str() == "gen_ai.provider.name");
    provider.map_or_else(String::new, |pair| pair.value.as_str().into_owned())
}

fn on_span(case: &Case<'_>, name: &str) -> bool {
    let mut attributes = case.observed.span.attributes.iter();
    attributes.any(|pair| pair.key.as_str() == name)
}

fn assert_kind(name: &str, value: &AnyValue) {
    let declared = REGISTRY.kind(name).map(|kind| kind.of.as_str());
    let declared = declared.or(other(name));
    let fits = match (
        declared.unwrap_or_else(|| panic!("{name} is declared nowhere")),
        value,
    ) {
        ("int", AnyValue::Int(_))
        | ("double", AnyValue::Double(_))
        | ("boolean", AnyValue::Boolean(_))
        | ("string[]", AnyValue::ListAny(_))
        | ("string" | "enum(string)" | "template[string]", AnyValue::String(_)) => true,
        // Structured, never JSON in a string.
        ("any", AnyValue::ListAny(_) | AnyValue::Map(_)) => {
            schema::assert_valid(name, &json(value));
            true
        }
        _ => false,
    };
    assert!(fits, "{name} is {value:?}, declared as {declared:?}");
}

/// Converts a log value to JSON, with the members of a map in order.
pub(crate) fn json(value: &AnyValue) -> serde_json::Value {
    match value {
        AnyValue::Int(value) => (*value).into(),
        AnyValue::Double(value) => (*value).into(),
        AnyValue::Boolean(value) => (*value).into(),
        AnyValue::String(value) => value.as_str().into(),
        AnyValue::ListAny(values) => values.iter().map(json).collect(),
        AnyValue::Map(members) => {
            let members = members
                .iter()
                .map(|(key, value)| (key.to_string(), json(value)));
            serde_json::Value::Object(members.collect())
        }
        other => panic!("{other:?} is nothing JSON has"),
    }
}
