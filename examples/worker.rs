//! A worker or a function that may be stopped after each job: it delivers a job's calls before it reports the job as done.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::json;
use spanloom::{Monitor, MonitorAttributesExt as _, Monitored as _};
use spanloom_testkit::{ModelServer, Sink};

type Error = Box<dyn std::error::Error>;

async fn job(client: &Client<OpenAIConfig>, question: &str) -> Result<(), Error> {
    let request =
        json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": question}]});
    let request = serde_json::from_value(request)?;
    client.chat().create(request).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let model = ModelServer::builder().start().await?;
    let server = Sink::start().await?; // stands in for `spanloom serve`
    let monitor = Monitor::builder("acme/worker/jobs")
        .with_server(&server.url())
        .start()?;
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-example");
    let client = Client::with_config(config).monitored(&monitor);

    for (number, question) in ["what is 2+2?", "what is 3+3?"].iter().enumerate() {
        let attributes = json!({"job": number});
        job(&client, question)
            .monitor_attributes(attributes)
            .await?;
        // Within this time the calls are delivered, or, if the server cannot be reached, on disk.
        let receipt = monitor.flush(Duration::from_secs(2)).await;
        println!("job {number} is done: {receipt}");
    }
    Ok(())
}
