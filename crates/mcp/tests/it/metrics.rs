//! The durations of requests, and the counts of an agent.

use std::collections::BTreeSet;
use std::time::Duration;

use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use rmcp::model::{CallToolRequestParams, ClientRequest, CustomRequest};

use crate::setup::{Setup, Side, bonn};

struct Meters {
    exporter: InMemoryMetricExporter,
    provider: SdkMeterProvider,
}

/// A series of a histogram: its attributes, and the number and sum of its values.
type Series = (BTreeSet<String>, u64, f64);

impl Meters {
    fn new() -> Self {
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        Self { exporter, provider }
    }

    fn side(&self) -> Side {
        Side::of(|layer| layer.with_meter_provider(&self.provider))
    }

    fn series(&self, name: &str) -> Vec<Series> {
        self.provider.force_flush().unwrap();
        let metrics = self.exporter.get_finished_metrics().unwrap();
        let metrics = metrics.last().unwrap();
        let metrics = metrics.scope_metrics().flat_map(|scope| scope.metrics());
        let metric = metrics
            .filter(|metric| metric.name() == name)
            .last()
            .unwrap();
        let named =
            |attribute: &opentelemetry::KeyValue| format!("{}={}", attribute.key, attribute.value);
        match metric.data() {
            AggregatedMetrics::F64(MetricData::Histogram(histogram)) => histogram
                .data_points()
                .map(|it| (it.attributes().map(named).collect(), it.count(), it.sum()))
                .collect(),
            #[expect(clippy::cast_precision_loss, reason = "a few calls")]
            AggregatedMetrics::U64(MetricData::Histogram(histogram)) => histogram
                .data_points()
                .map(|it| {
                    (
                        it.attributes().map(named).collect(),
                        it.count(),
                        it.sum() as f64,
                    )
                })
                .collect(),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_peer_makes_no_series_of_its_own() {
    let meters = Meters::new();
    let setup = Setup::connect(meters.side(), meters.side()).await;
    setup.client.call_tool(bonn()).await.unwrap();
    for number in 0..3 {
        let invented = CallToolRequestParams::new(format!("invented-{number}"));
        setup.client.call_tool(invented).await.unwrap_err();
        let custom = CustomRequest::new(format!("invented/{number}"), None);
        let custom = ClientRequest::CustomRequest(custom);
        setup.client.send_request(custom).await.unwrap_err();
    }
    for name in [
        "mcp.client.operation.duration",
        "mcp.server.operation.duration",
    ] {
        let series = meters.series(name);
        let all: BTreeSet<&String> = series.iter().flat_map(|(names, ..)| names).collect();
        assert!(!all.iter().any(|it| it.contains("invented")), "{all:?}");
        assert!(
            all.iter().any(|it| *it == "gen_ai.tool.name=forecast"),
            "{all:?}"
        );
    }
    let server = meters.series("mcp.server.operation.duration");
    let custom = server
        .iter()
        .find(|(names, ..)| names.contains("mcp.method.name=_OTHER"));
    assert_eq!(custom.map(|(_, count, _)| *count), Some(3));
}

#[tokio::test]
async fn a_request_that_is_given_up_has_a_duration() {
    let meters = Meters::new();
    let setup = Setup::connect(meters.side(), meters.side()).await;
    let call = setup
        .client
        .call_tool_with(bonn(), |_| std::future::pending());
    let late = tokio::time::timeout(Duration::from_millis(1), call).await;
    assert!(late.is_err());
    let series = meters.series("mcp.client.operation.duration");
    let cancelled = series
        .iter()
        .filter(|(names, ..)| names.contains("error.type=cancelled"));
    assert_eq!(cancelled.count(), 1, "{series:?}");
}

#[tokio::test]
async fn an_agent_counts_the_tools_behind_mcp() {
    let meters = Meters::new();
    let setup = Setup::connect(meters.side(), meters.side()).await;
    let agent = setup.here.layer.agent("planner").run(async {
        setup.client.call_tool(bonn()).await?;
        // This one is counted by its operation.
        let tool = setup.here.layer.tool("forecast");
        tool.run_infallible(setup.client.call_tool(bonn())).await
    });
    agent.await.unwrap();
    let series = meters.series("gen_ai.invoke_agent.tool_calls");
    let counts: Vec<f64> = series.iter().map(|(.., sum)| *sum).collect();
    assert_eq!(counts, [2.0], "{series:?}");
}
