//! The effect of a content policy on records.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::json;
use spanloom::content::{Action, ContentPolicy, Mask, Part, Rule};
use spanloom::{Monitor, MonitorAttributesExt as _, Monitored as _};
use spanloom_testkit::{ModelServer, Sink};

use crate::setup::records;

#[tokio::test(flavor = "multi_thread")]
async fn records_obey_the_policy_and_keep_their_skeleton() {
    let model = ModelServer::builder().start_on_thread().unwrap();
    let sink = Sink::start_on_thread().unwrap();
    let policy = ContentPolicy::default()
        .with_rule(Rule::role("user").of_part(Part::Text), Action::Mask)
        .with_rule(Rule::path("params.equation"), Action::Mask)
        .with_rule(Rule::path("*.ssn"), Action::Drop)
        .with_secrets(Mask::default().with_emails());
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_server(&sink.url())
        .with_content_policy(policy)
        .without_spool()
        .without_notices()
        .start()
        .unwrap();
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-test-0123456789abcdefghij");
    let client = Client::with_config(config).monitored(&monitor);
    let request = json!({"model": "gpt-4o-mini", "user": "bob@example.com", "messages": [
        {"role": "system", "content": "answer bob@example.com"}, {"role": "user", "content": "what is 2+2?"}]});
    client
        .chat()
        .create(serde_json::from_value(request).unwrap())
        .monitor_attributes(
            json!({"params": {"equation": "2+2", "who": "all"}, "person": {"ssn": "1", "age": 4}}),
        )
        .await
        .unwrap();
    let receipt = monitor.flush_blocking(Duration::from_secs(5));
    assert_eq!(receipt.delivered, 1, "{receipt}");

    let record = records(&sink).remove(0);
    assert_eq!(
        record["inputs"]["messages"],
        json!([{"role": "system", "content": "answer [redacted:email]"},
            {"role": "user", "content": "[masked]"}])
    );
    assert_eq!(record["inputs"]["user"], "[redacted:email]");
    assert_eq!(record["output"]["choices"][0]["finish_reason"], "stop");
    let attributes = &record["attributes"];
    assert_eq!(
        attributes["params"],
        json!({"equation": "[masked]", "who": "all"})
    );
    assert_eq!(attributes["person"], json!({"age": 4}));
    assert_eq!(monitor.stats().calls.withheld, 0);
}
