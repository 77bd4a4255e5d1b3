//! Metrics: names, units, instruments, boundaries, attributes, and when they are recorded.

use opentelemetry::Value;

use super::condition::{datas, failed};
use super::registry::{Level, REGISTRY, list};
use super::span::assert_kind;
use super::{Case, other};
use crate::observe::{Metric, Point};

pub(super) fn check(case: &Case<'_>) {
    for metric in &case.observed.metrics {
        let entry = REGISTRY.entry("metrics", "name", &metric.name);
        assert_eq!(entry["instrument"], "histogram", "{metric:?}");
        assert_eq!(entry["unit"], metric.unit.as_str(), "{metric:?}");
        assert_eq!(entry["value_type"], metric.value_type, "{metric:?}");
        let bounds: Vec<f64> = list(&entry["explicit_bucket_boundaries"])
            .map(|bound| bound.as_f64().unwrap())
            .collect();
        assert!(!bounds.is_empty());
        for point in &metric.points {
            assert_eq!(point.bounds, bounds, "{}", metric.name);
            check_attributes(entry, &metric.name, point, case);
        }
    }
    check_counts(case);
}

fn check_attributes(entry: &serde_json::Value, metric: &str, point: &Point, case: &Case<'_>) {
    let find = |name: &str| {
        point
            .attributes
            .iter()
            .find(|pair| pair.key.as_str() == name)
    };
    let provider = find("gen_ai.provider.name").map(|pair| pair.value.as_str().into_owned());
    let levels = REGISTRY.attributes(entry, &provider.unwrap_or_default());
    for pair in &point.attributes {
        let name = pair.key.as_str();
        assert!(
            levels.contains_key(name) || other(name).is_some(),
            "{name} has no place on {metric}: {point:?}"
        );
        assert_kind(name, &pair.value);
    }
    for (name, level) in levels {
        let expected = match (level, name.as_str()) {
            (Level::Required, _) | (_, "gen_ai.provider.name") => true,
            (_, "gen_ai.request.model") => !case.question.body["model"].is_null(),
            (_, "server.port") => find("server.address").is_some(),
            (_, "error.type") => failed(case.observed),
            _ => continue,
        };
        assert_eq!(
            find(&name).is_some(),
            expected,
            "{name} on {metric}: {point:?}"
        );
    }
}

/// Checks how many records there are of each kind.
fn check_counts(case: &Case<'_>) {
    let points = |name: &str| -> &[Point] {
        let found = case
            .observed
            .metrics
            .iter()
            .find(|metric: &&Metric| metric.name == name);
        found.map_or(&[], |metric| &metric.points)
    };
    let duration = points("gen_ai.client.operation.duration");
    assert_eq!(duration.len(), 1, "one call, one duration");
    assert_eq!(duration[0].count, 1);

    let attribute = |name: &str| {
        let span = &case.observed.span;
        let pair = span
            .attributes
            .iter()
            .find(|pair| pair.key.as_str() == name);
        pair.map(|pair| pair.value.clone())
    };
    let reported = attribute("spanloom.usage.source") == Some(Value::from("reported"));
    let tokens = points("gen_ai.client.token.usage");
    for (kind, name) in [
        ("input", "gen_ai.usage.input_tokens"),
        ("output", "gen_ai.usage.output_tokens"),
    ] {
        let point = tokens.iter().find(|point| {
            let mut attributes = point.attributes.iter();
            attributes
                .any(|pair| pair.key.as_str() == "gen_ai.token.type" && pair.value.as_str() == kind)
        });
        let counted = match attribute(name).filter(|_| reported) {
            Some(Value::I64(count)) => Some(count),
            _ => None,
        };
        #[expect(clippy::cast_precision_loss, reason = "a few tokens")]
        let counted = counted.map(|count| (1, count as f64));
        let recorded = point.map(|point| (point.count, point.sum));
        assert_eq!(
            recorded, counted,
            "{kind} tokens are told as the provider counted them, or not at all"
        );
    }

    let first = points("gen_ai.client.operation.time_to_first_chunk");
    let streamed = attribute("gen_ai.response.time_to_first_chunk").is_some();
    assert_eq!(
        first.len(),
        usize::from(streamed),
        "only streams have a first chunk"
    );
    let chunks: u64 = points("gen_ai.client.operation.time_per_output_chunk")
        .iter()
        .map(|point| point.count)
        .sum();
    let most = datas(&case.answer.bytes()).len().saturating_sub(1);
    assert!(
        usize::try_from(chunks).unwrap() <= most,
        "{chunks} gaps between {most} and one chunks"
    );
    assert!(streamed || chunks == 0);
}
