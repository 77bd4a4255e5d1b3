//! Calls as a file.

use serde_json::{Value, json};

use crate::setup::{Running, call};

const STREAM: &str = "entity=acme&project=chatbot&stream=openai_logs";

async fn export(server: &Running, rest: &str) -> reqwest::Response {
    let address = format!("{}/api/export?{STREAM}{rest}", server.url);
    server.client.get(address).send().await.unwrap()
}

#[tokio::test]
async fn every_selected_call_is_a_line_of_json() {
    let server = Running::new().await;
    let mut calls: Vec<Value> = (1..=300).map(call).collect();
    calls[6]["inputs"]["messages"][0]["content"] = "two\nlines \u{2028} and more".into();
    calls[6]["thread_id"] = "c-1".into();
    server.record(&calls).await;
    let answer = export(&server, "").await;
    assert_eq!(answer.headers()["content-type"], "application/jsonl");
    assert_eq!(answer.headers()["x-total-count"], "300");
    let text = answer.text().await.unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        crate::setup::numbers(&lines),
        (1..=300).collect::<Vec<u64>>()
    );
    let seventh = &lines[6];
    assert_eq!(
        (
            &seventh["output_tokens"],
            &seventh["thread"],
            &seventh["stream"]
        ),
        (&json!(7), &json!("c-1"), &json!("openai_logs"))
    );
    assert_eq!(seventh["inputs"], calls[6]["inputs"]);
    assert_eq!(seventh["output"], calls[6]["output"]);
    let some = export(&server, "&q=latency:%3C500ms")
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(some.lines().count(), 4);
    let none = export(&server, "&model=none").await.text().await.unwrap();
    assert_eq!(none, "");
}

#[tokio::test]
async fn a_table_has_a_header_and_no_formulas() {
    let server = Running::new().await;
    let mut calls: Vec<Value> = (1..=2).map(call).collect();
    calls[0]["inputs"]["messages"][0]["content"] = "=HYPERLINK(\"http://x\"), a \"quote\"".into();
    calls[1]["summary"] = json!({});
    server.record(&calls).await;
    let answer = export(&server, "&format=csv").await;
    assert!(
        answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/csv")
    );
    let text = answer.text().await.unwrap();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let column = |name: &str, headers: &csv::StringRecord| {
        headers.iter().position(|header| header == name).unwrap()
    };
    let headers = rows.headers().unwrap().clone();
    let records: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    let cell = |row: usize, name: &str| records[row][column(name, &headers)].to_owned();
    assert_eq!(cell(0, "prompt"), "'=HYPERLINK(\"http://x\"), a \"quote\"");
    assert_eq!(
        (cell(0, "latency_ms"), cell(0, "cost_usd")),
        ("100".to_owned(), "0.001".to_owned())
    );
    assert_eq!(cell(0, "started_at"), "2026-11-22T10:00:01Z");
    assert_eq!(
        (cell(1, "cost_usd"), cell(1, "input_tokens")),
        (String::new(), String::new()),
        "unknown is empty"
    );
    let empty = export(&server, "&format=csv&model=none")
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(empty.lines().count(), 1);
    assert_eq!(export(&server, "&format=xlsx").await.status(), 400);
}
