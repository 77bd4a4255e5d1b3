//! W&B's request models accept what the exporter sends, and its response models accept what the server answers.

use serde_json::{Value, json};
use spanloom_core::Record;
use spanloom_exporter::Destination;
use spanloom_testkit::SinkRequest;
use spanloom_tests::parts::weave::{MODELS, run};

use super::kinds::{self, LABELS, labelled};
use super::{costs, demo, native, total};
use crate::model::user;

/// Validates `lines` with W&B's models, and fails unless they accept every line and ignore no part of it.
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

/// Returns the models' view of the call with this label.
fn of<'a>(calls: &'a [Value], label: &str) -> &'a Value {
    labelled(calls, |call| &call["attributes"], label)
}

#[tokio::test(flavor = "multi_thread")]
async fn they_take_what_the_exporter_sends() {
    for to in [Destination::spanloom, Destination::wandb] {
        let (requests, _) = native(to, None).await;
        takes(&requests).await;
    }
}

async fn takes(requests: &[SinkRequest]) {
    let sent = requests
        .iter()
        .map(|request| json!({"path": request.path, "body": request.json().unwrap()}));
    let said = judged(sent.collect()).await;
    let calls = said
        .iter()
        .flat_map(|said| said["calls"].as_array().unwrap().clone());
    let calls: Vec<Value> = calls.collect();
    assert_eq!(calls.len(), LABELS.len());
    for label in LABELS {
        let call = of(&calls, label);
        assert_eq!(call["project_id"], "acme/chatbot", "{label}");
        assert_eq!(call["attributes"]["stream"], "openai_logs", "{label}");
        assert_eq!(
            call["attributes"]["params"],
            kinds::attributes(label)["params"]
        );
        assert_eq!(call["thread_id"], kinds::SESSION, "{label}");
        let failed = label == "failed";
        assert_eq!(call["exception"].is_string(), failed, "{label}: {call:#}");
        assert_eq!(
            call["summary"]["status_counts"]["error"],
            i64::from(failed),
            "{label}"
        );
    }
    for (label, op_name) in [
        ("plain", "openai.chat.completions.create"),
        ("streamed", "openai.chat.completions.create"),
        ("response", "openai.responses.create"),
        ("embedding", "openai.embeddings.create"),
    ] {
        assert_eq!(of(&calls, label)["op_name"], op_name);
    }
    assert_eq!(of(&calls, "plain")["inputs"], user("what is 2+2?"));
    assert_eq!(
        of(&calls, "streamed")["output"]["object"],
        "chat.completion"
    );
    assert_eq!(of(&calls, "response")["output"], kinds::response_answer());
    let tool = &of(&calls, "tool")["output"]["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(tool["function"]["name"], "get_weather");
    let usage = &of(&calls, "response")["summary"]["usage"][kinds::MODEL];
    assert_eq!(
        [
            "prompt_tokens",
            "completion_tokens",
            "total_tokens",
            "cache_read_input_tokens"
        ]
        .map(|name| usage[name].as_u64()),
        [Some(2_048), Some(40), Some(2_088), Some(1_024)]
    );
    for second_family in ["input_tokens", "output_tokens"] {
        assert_eq!(usage[second_family], Value::Null, "{usage:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_take_the_parts_of_older_servers() {
    let (_, records) = native(Destination::wandb, None).await;
    let parts = records.iter().flat_map(Record::parts);
    let parts: Vec<Value> = parts
        .map(|part| serde_json::to_value(part).unwrap())
        .collect();
    assert_eq!(parts.len(), 2 * records.len());
    let said = judged(vec![
        json!({"path": "/call/upsert_batch", "body": {"batch": parts}}),
    ])
    .await;
    let understood = said[0]["calls"].as_array().unwrap();
    for (record, parts) in records.iter().zip(understood.chunks(2)) {
        let (start, end) = (&parts[0]["req"]["start"], &parts[1]["req"]["end"]);
        let sent = serde_json::to_value(record).unwrap();
        for (part, names) in [
            (
                start,
                &[
                    "id",
                    "trace_id",
                    "parent_id",
                    "op_name",
                    "display_name",
                    "inputs",
                    "attributes",
                    "thread_id",
                    "turn_id",
                ][..],
            ),
            (
                end,
                &["id", "trace_id", "output", "exception", "summary"][..],
            ),
        ] {
            for name in names {
                assert_eq!(part[name], sent[name], "{name}");
            }
        }
        assert_eq!(start["attributes"]["user"], kinds::USER);
        assert_eq!(start["wb_user_id"], Value::Null);
        assert_eq!(start["attributes"]["weave"]["kind"], "llm");
    }
}

/// One call, one price: the price that W&B's server adds to a native call when it is read is that of the record.
#[tokio::test(flavor = "multi_thread")]
async fn wandbs_server_reckons_the_same_cost() {
    let (_, records) = native(Destination::wandb, None).await;
    let lines = records.iter().map(|record| {
        let call = serde_json::to_value(record).unwrap();
        format!(
            "{}\n",
            json!({"id": call["id"], "started_at": call["started_at"], "summary": call["summary"]})
        )
    });
    let costs = costs(lines.collect()).await;
    let mut priced = 0;
    for record in &records {
        let Some(ours) =
            serde_json::to_value(&record.summary).unwrap()["cost"]["total_usd"].as_f64()
        else {
            continue;
        };
        let theirs = costs[&record.id]["costs"].as_object().unwrap();
        assert_eq!(theirs.len(), 1, "one model: {theirs:#?}");
        let theirs = total(theirs.values().next().unwrap());
        assert!(
            (ours - theirs).abs() < 1e-12,
            "{ours} and {theirs}: {record:#?}"
        );
        priced += 1;
    }
    assert!(priced >= 5, "{priced}");
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
