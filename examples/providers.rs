//! Other providers with OpenAI's API: Azure, and Ollama on this machine.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::{AzureConfig, Config, OpenAIConfig};
use serde_json::json;
use spanloom::{Monitor, Monitored as _};
use spanloom_testkit::{ModelServer, Sink};

type Error = Box<dyn std::error::Error>;

async fn ask<C: Config>(client: &Client<C>, model: &str) -> Result<(), Error> {
    let request =
        json!({"model": model, "messages": [{"role": "user", "content": "what is 2+2?"}]});
    let request = serde_json::from_value(request)?;
    client.chat().create(request).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    // Stands in for both providers, and the sink for `spanloom serve`.
    let (model, server) = (ModelServer::builder().start().await?, Sink::start().await?);

    // A provider that is not recognised by its host is named, here by configuration.
    let provider = std::env::var("PROVIDER").unwrap_or_else(|_| "ollama".to_owned());
    let ollama = Monitor::builder("acme/chatbot/ollama")
        .with_server(&server.url())
        .with_provider(&provider)
        .start()?;
    let config = OpenAIConfig::new().with_api_base(model.base_url()); // http://127.0.0.1:11434/v1
    ask(&Client::with_config(config).monitored(&ollama), "llama3.2").await?;

    // Azure is recognised by its host, *.openai.azure.com; here it has to be named.
    let azure = Monitor::builder("acme/chatbot/azure")
        .with_server(&server.url())
        .with_provider("azure.ai.openai")
        .start()?;
    let config = AzureConfig::new()
        .with_api_base(model.base_url().trim_end_matches("/v1"))
        .with_api_version("2024-10-21")
        .with_deployment_id("gpt-4o-mini")
        .with_api_key("example");
    ask(
        &Client::with_config(config).monitored(&azure),
        "gpt-4o-mini",
    )
    .await?;

    for monitor in [ollama, azure] {
        println!("{}", monitor.shutdown(Duration::from_secs(5)).await);
    }
    for request in server.requests() {
        for record in request.json()?["batch"].as_array().into_iter().flatten() {
            println!("{}", record["attributes"]["spanloom"]["provider"]);
        }
    }
    Ok(())
}
