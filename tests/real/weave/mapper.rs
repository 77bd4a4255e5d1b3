//! W&B's own mapping of the spans that reach it over OTLP.

use std::time::Duration;

use serde_json::{Value, json};
use spanloom::MonitorBuilder;
use spanloom_testkit::Fault;
use spanloom_tests::parts::weave::{MAPPER, run};

use super::Monitored;
use crate::model::user;

#[tokio::test(flavor = "multi_thread")]
async fn it_finds_model_messages_usage_and_project() {
    let Monitored {
        model,
        sink,
        monitor,
        client,
    } = Monitored::new(MonitorBuilder::with_collector).await;
    let ask = async |text: &str| {
        client
            .chat()
            .create(serde_json::from_value(user(text)).unwrap())
            .await
    };
    ask("what is 2+2?").await.unwrap();
    model.fail_next(Fault::ContextLength { limit: 8 });
    assert!(ask("Summarise the whole library.").await.is_err());
    let receipt = monitor.shutdown(Duration::from_secs(10)).await;
    assert_eq!(receipt.delivered, 2);

    let folder = tempfile::tempdir().unwrap();
    let files: Vec<String> = sink
        .requests()
        .iter()
        // Metrics and events have other paths.
        .filter(|request| request.path == "/v1/traces")
        .enumerate()
        .map(|(number, request)| {
            let file = folder.path().join(number.to_string());
            std::fs::write(&file, &request.body).unwrap();
            file.display().to_string()
        })
        .collect();
    let map = move || {
        run(
            MAPPER,
            "mapper.py",
            &files.iter().map(String::as_str).collect::<Vec<_>>(),
            "http://127.0.0.1:9",
            b"",
        )
        .unwrap()
    };
    let mapped = tokio::task::spawn_blocking(map).await.unwrap().remove(0);
    assert_eq!(
        (&mapped["rejected"], &mapped["projects"]),
        (&json!([]), &json!(["acme/chatbot"]))
    );
    let calls = mapped["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 2);

    let (good, failed): (Vec<&Value>, Vec<&Value>) = calls
        .iter()
        .partition(|call| call["end"]["exception"].is_null());
    let (start, end) = (&good[0]["start"], &good[0]["end"]);
    let answer = &model.answers()[0];
    let (usage, answered) = (answer.usage.unwrap(), answer.model.clone().unwrap());
    assert_eq!(start["op_name"], "chat gpt-4o-mini");
    assert_eq!(start["attributes"]["model"], json!(answered));
    assert_eq!(start["attributes"]["provider"], "openai");
    assert_eq!(start["attributes"]["operation_name"], "chat");
    assert_eq!(start["attributes"]["finish_reasons"], json!(["stop"]));
    let tokens = &end["summary"]["usage"][&answered];
    assert_eq!(
        (&tokens["input_tokens"], &tokens["output_tokens"]),
        (&json!(usage.prompt_tokens), &json!(usage.completion_tokens))
    );
    let said = |messages: &Value| messages[0]["parts"][0]["content"].clone();
    assert_eq!(
        said(&start["inputs"]["gen_ai.input.messages"]),
        "what is 2+2?"
    );
    assert!(
        said(&end["output"]["gen_ai.output.messages"])
            .as_str()
            .unwrap()
            .contains('4'),
        "{end:#}"
    );
    // The bodies are for records; a collector receives none.
    assert!(!mapped.to_string().contains("spanloom.request"));
    assert_eq!(end["summary"]["weave"]["status"], "success");
    assert_eq!(failed[0]["end"]["summary"]["weave"]["status"], "error");
    assert!(
        failed[0]["end"]["exception"]
            .as_str()
            .unwrap()
            .contains("context length"),
        "{:#}",
        failed[0]["end"]
    );
}
