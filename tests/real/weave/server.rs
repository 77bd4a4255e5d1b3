//! A W&B server that is older than `calls/complete`: the exporter sends parts, and the server returns whole calls.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::{Value, json};
use spanloom::{
    Evaluation, Monitor, MonitorAttributes, MonitorAttributesExt as _, Monitored as _, RecordedCall,
};
use spanloom_core::Timestamp;
use spanloom_exporter::Destination;
use spanloom_testkit::ModelServer;
use spanloom_tests::parts::weave_server::WeaveServer;

use super::native;
use crate::program::Server;

const PROJECT: &str = "acme/chatbot";

async fn post(server: &WeaveServer, path: &str, body: &Value) -> (u16, String) {
    let url = format!("{}{path}", server.url());
    let request = reqwest::Client::new().post(url).json(body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exporter_falls_back_to_parts_and_they_become_the_calls() {
    let server = WeaveServer::start().await.unwrap();
    let old = Destination::wandb(server.url()).unwrap();
    let (requests, records) = native(Destination::wandb, Some(old)).await;
    let complete: Value = requests[0].json().unwrap();
    let (status, _) = post(&server, &requests[0].path, &complete).await;
    assert_eq!(status, 404, "it has no such endpoint");

    let query = json!({"project_id": PROJECT});
    let (status, lines) = post(&server, "/calls/stream_query", &query).await;
    assert_eq!(status, 200, "{lines}");
    let calls = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let calls: Vec<Value> = calls.collect();
    assert_eq!(calls.len(), records.len());
    for record in &records {
        let sent = serde_json::to_value(record).unwrap();
        let listed = calls.iter().find(|call| call["id"] == sent["id"]).unwrap();
        let one = json!({"project_id": PROJECT, "id": sent["id"]});
        let (status, read) = post(&server, "/call/read", &one).await;
        assert_eq!(status, 200, "{read}");
        let read: Value = serde_json::from_str(&read).unwrap();
        for call in [listed, &read["call"]] {
            for same in [
                "project_id",
                "trace_id",
                "parent_id",
                "op_name",
                "inputs",
                "output",
                "attributes",
                "exception",
                "thread_id",
                "turn_id",
                "wb_user_id",
            ] {
                assert_eq!(call[same], sent[same], "{same}: {call:#}");
            }
            for (numbers, sent) in sent["summary"].as_object().unwrap() {
                assert_eq!(call["summary"][numbers], *sent, "{numbers}: {call:#}");
            }
            let derived = &call["summary"]["weave"]["status"];
            let status = if record.exception.is_some() {
                "error"
            } else {
                "success"
            };
            assert_eq!(derived, status, "{call:#}");
            // The server stores microseconds.
            for time in ["started_at", "ended_at"] {
                let [theirs, ours] =
                    [call, &sent].map(|call| serde_json::from_value(call[time].clone()).unwrap());
                let apart = Timestamp::since(theirs, ours).max(Timestamp::since(ours, theirs));
                assert!(apart < Duration::from_micros(1), "{call:#}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_score_is_kept_with_its_call() {
    let server = WeaveServer::start().await.unwrap();
    let ours = Server::start().await;
    let model = ModelServer::builder().start().await.unwrap();
    let monitor = Monitor::builder(&format!("{PROJECT}/logs"))
        .with_destination(Destination::wandb(server.url()).unwrap())
        .with_destination(Destination::spanloom(&ours.url).unwrap())
        .without_notices()
        .without_spool()
        .start()
        .unwrap();
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-test");
    let client = Client::with_config(config).monitored(&monitor);
    let call = RecordedCall::default();
    let request = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]});
    let request = serde_json::from_value(request).unwrap();
    let attributes = MonitorAttributes::default().recorded_as(&call);
    let chat = client.chat();
    let ask = chat.create(request).monitor_attributes(attributes);
    Box::pin(ask).await.unwrap();
    for name in ["relevance", "tone"] {
        let evaluation = Evaluation::new(name).with_score(0.75).with_label("pass");
        assert!(monitor.evaluate(&call, evaluation));
    }
    let receipt = monitor.shutdown(Duration::from_secs(10)).await;
    assert!(receipt.is_complete(), "{receipt}");

    let id = call.span_context().unwrap().span_id().to_string();
    let query = json!({"project_id": PROJECT});
    for url in [server.url(), &ours.url] {
        let asked = reqwest::Client::new().post(format!("{url}/feedback/query"));
        let answer = asked.json(&query).send().await.unwrap();
        let answer: Value = answer.error_for_status().unwrap().json().await.unwrap();
        let kept = answer["result"].as_array().unwrap();
        assert_eq!(kept.len(), 2, "{url}: {answer:#}");
        for one in kept {
            assert_eq!(one["weave_ref"], format!("weave:///{PROJECT}/call/{id}"));
            let output = json!({"score": 0.75, "label": "pass"});
            assert_eq!(one["payload"]["output"], output, "{one:#}");
        }
    }
}
