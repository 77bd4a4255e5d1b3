//! Custom prices: in code, from a file, and replaced while the service runs.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::json;
use spanloom::price::{ModelPrice, Overlay, Rates};
use spanloom::{Monitor, Monitored as _, PriceBook};
use spanloom_testkit::{ModelServer, Sink};

/// The contents of a price file, in US dollars per million tokens; `SPANLOOM_PRICES=prices.json` loads a file at the
/// start.
const FILE: &str = r#"{
    "date": "2026-11-01",
    "comment": "our contract",
    "providers": {
        "openai": {
            "gpt-4o-mini": {"input": 0.12, "output": 0.48, "cache_read": 0.06},
            "our-llama-*": {"input": 0, "output": 0}
        }
    }
}"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = ModelServer::builder().start().await?;
    // Stands in for a server, so that the example can show what arrived.
    let server = Sink::start().await?;

    // In code: decimals as text, so that they are exact, and a different price for flex processing.
    let mut own = Overlay::new().with_date("2026-10-01");
    own.insert(
        "openai",
        "gpt-4o-mini",
        ModelPrice::new(Rates::per_million("0.30", "1.20")?.with_cache_read("0.15")?)
            .in_tier("flex", Rates::per_million("0.15", "0.60")?.into()),
    );
    let prices = PriceBook::new(own);
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_server(&server.url())
        .with_prices(prices.clone())
        .start()?;
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-example");
    let client = Client::with_config(config).monitored(&monitor);
    let ask = async || {
        let request = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "what is 2+2?"}]});
        client
            .chat()
            .create(serde_json::from_value(request)?)
            .await?;
        // A call is priced when it is read; the flush makes the next price change wait for that.
        let _receipt = monitor.flush(Duration::from_secs(5)).await;
        Ok::<(), Box<dyn std::error::Error>>(())
    };
    ask().await?;

    // From a file, while the service runs. The error of a broken file lists all its faults, and the prices stay
    // unchanged.
    prices.replace(Overlay::parse(FILE)?);
    ask().await?;
    if let Err(error) = Overlay::parse(r#"{"providers": {"openai": {"gpt-4o": {"input": 99999}}}}"#)
    {
        println!("refused: {error}");
    }

    // No custom prices: the built-in list alone.
    prices.replace(Overlay::new());
    ask().await?;

    let receipt = monitor.shutdown(Duration::from_secs(5)).await;
    println!("{receipt}");
    for request in server.requests() {
        for record in request.json()?["batch"].as_array().into_iter().flatten() {
            println!("{}", record["summary"]["cost"]);
        }
    }
    Ok(())
}
