//! The same calls with and without the layer, to a third-party model server.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::{HttpRequestFactory, ReqwestService};
use async_openai::types::chat::CreateChatCompletionRequest;
use futures_util::StreamExt as _;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData};
use serde_json::{Value, json};
use spanloom_instrumentation::{Content, GenAiLayer, Recorder};
use spanloom_testkit::{SpanRecorder, attribute};
use tower::{Layer as _, Service};

/// The result of one call for its caller, as text: the answer or its pieces, and the error if there is one.
pub(crate) type Got = Vec<String>;

/// Returns an unmodified client.
pub(crate) fn plain(base: &str) -> Client<OpenAIConfig> {
    let config = OpenAIConfig::new()
        .with_api_base(base)
        .with_api_key("sk-test");
    Client::with_config(config)
}

/// A client with the layer, and the spans of its calls.
pub(crate) struct Layered {
    pub(crate) client: Client<OpenAIConfig>,
    spans: SpanRecorder,
    _recorder: Recorder,
    _provider: SdkTracerProvider,
}

impl Layered {
    pub(crate) fn new(base: &str) -> Self {
        Self::with(base, |layer| layer.stack(reqwest::Client::new()))
    }

    /// Creates a client without async-openai's retries.
    pub(crate) fn without_retries(base: &str) -> Self {
        Self::with(base, |layer| {
            layer.layer(ReqwestService::new(reqwest::Client::new()))
        })
    }

    fn with<S>(base: &str, stack: impl FnOnce(&GenAiLayer) -> S) -> Self
    where
        S: Service<
                HttpRequestFactory,
                Response = reqwest::Response,
                Error = OpenAIError,
                Future: Send,
            > + Clone
            + Send
            + Sync
            + 'static,
    {
        let spans = SpanRecorder::new();
        let provider = spans.provider();
        let recorder = Recorder::start().unwrap();
        let layer = GenAiLayer::builder(&recorder)
            .with_tracer_provider(&provider)
            .with_content(Content::Bodies)
            .build();
        Self {
            client: plain(base).with_http_service(stack(&layer)),
            spans,
            _recorder: recorder,
            _provider: provider,
        }
    }

    /// Returns the span of the last of `count` calls.
    pub(crate) fn span(&self, count: usize) -> SpanData {
        let spans = self.spans.wait_for(count).unwrap();
        assert_eq!(spans.len(), count, "{spans:#?}");
        spans.last().cloned().unwrap()
    }
}

/// Sends a request, streamed or not as it specifies, and returns the result.
pub(crate) async fn ask(client: &Client<OpenAIConfig>, request: &Value) -> Got {
    let typed: CreateChatCompletionRequest = serde_json::from_value(request.clone()).unwrap();
    if request["stream"] != json!(true) {
        return vec![match client.chat().create(typed).await {
            Ok(answer) => said(&json!(answer)),
            Err(error) => format!("error: {error}"),
        }];
    }
    match client.chat().create_stream(typed).await {
        Ok(chunks) => {
            let piece = |chunk: Result<_, _>| match chunk {
                Ok(chunk) => said(&json!(chunk)),
                Err(error) => format!("error: {error}"),
            };
            // A broken stream keeps failing; the first few errors are enough.
            chunks
                .map(|chunk| piece(chunk.map(|chunk| json!(chunk))))
                .take(500)
                .collect()
                .await
        }
        Err(error) => vec![format!("error: {error}")],
    }
}

/// Returns an answer without the fields that a server generates anew each time.
fn said(answer: &Value) -> String {
    let mut answer = answer.clone();
    for made_up in ["id", "created"] {
        answer[made_up].take();
    }
    answer.to_string()
}

pub(crate) fn user(text: &str) -> Value {
    json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]})
}

/// Returns the same request, streamed, with usage.
pub(crate) fn streamed(mut request: Value) -> Value {
    request["stream"] = json!(true);
    request["stream_options"] = json!({"include_usage": true});
    request
}

/// Returns an attribute of a span as JSON, with its type.
pub(crate) fn get(span: &SpanData, name: &str) -> Value {
    use opentelemetry::{Array, Value as Of};
    match attribute(span, name) {
        None => Value::Null,
        Some(Of::Bool(value)) => json!(value),
        Some(Of::I64(value)) => json!(value),
        Some(Of::F64(value)) => json!(value),
        Some(Of::Array(Array::String(values))) => {
            values.iter().map(|value| json!(value.as_str())).collect()
        }
        Some(other) => json!(other.as_str()),
    }
}
