//! What is kept of prompts and answers, by role, part and path; and the convention's details event.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider};
use serde_json::json;
use spanloom_instrumentation::{
    Action, Content, ContentPolicy, Details, GenAiLayer, Mask, MonitorAttributesExt as _, Part,
    Recorder, Redacted, Rule,
};
use spanloom_testkit::{ModelServer, SpanRecorder, attribute};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = ModelServer::builder().start().await?;
    // These stand in for the service's OTLP exporters.
    let (spans, logs) = (SpanRecorder::new(), InMemoryLogExporter::default());

    let recorder = Recorder::start()?;
    let batch = BatchSpanProcessor::builder(spans.clone()).build();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(recorder.drain(batch))
        .build();
    let logger = SdkLoggerProvider::builder()
        .with_simple_exporter(logs.clone())
        .build();

    // The first matching rule decides; content that no rule matches is kept. Keys and tokens of known shapes are always
    // masked.
    let policy = ContentPolicy::default()
        .with_rule(Rule::role("system"), Action::Hash)
        .with_hash_key(b"a key of the service's own, kept secret")
        .with_rule(Rule::part(Part::ToolResult), Action::Drop)
        .with_rule(Rule::path("*.ssn"), Action::Mask)
        .with_secrets(Mask::default().with_emails().with_cards())
        .with_value_limit(64 << 10)
        // If the redactor panics, only the text is withheld.
        .with_redactor(|at, text| match at.role {
            Some("user") if text.contains("Ada") => {
                Redacted::Replace(text.replace("Ada", "<name>"))
            }
            _ => Redacted::Keep,
        });
    let layer = GenAiLayer::builder(&recorder)
        .with_tracer_provider(&provider)
        .with_logger_provider(&logger)
        .with_content(Content::Messages)
        .with_details(Details::Messages)
        .with_content_policy(policy)
        .build();

    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-example");
    let client = Client::with_config(config).with_http_service(layer.stack(reqwest::Client::new()));
    let request = json!({"model": "gpt-4o-mini", "messages": [
        {"role": "system", "content": "you're very direct and precise"},
        {"role": "user", "content": "I am Ada, ada@example.com: what is 2+2?"}]});
    client
        .chat()
        .create(serde_json::from_value(request)?)
        .monitor_attributes(json!({"customer": {"ssn": "123-45-6789", "tier": "gold"}}))
        .await?;

    // The recorder also sends events: its spans and events are exported once the provider has been shut down.
    tokio::task::block_in_place(|| provider.shutdown())?;
    for span in spans.spans() {
        for name in ["gen_ai.input.messages", "spanloom.attributes"] {
            println!("{name} = {}", attribute(&span, name).ok_or(name)?);
        }
    }
    for log in logs.get_emitted_logs()? {
        println!("{}", log.record.event_name().unwrap_or_default());
        for (name, value) in log.record.attributes_iter() {
            println!("  {name} = {value:?}");
        }
    }
    Ok(())
}
