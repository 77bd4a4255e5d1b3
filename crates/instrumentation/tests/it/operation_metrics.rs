//! The metrics of agents, workflows and tools.

use std::collections::BTreeMap;

use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use spanloom_instrumentation::GenAiLayer;

use crate::setup::{Setup, request};

async fn ask(setup: &Setup) {
    setup.client.chat().create(request("hi")).await.unwrap();
}

#[tokio::test]
async fn an_agents_metrics_count_its_own_calls() {
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).build();
    let meters = SdkMeterProvider::builder().with_reader(reader).build();
    let setup = Setup::with_layer(|layer| layer.with_meter_provider(&meters)).await;
    let layer = GenAiLayer::builder(&setup.recorder)
        .with_tracer_provider(&setup.provider)
        .with_meter_provider(&meters)
        .build();
    let run = layer.agent("outer").run_infallible(async {
        ask(&setup).await;
        ask(&setup).await;
        layer
            .agent("inner")
            .run_infallible(async {
                ask(&setup).await;
                let tool = layer.tool("t").run(async { Err::<(), _>("no") });
                tool.await.unwrap_err();
            })
            .await;
        layer.tool("t").run_infallible(async {}).await;
    });
    layer.workflow("w").run_infallible(run).await;
    meters.force_flush().unwrap();
    let mut found: BTreeMap<String, Vec<(String, u64, f64)>> = BTreeMap::new();
    for metrics in exporter.get_finished_metrics().unwrap() {
        for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
            let series = found.entry(metric.name().to_owned()).or_default();
            let named = |attributes: Vec<&opentelemetry::KeyValue>| {
                let mut pairs: Vec<String> = attributes
                    .iter()
                    .map(|it| format!("{}={}", it.key, it.value))
                    .collect();
                pairs.sort();
                pairs.join(" ")
            };
            match metric.data() {
                AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
                    series.extend(
                        histogram
                            .data_points()
                            .map(|point| (named(point.attributes().collect()), point.count(), 0.0)),
                    );
                }
                AggregatedMetrics::U64(MetricData::Histogram(histogram)) => {
                    series.extend(histogram.data_points().map(|point| {
                        #[expect(clippy::cast_precision_loss, reason = "small")]
                        let sum = point.sum() as f64;
                        (named(point.attributes().collect()), point.count(), sum)
                    }));
                }
                other => panic!("{other:?}"),
            }
        }
    }
    for series in found.values_mut() {
        series.sort_by(|left, right| left.0.cmp(&right.0));
    }
    let one = |attributes: &str, sum: f64| (attributes.to_owned(), 1, sum);
    let (inner, outer) = ("gen_ai.agent.name=inner", "gen_ai.agent.name=outer");
    let both = |inner_sum, outer_sum| vec![one(inner, inner_sum), one(outer, outer_sum)];
    assert_eq!(found["gen_ai.invoke_agent.duration"], both(0.0, 0.0));
    assert_eq!(found["gen_ai.invoke_agent.inference_calls"], both(1.0, 2.0));
    assert_eq!(found["gen_ai.invoke_agent.tool_calls"], both(1.0, 1.0));
    assert_eq!(
        found["gen_ai.invoke_workflow.duration"],
        [one("gen_ai.workflow.name=w", 0.0)]
    );
    assert_eq!(
        found["gen_ai.execute_tool.duration"],
        [
            one(
                "error.type=_OTHER gen_ai.agent.name=inner gen_ai.tool.name=t gen_ai.tool.type=function",
                0.0
            ),
            one(
                "gen_ai.agent.name=outer gen_ai.tool.name=t gen_ai.tool.type=function",
                0.0
            ),
        ]
    );
}
