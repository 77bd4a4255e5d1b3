//! The end of a service: an async shutdown, and an account of what was delivered.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::json;
use spanloom::{Monitor, Monitored as _};
use spanloom_testkit::{ModelServer, Sink};

// Any runtime will do: nothing blocks it.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = ModelServer::builder().start().await?;
    let server = Sink::start().await?; // stands in for `spanloom serve`
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_server(&server.url())
        .without_spool()
        .start()?;
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-example");
    let client = Client::with_config(config).monitored(&monitor);
    let request =
        json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "what is 2+2?"}]});
    let request = serde_json::from_value(request)?;
    client.chat().create(request).await?;

    let receipt = monitor.shutdown(Duration::from_secs(5)).await;
    if !receipt.is_complete() {
        // The sum over the destinations, then each of them with the reason.
        eprintln!(
            "{} of {} spans arrived",
            receipt.delivered, receipt.received
        );
        for destination in &receipt.destinations {
            let trouble = destination.trouble.unwrap_or("no problem");
            eprintln!("{}: {}: {trouble}", destination.name, destination.account);
        }
    }
    println!("{receipt}");
    Ok(())
}
