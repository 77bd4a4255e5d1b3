//! Calls that have just ended or are still running, and a provider that is shut down at once.

use std::sync::Arc;
use std::time::Duration;

use async_openai::types::chat::{ChatCompletionResponseStream, CreateChatCompletionRequest};
use futures_util::StreamExt as _;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SimpleSpanProcessor,
};
use spanloom_instrumentation::{Content, GenAiLayer, Recorder, RecorderLimits};
use spanloom_testkit::{Fault, ModelServer, SpanRecorder};

use crate::setup::{request, text};

const CALLS: usize = 1_000;

async fn thousand_calls_then_shutdown() {
    let server = ModelServer::builder().start().await.unwrap();
    let spans = SpanRecorder::new();
    let recorder = Recorder::start().unwrap();
    let batch = BatchSpanProcessor::builder(spans.clone())
        .with_batch_config(
            BatchConfigBuilder::default()
                .with_max_queue_size(2 * CALLS)
                .build(),
        )
        .build();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(recorder.drain(batch))
        .build();
    let layer = GenAiLayer::builder(&recorder)
        .with_tracer_provider(&provider)
        .build();
    let config = async_openai::config::OpenAIConfig::new().with_api_base(server.base_url());
    let client = async_openai::Client::with_config(config)
        .with_http_service(layer.stack(reqwest::Client::new()));
    let client = Arc::new(client);
    let calls = (0..CALLS).map(|_| {
        let client = Arc::clone(&client);
        async move {
            client
                .chat()
                .create(request("hello world!"))
                .await
                .map(drop)
        }
    });
    let results = futures_util::StreamExt::collect::<Vec<_>>(
        futures_util::StreamExt::buffer_unordered(futures_util::stream::iter(calls), 32),
    )
    .await;
    assert!(results.iter().all(Result::is_ok));
    provider.shutdown().unwrap();

    let spans = spans.spans();
    assert_eq!(spans.len(), CALLS);
    assert!(
        spans
            .iter()
            .all(|span| text(span, "spanloom.outcome").as_deref() == Some("completed"))
    );
    assert!(
        spans
            .iter()
            .all(|span| span.name == "chat gpt-4o-mini" && span.end_time > span.start_time)
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_thousand_calls_then_shutdown_on_a_current_thread_runtime() {
    thousand_calls_then_shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_then_shutdown_on_a_multi_thread_runtime() {
    thousand_calls_then_shutdown().await;
}

fn streamed() -> CreateChatCompletionRequest {
    let mut request = request("hello world!");
    request.stream = Some(true);
    request
}

/// Returns streams after their first chunk, from a layer that only the streams keep alive.
async fn streams(
    server: &ModelServer,
    recorder: Recorder,
    provider: &SdkTracerProvider,
    count: usize,
) -> Vec<ChatCompletionResponseStream> {
    let layer = GenAiLayer::builder(&recorder)
        .with_tracer_provider(provider)
        .with_content(Content::Bodies)
        .build();
    let config = async_openai::config::OpenAIConfig::new().with_api_base(server.base_url());
    let client = async_openai::Client::with_config(config)
        .with_http_service(layer.stack(reqwest::Client::new()));
    let mut streams = Vec::new();
    for _ in 0..count {
        let mut stream = client.chat().create_stream(streamed()).await.unwrap();
        stream.next().await.unwrap().unwrap();
        streams.push(stream);
    }
    streams
}

fn drained(recorder: &Recorder, spans: &SpanRecorder) -> SdkTracerProvider {
    let processor = SimpleSpanProcessor::new(spans.clone());
    SdkTracerProvider::builder()
        .with_span_processor(recorder.drain(processor))
        .build()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_recorded_when_nothing_else_holds_the_recorder() {
    let server = ModelServer::builder().start().await.unwrap();
    let spans = SpanRecorder::new();
    let recorder = Recorder::start().unwrap();
    let provider = drained(&recorder, &spans);
    let mut stream = streams(&server, recorder, &provider, 1).await.remove(0);
    while let Some(chunk) = stream.next().await {
        chunk.unwrap();
    }
    let [span] = spans.wait_for(1).unwrap().try_into().unwrap();
    assert_eq!(
        text(&span, "spanloom.outcome").as_deref(),
        Some("completed")
    );
    provider.shutdown().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_run_at_the_end_keep_their_content_whatever_may_wait() {
    const OPEN: usize = 20;
    let server = ModelServer::builder().start().await.unwrap();
    let mut limits = RecorderLimits::default();
    limits.waiting_calls = 4;
    let spans = SpanRecorder::new();
    let recorder = Recorder::start_with(limits).unwrap();
    let provider = drained(&recorder, &spans);
    for _ in 0..OPEN {
        server.fail_next(Fault::StallStream { after_chunks: 3 });
    }
    let streams = streams(&server, recorder.clone(), &provider, OPEN).await;
    let shown = format!("{recorder:?} {provider:?}");
    assert!(
        !shown.contains("hello world!") && !shown.contains("104, 101, 108, 108"),
        "{shown}"
    );
    provider.shutdown().unwrap();
    let spans = spans.spans();
    assert_eq!(spans.len(), OPEN);
    for span in &spans {
        assert_eq!(text(span, "spanloom.outcome").as_deref(), Some("unknown"));
        assert!(
            text(span, "spanloom.request").is_some() && text(span, "spanloom.response").is_some()
        );
    }
    assert_eq!(recorder.stats().shed, 0);
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    drop(streams);
}
