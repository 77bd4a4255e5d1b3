//! Calls that have just ended, and a provider that is shut down at once.

use std::sync::Arc;

use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use spanloom_instrumentation::{GenAiLayer, Recorder};
use spanloom_testkit::{ModelServer, SpanRecorder};

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
