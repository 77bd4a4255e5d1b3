//! A client with the layer, and a server with scripted answers.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use http::{HeaderName, HeaderValue};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData};
use serde_json::Value;
use spanloom_instrumentation::{Content, GenAiLayer, Recorder, RecorderLimits};
use spanloom_testkit::{Sink, SinkAnswer, SpanRecorder, StatusCode};

use crate::setup::text;

pub(crate) struct Canned {
    pub(crate) sink: Sink,
    pub(crate) client: Client<OpenAIConfig>,
    pub(crate) plain: Client<OpenAIConfig>,
    pub(crate) recorder: Recorder,
    pub(crate) spans: SpanRecorder,
    _provider: SdkTracerProvider,
}

impl Canned {
    pub(crate) async fn new() -> Self {
        let sink = Sink::start().await.unwrap();
        let base = format!("{}/v1", sink.url());
        Self::at(sink, base)
    }

    /// Creates a setup with a recorder of these bounds.
    pub(crate) async fn within(limits: RecorderLimits) -> Self {
        let sink = Sink::start().await.unwrap();
        let base = format!("{}/v1", sink.url());
        Self::start(sink, base, limits)
    }

    /// Creates a setup whose calls go to `base` and not to the sink.
    pub(crate) fn at(sink: Sink, base: String) -> Self {
        Self::start(sink, base, RecorderLimits::default())
    }

    fn start(sink: Sink, base: String, limits: RecorderLimits) -> Self {
        let spans = SpanRecorder::new();
        let provider = spans.provider();
        let recorder = Recorder::start_with(limits).unwrap();
        let layer = GenAiLayer::builder(&recorder)
            .with_tracer_provider(&provider)
            .with_content(Content::Both)
            .build();
        let config = OpenAIConfig::new()
            .with_api_base(base)
            .with_api_key("sk-test");
        let plain = Client::with_config(config.clone());
        let client =
            Client::with_config(config).with_http_service(layer.stack(reqwest::Client::new()));
        Self {
            sink,
            client,
            plain,
            recorder,
            spans,
            _provider: provider,
        }
    }

    /// Sets the answer to every request from now on.
    pub(crate) fn answer(&self, body: &Value) {
        self.always("application/json", body.to_string());
    }

    pub(crate) fn stream(&self, body: String) {
        self.always("text/event-stream", body);
    }

    fn always(&self, kind: &'static str, body: String) {
        let answer = SinkAnswer::status(StatusCode::OK)
            .with_header(
                HeaderName::from_static("content-type"),
                HeaderValue::from_static(kind),
            )
            .with_body(body);
        self.sink.answer_always(answer);
    }

    pub(crate) fn span(&self) -> SpanData {
        let spans = self.spans.wait_for(1).unwrap();
        assert_eq!(spans.len(), 1, "{spans:#?}");
        spans.into_iter().next().unwrap()
    }
}

/// Encodes events with their names, as the Responses API sends them.
pub(crate) fn events(events: &[Value]) -> String {
    let event = |event: &Value| {
        let kind = event["type"].as_str().unwrap_or_default();
        format!("event: {kind}\ndata: {event}\n\n")
    };
    events.iter().map(event).collect()
}

pub(crate) fn json(span: &SpanData, name: &str) -> Value {
    serde_json::from_str(&text(span, name).unwrap_or_else(|| panic!("no {name}"))).unwrap()
}

pub(crate) fn texts(span: &SpanData, name: &str) -> Vec<String> {
    match spanloom_testkit::attribute(span, name) {
        Some(opentelemetry::Value::Array(opentelemetry::Array::String(values))) => {
            values.iter().map(|value| value.to_string()).collect()
        }
        other => panic!("{name} is {other:?}"),
    }
}
