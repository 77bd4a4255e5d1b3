//! A monitored client, a model server, and a sink for its records.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::{Value, json};
use spanloom::{Monitor, Monitored as _, SpoolSettings};
use spanloom_testkit::{ModelServer, Sink};
use tempfile::TempDir;

pub(crate) struct Setup {
    pub(crate) model: ModelServer,
    pub(crate) sink: Sink,
    pub(crate) monitor: Monitor,
    pub(crate) client: Client<OpenAIConfig>,
    /// The folder is deleted when the test ends.
    pub(crate) spool: TempDir,
}

pub(crate) fn setup() -> Setup {
    let model = ModelServer::builder().start_on_thread().unwrap();
    let sink = Sink::start_on_thread().unwrap();
    let spool = tempfile::tempdir().unwrap();
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_server(&sink.url())
        .with_spool(SpoolSettings::new(spool.path()))
        .without_notices()
        .start()
        .unwrap();
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-test-0123456789abcdefghij");
    let client = Client::with_config(config).monitored(&monitor);
    Setup {
        model,
        sink,
        monitor,
        client,
        spool,
    }
}

pub(crate) fn request(text: &str) -> async_openai::types::chat::CreateChatCompletionRequest {
    serde_json::from_value(
        json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}),
    )
    .unwrap()
}

pub(crate) fn records(sink: &Sink) -> Vec<Value> {
    let bodies = sink
        .requests()
        .into_iter()
        .map(|request| request.json().unwrap());
    bodies
        .flat_map(|body| body["batch"].as_array().cloned().unwrap_or_default())
        .collect()
}
