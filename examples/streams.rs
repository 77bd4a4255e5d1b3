//! Streams: the text as it arrives, exact token counts for requests that do not ask for usage, and the `tracing` event
//! of each call on the console.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::CreateChatCompletionRequest;
use futures_util::StreamExt as _;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider};
use serde_json::json;
use spanloom_instrumentation::{GenAiLayer, Recorder, text_from_stream};
use spanloom_testkit::{ModelServer, SpanRecorder, attribute};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `RUST_LOG=spanloom=off` silences the events of the calls.
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let model = ModelServer::builder().start().await?;
    // Stands in for the service's OTLP exporter.
    let exporter = SpanRecorder::new();
    let recorder = Recorder::start()?;
    let batch = BatchSpanProcessor::builder(exporter.clone()).build();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(recorder.drain(batch))
        .build();

    for asks in [false, true] {
        let mut layer = GenAiLayer::builder(&recorder)
            .with_tracer_provider(&provider)
            // Your own gateway may continue the trace; no other host receives the trace's ids.
            .with_traceparent_to(["127.0.0.1"]);
        if asks {
            layer = layer.with_requested_usage();
        }
        let layer = layer.build();
        let config = OpenAIConfig::new()
            .with_api_base(model.base_url())
            .with_api_key("sk-example");
        let http = layer.stack(reqwest::Client::new());
        let client = Client::with_config(config).with_http_service(http);
        let request = json!({"model": "gpt-4o-mini", "messages": [
            {"role": "system", "content": "You are a robot and only speak in robot, like beep bloop bop."},
            {"role": "user", "content": "Tell me a 50-word story."}]});
        let request: CreateChatCompletionRequest = serde_json::from_value(request)?;
        let mut text = text_from_stream(client.chat().create_stream(request).await?);
        while let Some(piece) = text.next().await {
            print!("{}", piece?);
        }
        println!();
    }

    tokio::task::block_in_place(|| provider.shutdown())?;
    for span in exporter.spans() {
        let shown = |name: &str| attribute(&span, name).map(|value| value.to_string());
        println!(
            "{} output tokens, {}",
            shown("gen_ai.usage.output_tokens").unwrap_or_default(),
            shown("spanloom.usage.source").unwrap_or_default()
        );
    }
    Ok(())
}
