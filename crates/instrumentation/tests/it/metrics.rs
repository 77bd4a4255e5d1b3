use std::collections::BTreeMap;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use futures_util::StreamExt as _;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use serde_json::json;
use spanloom_instrumentation::{GenAiLayer, Recorder};
use spanloom_testkit::{Fault, ModelServer};

use crate::setup::request;

/// A histogram's series: count, sum and attributes.
#[derive(Debug)]
struct Series {
    count: u64,
    sum: f64,
    attributes: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Instrument {
    unit: String,
    bounds: Vec<f64>,
    series: Vec<Series>,
}

struct Setup {
    server: ModelServer,
    client: Client<OpenAIConfig>,
    recorder: Recorder,
    meters: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
}

impl Setup {
    /// Creates a setup without sampled spans: metrics count every call.
    async fn new() -> Self {
        let server = ModelServer::builder().start().await.unwrap();
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).build();
        let meters = SdkMeterProvider::builder().with_reader(reader).build();
        let tracers = SdkTracerProvider::builder()
            .with_sampler(Sampler::AlwaysOff)
            .build();
        let recorder = Recorder::start().unwrap();
        let layer = GenAiLayer::builder(&recorder)
            .with_tracer_provider(&tracers)
            .with_meter_provider(&meters)
            .build();
        let config = OpenAIConfig::new()
            .with_api_base(server.base_url())
            .with_api_key("sk-test");
        let client =
            Client::with_config(config).with_http_service(layer.stack(reqwest::Client::new()));
        Self {
            server,
            client,
            recorder,
            meters,
            exporter,
        }
    }

    async fn stream(&self, usage: bool) -> usize {
        let mut request = request("hello world!");
        request.stream_options = serde_json::from_value(json!({"include_usage": usage})).unwrap();
        let stream = self.client.chat().create_stream(request).await.unwrap();
        stream.count().await
    }

    fn instruments(&self) -> BTreeMap<String, Instrument> {
        self.recorder.flush(Duration::from_secs(5)).unwrap();
        self.meters.force_flush().unwrap();
        let collected = self.exporter.get_finished_metrics().unwrap().pop().unwrap();
        let metrics = collected.scope_metrics().flat_map(|scope| {
            assert_eq!(scope.scope().name(), "spanloom");
            scope.metrics()
        });
        metrics
            .map(|metric| {
                let (bounds, series) = match metric.data() {
                    AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
                        series(histogram, |sum| sum)
                    }
                    #[expect(clippy::cast_precision_loss, reason = "a few tokens")]
                    AggregatedMetrics::U64(MetricData::Histogram(histogram)) => {
                        series(histogram, |sum| sum as f64)
                    }
                    other => panic!("{other:?}"),
                };
                let unit = metric.unit().to_owned();
                let instrument = Instrument {
                    unit,
                    bounds,
                    series,
                };
                (metric.name().to_owned(), instrument)
            })
            .collect()
    }
}

fn series<T: Copy>(
    histogram: &opentelemetry_sdk::metrics::data::Histogram<T>,
    number: impl Fn(T) -> f64,
) -> (Vec<f64>, Vec<Series>) {
    let bounds = histogram.data_points().next().unwrap().bounds().collect();
    let series = histogram.data_points().map(|point| Series {
        count: point.count(),
        sum: number(point.sum()),
        attributes: point
            .attributes()
            .map(|pair| (pair.key.to_string(), pair.value.to_string()))
            .collect(),
    });
    (bounds, series.collect())
}

#[tokio::test]
async fn a_call_counts_its_tokens_and_its_time() {
    let setup = Setup::new().await;
    setup
        .client
        .chat()
        .create(request("what is 2+2?"))
        .await
        .unwrap();
    let usage = setup.server.answers()[0].usage.unwrap();
    let model = setup.server.answers()[0].model.clone().unwrap();
    let instruments = setup.instruments();
    let names: Vec<&str> = instruments.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "gen_ai.client.operation.duration",
            "gen_ai.client.token.usage"
        ],
        "no chunks without a stream"
    );

    let tokens = &instruments["gen_ai.client.token.usage"];
    assert_eq!(tokens.unit, "{token}");
    assert_eq!(
        tokens.bounds.first().zip(tokens.bounds.last()),
        Some((&1.0, &67_108_864.0))
    );
    for (kind, count) in [
        ("input", usage.prompt_tokens),
        ("output", usage.completion_tokens),
    ] {
        let of = |series: &&Series| series.attributes["gen_ai.token.type"] == kind;
        let series = tokens.series.iter().find(of).unwrap();
        assert_eq!(
            (series.count, series.sum),
            (1, f64::from(u32::try_from(count).unwrap()))
        );
    }

    let duration = &instruments["gen_ai.client.operation.duration"];
    assert_eq!(duration.unit, "s");
    assert_eq!(duration.bounds.len(), 14);
    assert_eq!(
        duration.bounds.first().zip(duration.bounds.last()),
        Some((&0.01, &81.92))
    );
    let [series] = duration.series.as_slice() else {
        panic!("{duration:?}")
    };
    assert!(series.count == 1 && series.sum > 0.0);
    let attributes = &series.attributes;
    for (name, value) in [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "gpt-4o-mini"),
        ("gen_ai.response.model", &model),
        ("server.address", "127.0.0.1"),
        ("openai.response.service_tier", "default"),
    ] {
        assert_eq!(
            attributes.get(name).map(String::as_str),
            Some(value),
            "{name}"
        );
    }
    assert!(attributes.contains_key("server.port") && !attributes.contains_key("error.type"));
}

#[tokio::test]
async fn a_stream_has_a_first_chunk_and_a_gap_before_each_later_one() {
    let setup = Setup::new().await;
    let chunks = setup.stream(true).await;
    let instruments = setup.instruments();
    let first = &instruments["gen_ai.client.operation.time_to_first_chunk"].series[0];
    let later = &instruments["gen_ai.client.operation.time_per_output_chunk"].series[0];
    assert_eq!(
        (first.count, later.count),
        (1, u64::try_from(chunks).unwrap() - 1)
    );
    let whole = &instruments["gen_ai.client.operation.duration"].series[0];
    assert!(first.sum > 0.0 && first.sum + later.sum <= whole.sum);
}

#[tokio::test]
async fn tokens_nobody_reported_are_not_counted() {
    let setup = Setup::new().await;
    setup.stream(false).await;
    let instruments = setup.instruments();
    assert!(
        !instruments.contains_key("gen_ai.client.token.usage"),
        "{instruments:#?}"
    );
    assert_eq!(
        instruments["gen_ai.client.operation.duration"].series[0].count,
        1
    );
}

#[tokio::test]
async fn a_failed_call_has_its_error_type_in_the_duration() {
    let setup = Setup::new().await;
    setup.server.fail_next(Fault::ContextLength { limit: 8 });
    assert!(
        setup
            .client
            .chat()
            .create(request("hello world!"))
            .await
            .is_err()
    );
    let instruments = setup.instruments();
    let series = &instruments["gen_ai.client.operation.duration"].series[0];
    assert_eq!(series.attributes["error.type"], "context_length_exceeded");
    assert!(!instruments.contains_key("gen_ai.client.token.usage"));
}
