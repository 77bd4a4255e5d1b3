//! One format for spans from different programs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// Attributes that differ from run to run, or between the examples, which are separate programs.
const VOLATILE: [&str; 10] = [
    "busy_ns",
    "idle_ns",
    "thread.id",
    "thread.name",
    "code.file.path",
    "code.line.number",
    "code.filepath",
    "code.lineno",
    "code.module.name",
    "target",
];

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    /// Name to value; the value keeps its type.
    pub(crate) attributes: BTreeMap<String, Value>,
}

impl Span {
    /// Parses a span from Jaeger's query API.
    pub(crate) fn of_jaeger(span: &Value) -> Self {
        let mut attributes: BTreeMap<String, Value> = array(&span["tags"])
            .iter()
            .map(|tag| {
                // The API writes every number as a JSON number, and its type separately.
                let value = match tag["type"].as_str().unwrap() {
                    "float64" => json!(tag["value"].as_f64().unwrap()),
                    _ => tag["value"].clone(),
                };
                (text(&tag["key"]), value)
            })
            .collect();
        let kind = attributes
            .remove("span.kind")
            .map_or("internal".to_owned(), |kind| text(&kind));
        let parent = array(&span["references"])
            .iter()
            .find(|reference| reference["refType"] == "CHILD_OF");
        Self {
            trace: text(&span["traceID"]),
            id: text(&span["spanID"]),
            parent: parent.map_or_else(String::new, |parent| text(&parent["spanID"])),
            name: text(&span["operationName"]),
            kind,
            attributes,
        }
    }

    /// Parses a span from the collector's file exporter.
    pub(crate) fn of_collector(span: &Value) -> Self {
        let attributes = array(&span["attributes"])
            .iter()
            .map(|attribute| (text(&attribute["key"]), plain(&attribute["value"])))
            .collect();
        let kind = match span["kind"].as_u64() {
            Some(2) => "server",
            Some(3) => "client",
            _ => "internal",
        };
        Self {
            trace: text(&span["traceId"]),
            id: text(&span["spanId"]),
            parent: text(&span["parentSpanId"]),
            name: text(&span["name"]),
            kind: kind.to_owned(),
            attributes,
        }
    }

    pub(crate) fn is_call(&self) -> bool {
        self.attributes.contains_key("gen_ai.operation.name")
    }
}

/// Returns the service of a span in the collector's file.
pub(crate) fn service(span: &Value) -> String {
    let of = |attribute: &&Value| attribute["key"] == "service.name";
    array(&span["resource"])
        .iter()
        .find(of)
        .map(|attribute| text(&attribute["value"]["stringValue"]))
        .unwrap_or_default()
}

/// Returns the only span of that name.
pub(crate) fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let mut found = spans.iter().filter(|span| span.name == name);
    let first = found
        .next()
        .unwrap_or_else(|| panic!("no span {name} in {spans:#?}"));
    assert!(
        found.next().is_none(),
        "more than one span {name} in {spans:#?}"
    );
    first
}

/// Returns a service's own spans: trace, name, kind, attributes and the names from the span up to the root, without
/// values that change from run to run, and without model calls, whose children count as their parents'.
pub(crate) fn own(spans: &[Span]) -> BTreeSet<String> {
    let by_id: BTreeMap<&str, &Span> = spans.iter().map(|span| (span.id.as_str(), span)).collect();
    let line = |span: &Span| {
        let mut names = Vec::new();
        let mut next = Some(span);
        while let Some(span) = next {
            if !span.is_call() {
                names.push(span.name.clone());
            }
            next = by_id.get(span.parent.as_str()).copied();
            if next.is_none() && !span.parent.is_empty() {
                names.push(format!("remote {}", span.parent));
            }
        }
        names.join(" < ")
    };
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for span in spans.iter().filter(|span| !span.is_call()) {
        let mut attributes = span.attributes.clone();
        attributes.retain(|name, _| !VOLATILE.contains(&name.as_str()));
        let said = format!(
            "{} {} {} {}",
            span.trace,
            span.kind,
            line(span),
            json!(attributes)
        );
        *count.entry(said).or_default() += 1;
    }
    count
        .into_iter()
        .map(|(said, count)| format!("{count} x {said}"))
        .collect()
}

/// Converts an OTLP value to plain JSON.
fn plain(value: &Value) -> Value {
    if let Some(whole) = value["intValue"].as_str() {
        return json!(whole.parse::<i64>().unwrap());
    }
    if let Some(values) = value["arrayValue"]["values"].as_array() {
        return values.iter().map(plain).collect();
    }
    ["stringValue", "doubleValue", "boolValue"]
        .into_iter()
        .map(|kind| value[kind].clone())
        .find(|value| !value.is_null())
        .unwrap_or_default()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
