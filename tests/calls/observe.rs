//! A separate layer for each call, and all its signals: spans, metrics, events.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::logs::{AnyValue, Severity};
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Histogram, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData};
use spanloom_instrumentation::{Details, GenAiLayer, GenAiLayerBuilder, Recorder};
use spanloom_testkit::SpanRecorder;

pub(crate) struct Observer {
    pub(crate) layer: GenAiLayer,
    recorder: Recorder,
    spans: SpanRecorder,
    tracers: SdkTracerProvider,
    meters: SdkMeterProvider,
    metrics: InMemoryMetricExporter,
    loggers: SdkLoggerProvider,
    events: InMemoryLogExporter,
}

impl Observer {
    pub(crate) fn with(set: impl FnOnce(GenAiLayerBuilder) -> GenAiLayerBuilder) -> Self {
        let spans = SpanRecorder::new();
        let tracers = spans.provider();
        let metrics = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(metrics.clone()).build();
        let meters = SdkMeterProvider::builder().with_reader(reader).build();
        let events = InMemoryLogExporter::default();
        let loggers = SdkLoggerProvider::builder()
            .with_simple_exporter(events.clone())
            .build();
        let recorder = Recorder::start().unwrap();
        let builder = GenAiLayer::builder(&recorder)
            .with_tracer_provider(&tracers)
            .with_meter_provider(&meters)
            .with_logger_provider(&loggers)
            .with_details(Details::Messages);
        let layer = set(builder).build();
        Self {
            layer,
            recorder,
            spans,
            tracers,
            meters,
            metrics,
            loggers,
            events,
        }
    }

    /// Returns the spans exported so far, once every ended call has been read.
    pub(crate) fn spans(&self) -> Vec<SpanData> {
        self.recorder.flush(Duration::from_secs(20)).unwrap();
        self.spans.spans()
    }

    /// Discards the spans so far.
    pub(crate) fn clear(&self) {
        self.spans.clear();
    }

    /// Returns all spans and metrics.
    pub(crate) fn signals(self) -> (Vec<SpanData>, Vec<Metric>) {
        let spans = self.spans();
        self.meters.force_flush().unwrap();
        (spans, metrics(&self.metrics))
    }

    /// Returns the signals of the only call.
    pub(crate) fn observed(self) -> Observed {
        self.observed_if_any().unwrap()
    }

    /// Returns the same as `observed`; `None` for a call that the layer does not record.
    pub(crate) fn observed_if_any(self) -> Option<Observed> {
        let spans = self.spans();
        assert!(spans.len() <= 1, "one call, one span: {spans:#?}");
        self.meters.force_flush().unwrap();
        self.loggers.force_flush().unwrap();
        self.tracers.shutdown().unwrap();
        Some(Observed {
            span: spans.into_iter().next()?,
            metrics: metrics(&self.metrics),
            events: events(&self.events),
        })
    }
}

/// The signals of one call.
#[derive(Debug)]
pub(crate) struct Observed {
    pub(crate) span: SpanData,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) events: Vec<Event>,
}

/// A histogram; the layer has no other instruments.
#[derive(Debug)]
pub(crate) struct Metric {
    pub(crate) name: String,
    pub(crate) unit: String,
    /// The conventions' name of the type: `int` or `double`.
    pub(crate) value_type: &'static str,
    pub(crate) points: Vec<Point>,
}

#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) bounds: Vec<f64>,
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) attributes: Vec<KeyValue>,
}

/// A log record with an event name.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) severity: Option<Severity>,
    pub(crate) body: Option<AnyValue>,
    pub(crate) attributes: Vec<(String, AnyValue)>,
}

fn metrics(exporter: &InMemoryMetricExporter) -> Vec<Metric> {
    let collected = exporter.get_finished_metrics().unwrap();
    let mut metrics = Vec::new();
    for scope in collected.iter().flat_map(|all| all.scope_metrics()) {
        for metric in scope.metrics() {
            #[expect(clippy::cast_precision_loss, reason = "a few tokens")]
            let (value_type, points) = match metric.data() {
                AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
                    ("double", points(histogram, |sum| sum))
                }
                AggregatedMetrics::U64(MetricData::Histogram(histogram)) => {
                    ("int", points(histogram, |sum| sum as f64))
                }
                other => panic!("{} is no histogram: {other:?}", metric.name()),
            };
            metrics.push(Metric {
                name: metric.name().to_owned(),
                unit: metric.unit().to_owned(),
                value_type,
                points,
            });
        }
    }
    metrics.sort_by(|one, other| one.name.cmp(&other.name));
    metrics
}

fn points<T: Copy>(histogram: &Histogram<T>, number: impl Fn(T) -> f64) -> Vec<Point> {
    let points = histogram.data_points().map(|point| Point {
        bounds: point.bounds().collect(),
        count: point.count(),
        sum: number(point.sum()),
        attributes: point.attributes().cloned().collect(),
    });
    points.collect()
}

fn events(exporter: &InMemoryLogExporter) -> Vec<Event> {
    let logs = exporter.get_emitted_logs().unwrap();
    let events = logs.iter().map(|log| Event {
        name: log.record.event_name().unwrap_or_default().to_owned(),
        severity: log.record.severity_number(),
        body: log.record.body().cloned(),
        attributes: log
            .record
            .attributes_iter()
            .map(|(key, value)| (key.to_string(), value.clone()))
            .collect(),
    });
    events.collect()
}
