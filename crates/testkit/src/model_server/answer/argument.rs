//! Arguments for the client's tools, taken from the question.

use serde_json::{Map, Value, json};

use super::tool::name;

/// The place for a question that names none.
const SOMEWHERE: &str = "San Francisco, CA";

/// Returns one set of arguments for each place in the question; a single set where places do not matter.
pub(super) fn arguments(function: &Value, question: &str) -> Vec<(String, Value)> {
    let empty = Map::new();
    let properties = function
        .pointer("/parameters/properties")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let takes_place = properties.keys().any(|key| is_place(key));
    let places = if takes_place {
        places(question)
    } else {
        vec![SOMEWHERE.to_owned()]
    };
    let of_place = |place: String| {
        let pairs = properties
            .iter()
            .map(|(key, schema)| (key.clone(), value(key, schema, question, &place)));
        (name(function).to_owned(), Value::Object(pairs.collect()))
    };
    places.into_iter().map(of_place).collect()
}

fn is_place(key: &str) -> bool {
    matches!(key, "location" | "city" | "place")
}

/// Returns the places in a question: two for "What is the weather in Paris and Tokyo?".
fn places(question: &str) -> Vec<String> {
    let Some((_, after)) = question.split_once(" in ") else {
        return vec![SOMEWHERE.to_owned()];
    };
    let clause = after.split(['?', '!', '.', ';']).next().unwrap_or_default();
    let names = clause
        .split(" and ")
        .map(|name| name.trim().trim_start_matches("in ").to_owned());
    let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        vec![SOMEWHERE.to_owned()]
    } else {
        names
    }
}

/// Returns a value that the parameter's schema accepts.
fn value(key: &str, schema: &Value, question: &str, place: &str) -> Value {
    if let Some(first) = schema.pointer("/enum/0") {
        return first.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("integer" | "number") => json!(first_number(question)),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ if is_place(key) => json!(place),
        _ => json!(question.trim()),
    }
}

fn first_number(question: &str) -> u32 {
    let mut numbers = question
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok());
    numbers.next().unwrap_or(1)
}
