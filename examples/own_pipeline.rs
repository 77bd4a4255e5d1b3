//! The bare layer on a service's own tracer provider: calls are spans of the service's traces and are exported with
//! them.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider};
use serde_json::json;
use spanloom_instrumentation::{Content, GenAiLayer, Recorder};
use spanloom_testkit::{ModelServer, SpanRecorder};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = ModelServer::builder().start().await?;
    // Stands in for the service's OTLP exporter.
    let exporter = SpanRecorder::new();

    let recorder = Recorder::start()?;
    // `drain` makes the provider's flush and shutdown wait for calls that have just ended.
    let batch = BatchSpanProcessor::builder(exporter.clone()).build();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(recorder.drain(batch))
        .build();
    let layer = GenAiLayer::builder(&recorder)
        .with_tracer_provider(&provider)
        .with_content(Content::Off) // the convention's default
        .build();

    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-example");
    let client = Client::with_config(config).with_http_service(layer.stack(reqwest::Client::new()));
    let request =
        json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello world!"}]});
    client
        .chat()
        .create(serde_json::from_value(request)?)
        .await?;

    tokio::task::block_in_place(|| provider.shutdown())?;
    for span in exporter.spans() {
        println!("{}", span.name);
        for attribute in &span.attributes {
            println!("  {} = {}", attribute.key, attribute.value);
        }
    }
    Ok(())
}
