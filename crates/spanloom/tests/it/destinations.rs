//! Destinations that code makes.

use std::fs;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use serde_json::Value;
use spanloom::{Destination, Monitor, Monitored as _, Sampling};
use spanloom_testkit::{Fault, ModelServer, Sink};

use crate::setup::{records, request};

fn monitor(destinations: Vec<Destination>) -> Monitor {
    let builder = Monitor::builder("acme/chatbot/openai_logs")
        .without_spool()
        .without_notices();
    let builder = destinations
        .into_iter()
        .fold(builder, |builder, to| builder.with_destination(to));
    builder.start().unwrap()
}

#[tokio::test]
async fn each_destination_gets_its_own_form() {
    let model = ModelServer::builder().start_on_thread().unwrap();
    let [server, collector, bare] = [(); 3].map(|()| Sink::start_on_thread().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.jsonl");
    let monitor = monitor(vec![
        Destination::otlp_http(&collector.url()).unwrap(),
        Destination::spanloom(&server.url()).unwrap(),
        Destination::spanloom(&bare.url())
            .unwrap()
            .without_content(),
        Destination::json_lines(&file),
    ]);
    // The first destination with pages has the link.
    let table = format!("{}/acme/chatbot/table/openai_logs", server.url());
    assert_eq!(monitor.link(), Some(table.as_str()));
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    let client = Client::with_config(config).monitored(&monitor);
    client.chat().create(request("what is 2+2?")).await.unwrap();
    let receipt = monitor.flush_blocking(Duration::from_secs(5));
    assert_eq!(receipt.destinations.len(), 4, "{receipt}");
    assert!(receipt.is_complete(), "{receipt}");

    let asked = |record: &Value| record["inputs"]["messages"][0]["content"].clone();
    assert_eq!(asked(&records(&server)[0]), "what is 2+2?");
    let lean = &records(&bare)[0];
    assert_eq!(asked(lean), Value::Null);
    assert!(!lean.to_string().contains("2+2"), "{lean}");
    let lines = fs::read_to_string(&file).unwrap();
    assert_eq!(lines.lines().count(), 1);
    assert!(lines.contains("what is 2+2?"));
    let body = collector.requests().remove(0).body;
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let span = &request.resource_spans[0].scope_spans[0].spans[0];
    let has = |name: &str| span.attributes.iter().any(|it| it.key == name);
    assert!(has("gen_ai.input.messages") && !has("spanloom.request"));
}

#[test]
fn the_link_of_agents_leads_to_their_view() {
    let link = |to: Destination| monitor(vec![to]).link().map(str::to_owned);
    for (base, expected) in [
        (
            "https://trace.wandb.ai",
            "https://wandb.ai/acme/chatbot/weave/agents",
        ),
        (
            "https://wandb.example.com/traces",
            "https://wandb.example.com/acme/chatbot/weave/agents",
        ),
    ] {
        let agents = Destination::wandb_agents(base).unwrap().with_api_key("k");
        assert_eq!(link(agents).as_deref(), Some(expected), "{base}");
    }
    let traces = Destination::wandb("https://trace.wandb.ai").unwrap();
    assert_eq!(
        link(traces).as_deref(),
        Some("https://wandb.ai/acme/chatbot/weave")
    );
    let collector = Destination::otlp_http("http://127.0.0.1:9").unwrap();
    assert_eq!(link(collector), None);
}

#[tokio::test]
async fn sampling_leaves_out_content_and_keeps_numbers_and_errors() {
    let model = ModelServer::builder().start_on_thread().unwrap();
    let server = Sink::start_on_thread().unwrap();
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_server(&server.url())
        .with_sampling(Sampling::of_traces(0.0))
        .without_spool()
        .without_notices()
        .start()
        .unwrap();
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    let client = Client::with_config(config).monitored(&monitor);
    let ask = async || client.chat().create(request("what is 2+2?")).await;
    ask().await.unwrap();
    model.fail_next(Fault::ContextLength { limit: 1 });
    ask().await.unwrap_err();
    assert!(monitor.flush(Duration::from_secs(5)).await.is_complete());
    let records = records(&server);
    let has_content = |record: &Value| record.to_string().contains("2+2");
    let [answered, failed] = [0, 1].map(|at| &records[at]);
    assert!(!has_content(answered), "{answered:#}");
    assert!(has_content(failed), "{failed:#}");
    assert_eq!(
        answered["attributes"]["spanloom"]["content_sampled_out"],
        true
    );
    assert_eq!(
        failed["attributes"]["spanloom"]["content_sampled_out"],
        Value::Null
    );
    let usage = model.usage();
    let counted = &answered["summary"]["usage"]["gpt-4o-mini-2024-07-18"];
    assert_eq!(counted["prompt_tokens"], usage.prompt_tokens);
    assert!(answered["summary"]["cost"]["total_usd"].as_f64() > Some(0.0));
}
