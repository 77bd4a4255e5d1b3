//! A service's own prices reach the records, and may change while it runs.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::json;
use spanloom::price::{Overlay, Rates};
use spanloom::{Monitor, Monitored as _, PriceBook};
use spanloom_testkit::{ModelServer, Sink};

use crate::setup::{records, request};

fn own(price: &str) -> Overlay {
    let mut own = Overlay::new().with_date("2026-02-03");
    own.insert(
        "openai",
        "gpt-4o-mini",
        Rates::per_million(price, price).unwrap(),
    );
    own
}

#[tokio::test(flavor = "multi_thread")]
async fn own_prices_go_first_and_are_replaced_while_the_service_runs() {
    let model = ModelServer::builder().start().await.unwrap();
    let sink = Sink::start().await.unwrap();
    let prices = PriceBook::new(own("1000"));
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_server(&sink.url())
        .with_prices(prices.clone())
        .without_spool()
        .without_notices()
        .start()
        .unwrap();
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-test-0123456789abcdefghij");
    let client = Client::with_config(config).monitored(&monitor);
    let mut tokens = Vec::new();
    for change in [None, Some(own("0")), Some(Overlay::new())] {
        if let Some(own) = change {
            prices.replace(own);
        }
        let answer = client.chat().create(request("hello")).await.unwrap();
        tokens.push(f64::from(answer.usage.unwrap().total_tokens));
        // A call is priced when it is read, so wait for that before the next change.
        assert_eq!(monitor.flush_blocking(Duration::from_secs(5)).queued, 0);
    }
    drop(monitor);
    let costs = records(&sink)
        .iter()
        .map(|record| record["summary"]["cost"].clone())
        .collect::<Vec<_>>();
    assert_eq!(costs.len(), 3);
    assert_eq!(costs[0]["total_usd"], json!(tokens[0] / 1_000.0));
    assert_eq!(costs[1]["total_usd"], json!(0.0), "zero is a price");
    for cost in &costs[..2] {
        assert_eq!(cost["price_source"], "user");
        assert_eq!(cost["price_date"], "2026-02-03");
        assert_eq!(cost["source"], "priced");
    }
    assert_eq!(costs[2]["price_source"], "builtin");
    assert!(costs[2]["total_usd"].as_f64().unwrap() > 0.0);
}
