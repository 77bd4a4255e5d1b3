//! A client with the layer, a model server and the resulting spans.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{CreateChatCompletionRequest, CreateChatCompletionRequestArgs};
use opentelemetry::Value;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData};
use spanloom_instrumentation::{Content, GenAiLayer, GenAiLayerBuilder, Recorder};
use spanloom_testkit::{ModelServer, SpanRecorder, attribute};

pub(crate) struct Setup {
    pub(crate) server: ModelServer,
    pub(crate) client: Client<OpenAIConfig>,
    pub(crate) plain: Client<OpenAIConfig>,
    pub(crate) recorder: Recorder,
    pub(crate) provider: SdkTracerProvider,
    pub(crate) spans: SpanRecorder,
}

impl Setup {
    pub(crate) async fn new() -> Self {
        Self::with_content(Content::Off).await
    }

    pub(crate) async fn with_content(content: Content) -> Self {
        Self::with_layer(|layer| layer.with_content(content)).await
    }

    pub(crate) async fn with_layer(
        settings: impl FnOnce(GenAiLayerBuilder) -> GenAiLayerBuilder,
    ) -> Self {
        let server = ModelServer::builder().start().await.unwrap();
        let spans = SpanRecorder::new();
        let provider = spans.provider();
        let recorder = Recorder::start().unwrap();
        let layer = GenAiLayer::builder(&recorder).with_tracer_provider(&provider);
        let layer = settings(layer).build();
        let config = OpenAIConfig::new()
            .with_api_base(server.base_url())
            .with_api_key("sk-test");
        let plain = Client::with_config(config.clone());
        let client =
            Client::with_config(config).with_http_service(layer.stack(reqwest::Client::new()));
        Self {
            server,
            client,
            plain,
            recorder,
            provider,
            spans,
        }
    }

    /// Returns the only span.
    pub(crate) fn span(&self) -> SpanData {
        let spans = self.spans.wait_for(1).unwrap();
        assert_eq!(spans.len(), 1, "{spans:#?}");
        spans.into_iter().next().unwrap()
    }
}

pub(crate) fn request(text: &str) -> CreateChatCompletionRequest {
    let message =
        serde_json::from_value(serde_json::json!({"role": "user", "content": text})).unwrap();
    CreateChatCompletionRequestArgs::default()
        .model("gpt-4o-mini")
        .messages(vec![message])
        .build()
        .unwrap()
}

pub(crate) fn text(span: &SpanData, name: &str) -> Option<String> {
    attribute(span, name).map(|value| value.as_str().into_owned())
}

pub(crate) fn int(span: &SpanData, name: &str) -> Option<i64> {
    match attribute(span, name)? {
        Value::I64(value) => Some(value),
        other => panic!("{name} is {other:?}"),
    }
}

pub(crate) fn float(span: &SpanData, name: &str) -> Option<f64> {
    match attribute(span, name)? {
        Value::F64(value) => Some(value),
        other => panic!("{name} is {other:?}"),
    }
}
