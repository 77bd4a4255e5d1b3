//! Requests to W&B: the key, the entity and the project, and what happens without a key.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use spanloom_exporter::SpoolSettings;
use spanloom_testkit::{ModelServer, Sink, SinkAnswer, StatusCode};

use super::{builder, environment};
use crate::Monitored as _;
use crate::monitor::MonitorBuilder;

/// Makes one call through a monitor with its own spool.
async fn call(builder: MonitorBuilder) -> spanloom_exporter::Receipt {
    let model = ModelServer::builder().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let builder = builder.with_spool(SpoolSettings::new(folder.path()));
    let monitor = builder.start().unwrap();
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    let client = Client::with_config(config).monitored(&monitor);
    let request = serde_json::json!({
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "2+2?"}],
    });
    let request = serde_json::from_value(request).unwrap();
    client.chat().create(request).await.unwrap();
    monitor.shutdown(Duration::from_secs(10)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_the_service_goes_on_and_records_wait_in_the_spool() {
    let wandb = Sink::start().await.unwrap();
    wandb.answer_always(SinkAnswer::status(StatusCode::UNAUTHORIZED));
    let url = wandb.url();
    let variables = [("WANDB_BASE_URL", url.as_str())];
    assert!(
        environment(&variables)
            .records()
            .unwrap()
            .unwrap()
            .lacks_key
    );
    let receipt = call(builder("acme/chatbot/logs", &variables)).await;
    assert_eq!((receipt.received, receipt.spooled), (1, 1), "{receipt}");
    let requests = wandb.requests();
    assert!(
        requests[0].path.starts_with("/traces/"),
        "{}",
        requests[0].path
    );
    assert_eq!(requests[0].header("authorization"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_netrc_file_is_sent_to_its_machine() {
    let wandb = Sink::start().await.unwrap();
    let url = wandb.url();
    let machine = url.trim_start_matches("http://");
    let home = tempfile::tempdir().unwrap();
    let entry = format!("machine {machine} login user password k3y\n");
    std::fs::write(home.path().join(".netrc"), entry).unwrap();
    let home = ("HOME", home.path().to_str().unwrap());
    let receipt = call(builder("a/b/c", &[home, ("WANDB_BASE_URL", &url)])).await;
    assert!(receipt.is_complete(), "{receipt}");
    // "api:k3y"
    let sent = wandb.requests();
    assert_eq!(sent[0].header("authorization"), Some("Basic YXBpOmszeQ=="));
    // The environment's key overrides the file's, and an empty key counts as none.
    for (key, expected) in [("k", "Basic YXBpOms="), (" ", "Basic YXBpOmszeQ==")] {
        let settings = [home, ("WANDB_BASE_URL", &url), ("WANDB_API_KEY", key)];
        call(builder("a/b/c", &settings)).await;
        let sent = wandb.requests();
        let last = sent.last().unwrap();
        assert_eq!(last.header("authorization"), Some(expected));
    }
}

#[test]
fn a_key_goes_to_nobody_it_was_not_given_for() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("_netrc");
    std::fs::write(
        &file,
        "machine api.wandb.ai password k\ndefault password d\n",
    )
    .unwrap();
    let home = ("HOME", home.path().to_str().unwrap());
    let keyed = |variables: &[(&str, &str)]| {
        let settings = [&[home], variables].concat();
        let records = environment(&settings).records().unwrap().unwrap();
        format!("{:?}", records.destination).contains("authorization")
    };
    let base = |url| ("WANDB_BASE_URL", url);
    let server = |url| ("WF_TRACE_SERVER_URL", url);
    for (variables, expected) in [
        (vec![], false),
        (vec![base("https://api.wandb.ai")], true),
        (vec![base("https://wandb.ai/")], true),
        (vec![server("https://trace.wandb.ai")], true),
        (vec![base("https://wandb.example.com")], false),
        (vec![server("https://wandb.example.com")], false),
        (vec![server("http://127.0.0.1:7440")], false),
        (vec![base("https://api.wandb.ai.example.com")], false),
    ] {
        assert_eq!(keyed(&variables), expected, "{variables:?}");
    }
}

#[test]
fn entity_and_project_are_added_to_a_stream() {
    let entity = ("WANDB_ENTITY", "acme");
    let project = ("WANDB_PROJECT", "chatbot");
    let whole = ("WANDB_PROJECT", "beta/chatbot");
    let key = ("WANDB_API_KEY", "k");
    for (name, variables, expected) in [
        ("a/b/c", vec![entity, project], "a/b/c"),
        ("b/c", vec![entity, project], "acme/b/c"),
        ("c", vec![entity, project], "acme/chatbot/c"),
        ("c", vec![entity, project, key], "acme/chatbot/c"),
        ("c", vec![entity, whole], "beta/chatbot/c"),
        ("c", vec![whole, key], "beta/chatbot/c"),
        // The server on this machine needs no key of another server.
        ("b/c", vec![], "local/b/c"),
        ("c", vec![project], "local/chatbot/c"),
        (
            "b/c",
            vec![("WF_TRACE_SERVER_URL", "http://127.0.0.1:7440")],
            "local/b/c",
        ),
        ("b/c", vec![key, ("WEAVE_DISABLED", "yes")], "local/b/c"),
    ] {
        let monitor = builder(name, &variables).without_spool().start().unwrap();
        assert_eq!(
            monitor.stream().to_string(),
            expected,
            "{name} {variables:?}"
        );
    }
}
