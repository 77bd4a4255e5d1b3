//! Calls in progress: the board's server has them while they run, once, and the end replaces the start.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use spanloom::{Destination, Monitor, Monitored as _};
use spanloom_testkit::{Fault, ModelServer, Sink};

use crate::program::Server;

const PROJECT: &str = "acme/running";

fn statuses(calls: &[Value]) -> Vec<(&str, &str)> {
    let mut statuses: Vec<_> = calls
        .iter()
        .map(|call| {
            let name = call["display_name"].as_str().unwrap();
            (name, call["summary"]["weave"]["status"].as_str().unwrap())
        })
        .collect();
    statuses.sort_unstable();
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_on_the_server_while_it_runs() {
    let server = Server::start().await;
    let collector = Sink::start().await.unwrap();
    let model = ModelServer::builder().start().await.unwrap();
    let monitor = Monitor::builder(&format!("{PROJECT}/logs"))
        .with_destination(Destination::spanloom(&server.url).unwrap())
        .with_destination(Destination::otlp_http(&collector.url()).unwrap())
        .with_calls_in_progress()
        .without_notices()
        .without_spool()
        .start()
        .unwrap();
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-test");
    let client = Client::with_config(config).monitored(&monitor);
    model.fail_next(Fault::StallStream { after_chunks: 2 });
    let agent = spanloom::agent("planner").run_infallible(async {
        let request = json!({"model": "gpt-4o-mini", "stream": true,
            "messages": [{"role": "user", "content": "hi"}]});
        let request = serde_json::from_value(request).unwrap();
        let mut stream = client.chat().create_stream(request).await.unwrap();
        stream.next().await.unwrap().unwrap();
        let calls = server.wait_for(PROJECT, 2).await;
        let running = [
            ("chat gpt-4o-mini", "running"),
            ("invoke_agent planner", "running"),
        ];
        assert_eq!(statuses(&calls), running);
        assert!(collector.requests().is_empty(), "OTLP gets no starts");
        let receipt = monitor.stats().receipt;
        assert_eq!(receipt.received, 0, "starts are not in the receipt");
        drop(stream);
    });
    agent.await;
    let receipt = monitor.shutdown(Duration::from_secs(10)).await;
    assert!(receipt.is_complete(), "{receipt}");
    let calls = server.calls(PROJECT).await.unwrap();
    assert_eq!(calls.len(), 2, "{calls:#?}");
    assert!(
        calls.iter().all(|call| call["ended_at"].is_string()),
        "{calls:#?}"
    );
    let parents = calls.iter().filter(|call| call["parent_id"].is_string());
    assert_eq!(parents.count(), 1);
}
