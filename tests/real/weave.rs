//! W&B's own code is the judge of what we send and serve. None of it was ever run against the hosted service.

mod client;
mod kinds;
mod mapper;
mod models;
mod profile;
mod server;
mod storage;

use std::process::Command;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::Value;
use spanloom::{Monitor, MonitorBuilder, Monitored as _};
use spanloom_core::Record;
use spanloom_testkit::{ModelServer, Sink, SinkRequest};
use spanloom_tests::parts::weave;

use crate::model::plain;
use crate::program::{Server, built};

/// A monitored client, the model server it asks, and where its calls go.
struct Monitored {
    model: ModelServer,
    sink: Sink,
    monitor: Monitor,
    client: Client<OpenAIConfig>,
}

impl Monitored {
    /// `to` names the sink, whose address it is given, as server or as collector.
    async fn new(to: impl FnOnce(MonitorBuilder, &str) -> MonitorBuilder) -> Self {
        let model = ModelServer::builder().start().await.unwrap();
        let sink = Sink::start().await.unwrap();
        let builder = Monitor::builder("acme/chatbot/openai_logs").quiet();
        let monitor = to(builder, &sink.url()).start().unwrap();
        Self {
            client: plain(&model.base_url()).monitored(&monitor),
            model,
            sink,
            monitor,
        }
    }
}

/// A server with the calls of the demo, recorded by the program its users start.
pub(crate) async fn demo() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(built("spanloom"))
        .args(["demo", "--once", "--listen", "127.0.0.1:0", "--db"])
        .arg(folder.path().join("demo.db"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Server::on("demo.db", folder).await
}

/// The requests of an exporter that sends the calls of all kinds natively, and the records in them.
async fn native() -> (Vec<SinkRequest>, Vec<Record>) {
    let kinds = kinds::Kinds::start().await;
    let sink = Sink::start().await.unwrap();
    let monitor = Monitor::builder("acme/chatbot/openai_logs").with_server(&sink.url());
    let monitor = monitor.quiet().start().unwrap();
    kinds.ask(|client| client.monitored(&monitor)).await;
    let flushed = tokio::task::spawn_blocking(move || monitor.shutdown(Duration::from_secs(10)));
    let count = kinds::LABELS.len();
    assert_eq!(
        flushed.await.unwrap().delivered,
        u64::try_from(count).unwrap()
    );
    let requests = sink.requests();
    let records = requests.iter().flat_map(|request| {
        let body: Value = request.json().unwrap();
        serde_json::from_value::<Vec<Record>>(body["batch"].clone()).unwrap()
    });
    let records: Vec<Record> = records.collect();
    assert_eq!(records.len(), count);
    (requests, records)
}

/// What each of the calls costs by W&B's own query and prices; `calls` are lines for `costs.py`.
async fn costs(calls: String) -> Value {
    let reckon = move || weave::costs(calls.as_bytes()).unwrap();
    tokio::task::spawn_blocking(reckon).await.unwrap().remove(0)
}

/// All a model's costs together.
fn total(costs: &Value) -> f64 {
    [
        "prompt_tokens",
        "completion_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
    ]
    .iter()
    .filter_map(|part| costs[format!("{part}_total_cost")].as_f64())
    .sum()
}
