//! The two lines: a monitored client, and an account of what was delivered.
//!
//! Records wait on disk until a server runs: start one with `spanloom serve` and open the printed link.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::json;
use spanloom::Monitored as _;
use spanloom_testkit::ModelServer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Stands in for OpenAI, so that the example runs without a key.
    let model = ModelServer::builder().start().await?;
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-example");

    let monitor = spanloom::init_monitor("acme/chatbot/openai_logs")?;
    let client = Client::with_config(config).monitored(&monitor);

    let request =
        json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "what is 2+2?"}]});
    let answer = client
        .chat()
        .create(serde_json::from_value(request)?)
        .await?;
    println!(
        "{}",
        answer.choices[0]
            .message
            .content
            .as_deref()
            .unwrap_or_default()
    );

    println!("{}", monitor.shutdown(Duration::from_secs(1)).await);
    Ok(())
}
