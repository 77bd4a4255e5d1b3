//! An HTTP client of one's own, with timeouts, headers or a proxy: the monitored client uses it for its calls.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::json;
use spanloom::{Monitor, Monitored as _};
use spanloom_testkit::{ModelServer, Sink};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = ModelServer::builder().start().await?;
    let server = Sink::start().await?; // stands in for `spanloom serve`
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_server(&server.url())
        .start()?;

    let http = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(60))
        .user_agent("shop/1.0")
        // .proxy(reqwest::Proxy::https("http://proxy.example.com:3128")?)
        .build()?;
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-example");
    // `.monitored(&monitor)` would make a client of its own: the settings of an existing one cannot be read.
    let client = Client::with_config(config).monitored_with(&monitor, http);

    let request =
        json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "what is 2+2?"}]});
    let request = serde_json::from_value(request)?;
    client.chat().create(request).await?;
    for asked in model.requests() {
        println!("{:?}", asked.header("user-agent"));
    }
    println!("{}", monitor.shutdown(Duration::from_secs(5)).await);
    Ok(())
}
