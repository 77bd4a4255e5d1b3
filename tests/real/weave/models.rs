//! W&B's request models take what the exporter sends, and its answer models what the server answers.

use std::time::Duration;

use async_openai::types::chat::CreateChatCompletionRequest;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use spanloom::{MonitorAttributesExt as _, MonitorBuilder};
use spanloom_testkit::Fault;
use spanloom_tests::parts::weave::{MODELS, run};

use super::{Monitored, demo};
use crate::model::{streamed, user};

/// Has W&B's models judge `lines`, and fails unless they take every one and overlook nothing of it.
pub(super) async fn judged(lines: Vec<Value>) -> Vec<Value> {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let judge = move || {
        run(
            MODELS,
            "models.py",
            &[],
            "http://127.0.0.1:9",
            input.as_bytes(),
        )
        .unwrap()
    };
    let said = tokio::task::spawn_blocking(judge).await.unwrap();
    assert_eq!(said.len(), lines.len());
    for (said, line) in said.iter().zip(&lines) {
        assert_eq!(said["ok"], json!(true), "{said}\n{line:#}");
        assert_eq!(said["ignored"], json!([]), "{line:#}");
    }
    said
}

fn typed(request: Value) -> CreateChatCompletionRequest {
    serde_json::from_value(request).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn they_take_what_the_exporter_sends() {
    let Monitored {
        model,
        sink,
        monitor,
        client,
    } = Monitored::new(MonitorBuilder::with_server).await;

    let attributes =
        json!({"tenant": "blue", "params": {"temperature": 0.5, "tags": ["a", 1, null]}});
    let asked = client
        .chat()
        .create(typed(user("what is 2+2?")))
        .monitor_attributes(attributes.clone())
        .await;
    asked.unwrap();
    let stream = client
        .chat()
        .create_stream(typed(streamed(user("hello world!"))))
        .await
        .unwrap();
    stream.for_each(async |chunk| drop(chunk)).await;
    model.fail_next(Fault::ContextLength { limit: 8 });
    let refused = client
        .chat()
        .create(typed(user("Summarise the whole library.")))
        .await;
    assert!(refused.is_err());
    let flushed = tokio::task::spawn_blocking(move || monitor.shutdown(Duration::from_secs(10)));
    assert_eq!(flushed.await.unwrap().delivered, 3);

    let sent: Vec<Value> = sink
        .requests()
        .iter()
        .map(|request| json!({"path": request.path, "body": request.json().unwrap()}))
        .collect();
    let said = judged(sent).await;
    let calls: Vec<&Value> = said
        .iter()
        .flat_map(|said| said["calls"].as_array().unwrap())
        .collect();
    assert_eq!(calls.len(), 3);
    let plain = calls
        .iter()
        .find(|call| call["attributes"]["tenant"] == "blue")
        .unwrap();
    assert_eq!(plain["attributes"]["params"], attributes["params"]);
    assert_eq!(
        (&plain["project_id"], &plain["op_name"]),
        (
            &json!("acme/chatbot"),
            &json!("openai.chat.completions.create")
        )
    );
    assert_eq!(plain["inputs"]["messages"][0]["content"], "what is 2+2?");
    let usage = model.answers()[0].usage.unwrap();
    let answered = model.answers()[0].model.clone().unwrap();
    assert_eq!(
        plain["summary"]["usage"][&answered]["prompt_tokens"],
        json!(usage.prompt_tokens)
    );
    assert_eq!(
        plain["summary"]["usage"][&answered]["completion_tokens"],
        json!(usage.completion_tokens)
    );
    let failed = calls
        .iter()
        .find(|call| call["exception"].is_string())
        .unwrap();
    assert_eq!(
        failed["summary"]["status_counts"],
        json!({"success": 0, "error": 1})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn they_take_what_the_server_answers() {
    let server = demo().await;
    let calls = server.calls("demo/cookbook").await.unwrap();
    let answers = calls
        .iter()
        .map(|call| json!({"path": "/calls/stream_query", "answer": call}));
    let ask = async |path: &str, body: Value| {
        let url = format!("{}{path}", server.url);
        let answer = reqwest::Client::new()
            .post(url)
            .json(&body)
            .send()
            .await
            .unwrap();
        json!({"path": path, "answer": answer.json::<Value>().await.unwrap()})
    };
    let one = json!({"project_id": "demo/cookbook", "id": calls[0]["id"], "include_costs": true});
    let lines = answers.chain([
        ask("/call/read", one).await,
        ask("/calls/query_stats", json!({"project_id": "demo/cookbook"})).await,
    ]);
    judged(lines.collect()).await;
}
