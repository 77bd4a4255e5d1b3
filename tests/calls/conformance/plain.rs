//! Spans and metrics of operations, checked against the conventions' data.

use std::collections::BTreeSet;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::trace::SpanData;

use super::registry::{Level, REGISTRY, list};
use super::span::assert_kind;
use super::{other, schema};
use crate::observe::Metric;

/// Attributes that every span inside a conversation or of an agent has, which the data lists for some of them only.
const INHERITED: &[&str] = &[
    "gen_ai.conversation.id",
    "gen_ai.agent.id",
    "gen_ai.agent.version",
    "gen_ai.agent.name",
];

pub(super) fn text(attributes: &[KeyValue], name: &str) -> Option<String> {
    let found = attributes.iter().find(|pair| pair.key.as_str() == name);
    found.map(|pair| pair.value.as_str().into_owned())
}

/// Checks a span against the entry of its type.
pub(super) fn check_span(span: &SpanData, of: &str) {
    let entry = REGISTRY.entry("spans", "type", of);
    let kind = match span.span_kind {
        SpanKind::Client => "client",
        SpanKind::Server => "server",
        SpanKind::Internal => "internal",
        _ => "another",
    };
    assert_eq!(entry["kind"], kind, "{span:#?}");
    assert_ne!(span.status, Status::Ok, "{span:#?}");
    let levels = REGISTRY.attributes(entry, "");
    let mut seen = BTreeSet::new();
    for pair in &span.attributes {
        let name = pair.key.as_str();
        assert!(
            seen.insert(name.to_owned()),
            "{name} is there twice: {span:#?}"
        );
        assert!(!REGISTRY.old.contains(name), "{name} is an old name");
        assert_kind(name, &pair.value);
        if ["gen_ai.tool.call.arguments", "gen_ai.retrieval.documents"].contains(&name) {
            let json = serde_json::from_str(&pair.value.as_str()).unwrap();
            schema::assert_valid(name, &json);
        }
        let listed = levels.contains_key(name)
            || INHERITED.contains(&name)
            || REGISTRY.ours.contains_key(name)
            || other(name).is_some();
        assert!(listed, "{name} has no place on {of}: {span:#?}");
    }
    let failed = matches!(span.status, Status::Error { .. });
    for (name, level) in &levels {
        let expected = match level {
            Level::Required => true,
            Level::Conditional if name == "error.type" => failed,
            _ => continue,
        };
        assert_eq!(seen.contains(name), expected, "{name}: {span:#?}");
    }
}

/// Checks a metric against its entry: unit, boundaries, attributes.
pub(super) fn check_metric(metric: &Metric) {
    let entry = REGISTRY.entry("metrics", "name", REGISTRY.metric_name(&metric.name));
    assert_eq!(entry["instrument"], "histogram", "{metric:?}");
    assert_eq!(entry["unit"], metric.unit.as_str(), "{metric:?}");
    if let Some(value_type) = entry["value_type"].as_str() {
        assert_eq!(value_type, metric.value_type, "{metric:?}");
    }
    let bounds: Vec<f64> = list(&entry["explicit_bucket_boundaries"])
        .map(|bound| bound.as_f64().unwrap())
        .collect();
    assert!(!bounds.is_empty(), "{metric:?}");
    let levels = REGISTRY.attributes(entry, "");
    for point in &metric.points {
        assert_eq!(point.bounds, bounds, "{}", metric.name);
        for pair in &point.attributes {
            let name = pair.key.as_str();
            assert!(
                levels.contains_key(name),
                "{name} has no place on {metric:?}"
            );
            assert_kind(name, &pair.value);
        }
        for (name, _) in levels
            .iter()
            .filter(|(_, level)| **level == Level::Required)
        {
            // A name that the peer has invented is left out.
            let invented = text(&point.attributes, "error.type").is_some_and(|it| it == "-32602");
            let there = text(&point.attributes, name).is_some();
            assert!(there || invented, "{name} on {metric:?}");
        }
    }
}
