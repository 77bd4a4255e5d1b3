//! The real client reads the demo's calls.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use spanloom_exporter::Destination;
use spanloom_tests::parts::weave::{CLIENT, run};

use super::kinds::{self, labelled};
use super::{demo, native, total};
use crate::program::Server;

const PROJECT: &str = "demo/cookbook";

#[tokio::test(flavor = "multi_thread")]
async fn it_reads_the_demos_calls_in_the_ways_its_users_do() {
    let server = demo().await;
    let stored = server.calls(PROJECT).await.unwrap();
    let url = server.url.clone();
    let lines = tokio::task::spawn_blocking(move || {
        run(CLIENT, "client.py", &[PROJECT], &url, b"").unwrap()
    });
    let read = lines.await.unwrap().remove(0);
    assert_eq!(read["project"], PROJECT);
    assert_eq!(read["problems"], json!([]));
    let elsewhere: Vec<&str> = read["refused"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        elsewhere.iter().all(|host| host.contains("pypi.org")),
        "only its own search for updates: {elsewhere:?}"
    );

    let calls = read["calls"].as_array().unwrap();
    assert_eq!(calls.len(), stored.len());
    assert_eq!(
        ids(&read["calls"]),
        stored
            .iter()
            .map(|call| call["id"].clone())
            .collect::<Vec<_>>()
    );
    for (call, stored) in calls.iter().zip(&stored) {
        has_chat_shape(call);
        for same in [
            "op_name",
            "inputs",
            "output",
            "trace_id",
            "parent_id",
            "display_name",
        ] {
            assert_eq!(call[same], stored[same], "{same}");
        }
    }
    usage_and_cost(calls);
    ids_are_addresses(&read, calls, PROJECT);
    threads(&read, calls);
    queries(&read, calls);
    assert_eq!(read["call"]["id"], calls[0]["id"]);
    assert!(
        read["missing"]["error"]
            .as_str()
            .unwrap()
            .contains("Call not found"),
        "{}",
        read["missing"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_reads_what_the_exporter_recorded() {
    let server = Server::start().await;
    let to = Destination::spanloom(&server.url).unwrap();
    let (_, records) = native(Destination::spanloom, Some(to)).await;
    let url = server.url.clone();
    let lines = tokio::task::spawn_blocking(move || {
        run(CLIENT, "client.py", &["acme/chatbot"], &url, b"").unwrap()
    });
    let read = lines.await.unwrap().remove(0);
    assert_eq!(read["problems"], json!([]));
    let calls = read["calls"].as_array().unwrap();
    assert_eq!(calls.len(), records.len());
    ids_are_addresses(&read, calls, "acme/chatbot");
    threads(&read, calls);
    let in_thread = &read["queries"]["of_threads"][kinds::SESSION];
    assert_eq!(in_thread.as_array().unwrap().len(), calls.len());
    for record in &records {
        let call = calls.iter().find(|call| call["id"] == record.id).unwrap();
        let sent = serde_json::to_value(record).unwrap();
        for same in [
            "trace_id",
            "op_name",
            "display_name",
            "thread_id",
            "turn_id",
            "wb_user_id",
        ] {
            assert_eq!(call[same], sent[same], "{same}: {call:#}");
        }
        has_all_of(&call["inputs"], &sent["inputs"]);
        has_all_of(
            &call["summary"]["usage"][kinds::MODEL],
            &sent["summary"]["usage"][kinds::MODEL],
        );
        match sent["exception"].as_str() {
            None => assert_eq!(call["output"], sent["output"], "{call:#}"),
            Some(message) => {
                let exception = call["exception"].as_str().unwrap();
                let exception: Value = serde_json::from_str(exception).unwrap();
                assert_eq!(
                    (&exception["message"], &call["output"]),
                    (&json!(message), &Value::Null)
                );
            }
        }
        let label = record.attributes["label"].as_str().unwrap();
        assert_eq!(call["wb_user_id"], kinds::USER, "{label}");
        let params = &kinds::attributes(label)["params"];
        assert_eq!(call["attributes"]["params"], *params, "{label}");
        assert_eq!(call["attributes"]["stream"], "openai_logs", "{label}");
    }
    let of = |label| labelled(calls, |call| &call["attributes"], label);
    let usage = &of("response")["summary"]["usage"][kinds::MODEL];
    assert_eq!(usage["cache_read_input_tokens"], 1_024);
    for label in ["plain", "streamed", "tool", "response"] {
        let summary = &of(label)["summary"];
        let costs = &summary["weave"]["costs"][kinds::MODEL];
        let (theirs, ours) = (total(costs), summary["cost"]["total_usd"].as_f64().unwrap());
        assert!(
            ours > 0.0 && (theirs - ours).abs() < 1e-12,
            "{label}: {summary:#}"
        );
    }
}

/// Checks for W&B's chat view, which needs messages with roles in the inputs and choices with messages in the output.
fn has_chat_shape(call: &Value) {
    if !call["op_name"].as_str().unwrap().contains("chat") {
        return;
    }
    let messages = call["inputs"]["messages"].as_array().unwrap();
    assert!(
        !messages.is_empty() && messages.iter().all(|message| message["role"].is_string()),
        "{call:#}"
    );
    assert!(call["inputs"]["model"].is_string(), "{call:#}");
    if call["exception"].is_null() {
        assert!(
            call["output"]["choices"][0]["message"]["role"] == "assistant",
            "{call:#}"
        );
        assert_eq!(call["output"]["object"], "chat.completion", "{call:#}");
    }
}

/// Checks that an object has all members of another one, unchanged.
fn has_all_of(found: &Value, sent: &Value) {
    for (name, value) in sent.as_object().into_iter().flatten() {
        assert_eq!(&found[name], value, "{name}: {found:#}");
    }
}

fn usage_and_cost(calls: &[Value]) {
    let mut priced = 0;
    for call in calls {
        let Some(usage) = call["summary"]["usage"].as_object() else {
            assert!(
                call["exception"].is_string(),
                "only a failed call has no usage: {call:#}"
            );
            continue;
        };
        for (model, usage) in usage {
            assert_eq!(usage["requests"], 1, "{call:#}");
            let costs = &call["summary"]["weave"]["costs"][model];
            if let Some(total) = call["summary"]["cost"]["total_usd"].as_f64() {
                let parts = [
                    "prompt",
                    "completion",
                    "cache_read_input",
                    "cache_creation_input",
                ];
                let part = |part: &str| costs[format!("{part}_tokens_total_cost")].as_f64();
                let sum: f64 = parts.into_iter().filter_map(part).sum();
                assert!((sum - total).abs() < 1e-12, "{sum} and {total}: {call:#}");
                assert_eq!(costs["prompt_tokens"], usage["prompt_tokens"]);
                priced += 1;
            }
        }
    }
    assert!(priced > 15, "{priced}");
}

/// Checks that ids of spans, 16 and 32 digits, can be found and referenced like the client's own UUIDs.
fn ids_are_addresses(read: &Value, calls: &[Value], project: &str) {
    let found = read["by_id"].as_array().unwrap();
    assert_eq!(found.len(), calls.len());
    for (found, call) in found.iter().zip(calls) {
        let id = call["id"].as_str().unwrap();
        assert_eq!(id.len(), 16, "{found}");
        assert_eq!(call["trace_id"].as_str().unwrap().len(), 32);
        for same in ["id", "parsed", "again"] {
            assert_eq!(found[same], id, "{found}");
        }
        assert_eq!(found["trace_id"], call["trace_id"]);
        assert_eq!(found["ref"], format!("weave:///{project}/call/{id}"));
        assert!(
            found["url"]
                .as_str()
                .unwrap()
                .ends_with(&format!("/{project}/r/call/{id}")),
            "{found}"
        );
    }
}

fn threads(read: &Value, calls: &[Value]) {
    for (thread, found) in read["queries"]["of_threads"].as_object().unwrap() {
        let of = |call: &&Value| call["thread_id"] == *thread;
        let of: Vec<Value> = calls
            .iter()
            .filter(of)
            .map(|call| call["id"].clone())
            .collect();
        assert_eq!(*found, json!(of), "{thread}");
    }
    for call in calls {
        assert_eq!(
            call["turn_id"].is_string(),
            call["thread_id"].is_string(),
            "{call:#}"
        );
    }
}

fn queries(read: &Value, calls: &[Value]) {
    let all = ids(&read["calls"]);
    let answers = &read["queries"];
    let failed: Vec<(&String, &Value)> = answers
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, answer)| answer["error"].is_string())
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(answers["count"], all.len());
    assert_eq!(answers["pages_of_2"], json!(all));
    assert_eq!(answers["limit_3_offset_1"], json!(all[1..4]));
    assert_eq!(answers["slice"], json!(all[1..3]));
    assert_eq!(answers["roots"], json!(all));
    let newest: Vec<&Value> = all.iter().rev().collect();
    assert_eq!(answers["newest_first"], json!(newest));
    assert_eq!(answers["of_trace"], json!([all[0]]));
    let such = |is: &dyn Fn(&Value) -> bool| -> Value {
        calls
            .iter()
            .filter(|call| is(call))
            .map(|call| call["id"].clone())
            .collect()
    };
    assert_eq!(
        answers["no_error"],
        such(&|call| call["exception"].is_null())
    );
    assert_eq!(
        answers["status_error"],
        such(&|call| call["summary"]["weave"]["status"] == "error")
    );
    assert_eq!(
        answers["slower_than_100_ms"],
        such(&|call| call["summary"]["weave"]["latency_ms"].as_f64() > Some(100.0))
    );
    assert_eq!(
        answers["from_30_tokens"],
        such(&|call| call["output"]["usage"]["total_tokens"].as_i64() >= Some(30))
    );
    assert_eq!(
        answers["of_op"],
        such(&|call| call["op_name"] == calls[0]["op_name"])
    );
    // The client truncates times to microseconds, so the requested call may appear once more.
    let since: BTreeSet<&str> = answers["since"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let after: BTreeSet<&str> = all[all.len() / 2 + 1..]
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        after.is_subset(&since) && since.len() <= after.len() + 1,
        "{since:?}"
    );
}

fn ids(calls: &Value) -> Vec<Value> {
    calls
        .as_array()
        .unwrap()
        .iter()
        .map(|call| call["id"].clone())
        .collect()
}
