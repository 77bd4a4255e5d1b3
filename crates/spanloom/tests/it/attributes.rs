//! The user's attributes of calls, in the records of a monitor.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use spanloom::{Monitor, MonitorAttributes, MonitorAttributesExt as _, Monitored as _, prompt};
use spanloom_testkit::{ModelServer, Sink};

use crate::setup::{records, request};

#[tokio::test]
async fn monitor_scope_and_call_say_things_of_a_record() {
    let model = ModelServer::builder().start_on_thread().unwrap();
    let sink = Sink::start_on_thread().unwrap();
    let of_monitor = json!({"service": "tutor", "who": "monitor", "otel": "mine", "stream": 7});
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_server(&sink.url())
        .with_attributes(MonitorAttributes::new(of_monitor).tenant("blue"))
        .without_spool()
        .without_notices()
        .start()
        .unwrap();
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-test-0123456789abcdefghij");
    let client = Client::with_config(config).monitored(&monitor);

    let said = MonitorAttributes::new(json!({"who": "scope"}));
    let said = said.conversation("c-1").user("u-1").session("s-1");
    let work = async move {
        let prompt = prompt!(name = "solver", version = "3", "solve {x}", x = "x^2 = 4");
        let chat = client.chat();
        let answer = chat.create(request(prompt.text()));
        answer.monitor_attributes(&prompt).await.map(drop)
    };
    async { tokio::spawn(work.in_current_scope()).await }
        .monitor_attributes(said)
        .await
        .unwrap()
        .unwrap();
    drop(monitor);

    let record = records(&sink).remove(0);
    let attributes = &record["attributes"];
    for (key, value) in [
        ("service", json!("tutor")),
        ("who", json!("scope")),
        ("otel_", json!("mine")),
        ("stream_", json!(7)),
        ("stream", json!("openai_logs")),
        ("tenant", json!("blue")),
        ("session", json!("s-1")),
        ("prompt_template", json!("solve {x}")),
        ("params", json!({"x": "x^2 = 4"})),
    ] {
        assert_eq!(attributes[key], value, "{key}");
    }
    assert_eq!(attributes["otel"]["gen_ai.prompt.name"], "solver");
    assert_eq!(record["thread_id"], "c-1");
    assert_eq!(record["turn_id"], record["id"]);
    assert_eq!(record["wb_user_id"], "u-1");
    assert_ne!(record["trace_id"], Value::Null);
}

#[tokio::test]
async fn a_monitor_names_the_provider_and_asks_for_usage() {
    let model = ModelServer::builder().start_on_thread().unwrap();
    let sink = Sink::start_on_thread().unwrap();
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_server(&sink.url())
        .with_provider("ollama")
        .with_requested_usage()
        .without_spool()
        .without_notices()
        .start()
        .unwrap();
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    let client = Client::with_config(config).monitored(&monitor);
    let stream = client.chat().create_stream(request("hello")).await.unwrap();
    let text = spanloom::text_from_stream(stream);
    let pieces: Vec<String> = text.try_collect().await.unwrap();
    assert!(!pieces.concat().is_empty());
    drop(monitor);
    let record = &records(&sink)[0];
    let info = &record["attributes"]["spanloom"];
    assert_eq!(info["provider"], "ollama");
    assert_eq!(info["usage_source"], "reported");
}
