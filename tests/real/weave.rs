//! W&B's own code is the judge of what we send and serve. None of it was ever run against the hosted service.

mod client;
mod mapper;
mod models;

use std::process::Command;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use spanloom::{Monitor, MonitorBuilder, Monitored as _};
use spanloom_testkit::{ModelServer, Sink};

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
