//! W&B's own code checks the data that we send and serve. None of it was ever run against the hosted service.

mod acts;
mod client;
mod conversation;
mod kinds;
mod mapper;
mod models;
mod profile;
mod record;
mod scenario;
mod server;
mod storage;

use std::process::Command;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde_json::Value;
use spanloom::{Monitor, MonitorBuilder, Monitored as _};
use spanloom_core::Record;
use spanloom_exporter::{Destination, Error, Exporter};
use spanloom_instrumentation::{Content, GenAiLayer, Recorder};
use spanloom_testkit::{ModelServer, Sink, SinkRequest};
use spanloom_tests::parts::weave;

use crate::model::plain;
use crate::program::{Server, built};

/// A monitored client, its model server, and the destination of its calls.
struct Monitored {
    model: ModelServer,
    sink: Sink,
    monitor: Monitor,
    client: Client<OpenAIConfig>,
}

impl Monitored {
    /// Creates a client; `to` configures the sink's address as a server or as a collector.
    async fn new(to: impl FnOnce(MonitorBuilder, &str) -> MonitorBuilder) -> Self {
        let model = ModelServer::builder().start().await.unwrap();
        let sink = Sink::start().await.unwrap();
        let builder = Monitor::builder("acme/chatbot/openai_logs").without_notices();
        let monitor = to(builder, &sink.url()).start().unwrap();
        Self {
            client: plain(&model.base_url()).monitored(&monitor),
            model,
            sink,
            monitor,
        }
    }
}

/// Returns a server with the calls of the demo, recorded by the program that users run.
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

/// Makes calls of all kinds, with spans in `provider`.
async fn ask_through(provider: &SdkTracerProvider, content: Content) -> kinds::Kinds {
    let recorder = Recorder::start().unwrap();
    let layer = GenAiLayer::builder(&recorder)
        .with_tracer_provider(provider)
        .with_content(content)
        .build();
    let kinds = kinds::Kinds::start().await;
    let stacked = |client: Client<OpenAIConfig>| {
        client.with_http_service(layer.stack(reqwest::Client::new()))
    };
    kinds.ask(stacked).await;
    let read = move || recorder.flush(Duration::from_secs(10));
    tokio::task::spawn_blocking(read).await.unwrap().unwrap();
    kinds
}

/// Returns the requests of an exporter that sends calls of all kinds natively `to` a sink, and their records. The
/// destination `beside` receives the same records.
async fn native(
    to: fn(&str) -> Result<Destination, Error>,
    beside: Option<Destination>,
) -> (Vec<SinkRequest>, Vec<Record>) {
    let sink = Sink::start().await.unwrap();
    let mut exporter = Exporter::builder("acme/chatbot/openai_logs".parse().unwrap())
        .with_destination(to(&sink.url()).unwrap());
    if let Some(destination) = beside {
        exporter = exporter.with_destination(destination);
    }
    let exporter = exporter.start().unwrap();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(exporter.processor())
        .build();
    ask_through(&provider, Content::Bodies).await;
    let flush = move || exporter.shutdown(Duration::from_secs(20));
    let receipt = tokio::task::spawn_blocking(flush).await.unwrap();
    assert_eq!(receipt.delivered, receipt.received, "{receipt}");
    let requests = sink.requests();
    let records = requests.iter().flat_map(|request| {
        let body: Value = request.json().unwrap();
        serde_json::from_value::<Vec<Record>>(body["batch"].clone()).unwrap()
    });
    let records: Vec<Record> = records.collect();
    assert_eq!(records.len(), kinds::LABELS.len());
    (requests, records)
}

/// Returns the cost of each call by W&B's own query and prices; `calls` are lines for `costs.py`.
async fn costs(calls: String) -> Value {
    let reckon = move || weave::costs(calls.as_bytes()).unwrap();
    tokio::task::spawn_blocking(reckon).await.unwrap().remove(0)
}

/// Returns the sum of a model's costs.
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
