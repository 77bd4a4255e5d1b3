//! Several destinations, each with its own content: a server, W&B's form at another, a collector, and a file.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::json;
use spanloom::{Destination, Monitor, Monitored as _};
use spanloom_testkit::{ModelServer, Sink};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = ModelServer::builder().start().await?;
    // These stand in for the servers.
    let (server, collector) = (Sink::start().await?, Sink::start().await?);
    let file = std::env::temp_dir().join(format!("spanloom-{}.jsonl", std::process::id()));

    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_destination(Destination::spanloom(&server.url())?)
        // Whoever reads the collector's traces does not see what was asked.
        .with_destination(Destination::otlp_http(&collector.url())?.without_content())
        .with_destination(Destination::json_lines(&file).with_rotation(16 << 20, 3))
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
    for destination in &receipt.destinations {
        println!("{destination}");
    }
    println!("{}", std::fs::read_to_string(&file)?);
    std::fs::remove_file(&file)?;
    Ok(())
}
