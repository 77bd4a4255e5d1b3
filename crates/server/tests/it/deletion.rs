//! Deleted calls are gone: from answers, from sums, and from the file.

use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::setup::{Running, call};

fn is_in(path: &Path, text: &str) -> bool {
    let files = ["", "-wal"].map(|suffix| format!("{}{suffix}", path.display()));
    let bytes = files.iter().filter_map(|file| std::fs::read(file).ok());
    bytes.into_iter().any(|bytes| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    })
}

fn count(path: &Path, select: &str) -> i64 {
    let database = Connection::open(path).unwrap();
    database.query_row(select, [], |row| row.get(0)).unwrap()
}

async fn delete(server: &Running, query: &str) -> (u16, Value) {
    let url = format!("{}/api/calls?{query}", server.url);
    let answer = server.client.delete(url).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn calls_delete(server: &Running, ids: &[&str]) -> Value {
    let body = json!({"project_id": "acme/chatbot", "call_ids": ids, "wb_user_id": null});
    let answer = server.post("/calls/delete", &body).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

fn id(n: u32) -> String {
    format!("{n:016x}")
}

#[tokio::test]
async fn a_deleted_call_is_gone_with_the_calls_below_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let server = Running::with_database(&path).await;
    // 2 is below 1, and 3 below 2; 4 is in the same trace.
    let mut calls: Vec<Value> = (1..=4).map(call).collect();
    for (n, parent) in [(2, 1), (3, 2), (4, 9)] {
        calls[n - 1]["trace_id"] = calls[0]["trace_id"].clone();
        calls[n - 1]["parent_id"] = json!(id(parent));
    }
    server.record(&calls).await;
    // The start of a call that ended later is in the file as well.
    let mut start = call(5);
    for field in ["ended_at", "output", "summary"] {
        start.as_object_mut().unwrap().remove(field);
    }
    server.post("/call/start", &json!({"start": start})).await;
    let end = json!({"project_id": "acme/chatbot", "id": id(5), "ended_at": "2026-11-22T10:00:09Z", "summary": {}});
    server.post("/call/end", &json!({"end": end})).await;

    let ids = [&*id(2), &id(5), "unknown"];
    assert_eq!(calls_delete(&server, &ids).await, json!({"num_deleted": 3}));
    assert_eq!(calls_delete(&server, &ids).await, json!({"num_deleted": 0}));
    let left = |calls: Vec<Value>| {
        calls
            .iter()
            .map(|call| call["id"].clone())
            .collect::<Vec<_>>()
    };
    let expected = [json!(id(1)), json!(id(4))];
    assert_eq!(left(server.query(json!({})).await), expected);
    let read = json!({"project_id": "acme/chatbot", "id": id(2)});
    let answer: Value = server.post("/call/read", &read).await.json().await.unwrap();
    assert_eq!(answer["call"], Value::Null);
    assert_eq!(server.get("/api/info").await["space"]["calls"], 2);
    server.stop().await;
    let server = Running::with_database(&path).await;
    assert_eq!(left(server.query(json!({})).await), expected);
    assert_eq!(server.get("/health").await, json!({"status": "ok"}));
    // A call with the same id is a new call.
    server.record(&[call(2)]).await;
    assert_eq!(server.count().await, 3);
}

#[tokio::test]
async fn a_filter_deletes_the_calls_of_a_user_with_what_only_they_had() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let server = Running::with_database(&path).await;
    let of = |user: &str, n: u32| {
        let mut call = call(n);
        call["wb_user_id"] = json!(user);
        call["attributes"]["email"] = json!(format!("{user}@example.com"));
        let shared = "Answer in one short sentence. ".repeat(20);
        let own = format!("{user} has asked before. ").repeat(20);
        call["inputs"]["messages"] =
            json!([{"content": shared}, {"content": own}, {"content": n.to_string()}]);
        call
    };
    // One by one, so that texts that repeat are stored apart.
    for n in 0..5 {
        server
            .record(&[of("ada", 2 * n), of("bob", 2 * n + 1)])
            .await;
    }
    let texts = "SELECT count(*) FROM text";
    assert_eq!(count(&path, texts), 3);
    let stream = "entity=acme&project=chatbot&stream=openai_logs";
    let misspelt = delete(&server, &format!("{stream}&usr=ada")).await;
    assert_eq!(misspelt, (400, json!({"reason": "unknown parameter usr"})));
    assert_eq!(delete(&server, &format!("{stream}&limit=1")).await.0, 400);
    assert_eq!(delete(&server, "entity=acme&project=chatbot").await.0, 400);
    let nobody = delete(&server, &format!("{stream}&user=eve")).await;
    assert_eq!(nobody, (200, json!({"deleted": 0})));
    assert_eq!(server.count().await, 10);
    assert!(is_in(&path, "ada@example.com"));

    let answer = delete(&server, &format!("{stream}&user=ada")).await;
    assert_eq!(answer, (200, json!({"deleted": 5})));
    let calls = server.query(json!({})).await;
    assert_eq!(calls.len(), 5);
    for call in &calls {
        assert_eq!(call["wb_user_id"], "bob");
        let own = call["inputs"]["messages"][1]["content"].as_str().unwrap();
        assert!(own.starts_with("bob has asked before."), "{call}");
    }
    // Nor is it in pages that are free, or in the log.
    assert!(is_in(&path, "bob@example.com") && !is_in(&path, "ada@example.com"));
    assert_eq!(count(&path, texts), 2);
    // The texts that are left are still referred to, and one that was deleted is stored again.
    for n in 5..8 {
        server
            .record(&[of("ada", 2 * n), of("bob", 2 * n + 1)])
            .await;
    }
    assert_eq!(count(&path, texts), 3);
    let totals = &server
        .get(&format!("/api/summary?{stream}&attr=email=ada@example.com"))
        .await["totals"];
    assert_eq!(totals["calls"], 3);
    server.stop().await;
    let server = Running::with_database(&path).await;
    assert_eq!(server.query(json!({})).await.len(), 11);
    let all = delete(&server, stream).await;
    assert_eq!(all, (200, json!({"deleted": 11})));
    assert_eq!(count(&path, texts), 0);
}

#[tokio::test]
async fn calls_of_any_depth_go_with_the_first() {
    let server = Running::new().await;
    let mut calls: Vec<Value> = (1..=400).map(call).collect();
    for n in 1..400 {
        calls[n]["trace_id"] = calls[0]["trace_id"].clone();
        calls[n]["parent_id"] = calls[n - 1]["id"].clone();
    }
    // Below themselves, whatever they were sent with.
    for (n, parent) in [(500, 501), (501, 500)] {
        let mut circle = call(n);
        circle["trace_id"] = json!("5".repeat(32));
        circle["parent_id"] = json!(id(parent));
        calls.push(circle);
    }
    server.record(&calls).await;
    let answer = calls_delete(&server, &[&id(3), &id(500)]).await;
    assert_eq!(answer, json!({"num_deleted": 400}));
    assert_eq!(server.count().await, 2);
}

#[tokio::test]
async fn a_text_that_came_twice_goes_with_both_calls() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let server = Running::with_database(&path).await;
    for n in [1, 2] {
        let mut call = call(n);
        call["inputs"]["messages"][0]["content"] = json!("How high is the Zugspitze? ".repeat(20));
        server.record(&[call]).await;
    }
    let texts = "SELECT count(*) FROM text";
    assert_eq!(count(&path, texts), 1);
    calls_delete(&server, &[&id(1), &id(2)]).await;
    assert_eq!(count(&path, texts), 0);
}

#[tokio::test]
async fn what_waits_for_a_start_is_deleted_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let server = Running::with_database(&path).await;
    let output = |n: u32| format!("the output of {n}");
    for n in [1, 2] {
        let end = json!({"project_id": "acme/chatbot", "id": id(n), "ended_at": "2026-11-22T10:00:09Z", "output": output(n), "summary": {}});
        server.post("/call/end", &json!({"end": end})).await;
        assert!(is_in(&path, &output(n)));
    }
    let mut start = call(1);
    for field in ["ended_at", "output", "summary"] {
        start.as_object_mut().unwrap().remove(field);
    }
    server.post("/call/start", &json!({"start": start})).await;
    assert_eq!(server.query(json!({})).await[0]["output"], output(1));
    let answer = calls_delete(&server, &[&id(1), &id(2)]).await;
    assert_eq!(answer, json!({"num_deleted": 1}));
    server.stop().await;
    assert!(!is_in(&path, &output(1)) && !is_in(&path, &output(2)));
}

#[tokio::test]
async fn a_span_counts_again_when_the_calls_below_it_are_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let mut server = Running::with_database(&path).await;
    let mut calls: Vec<Value> = (1..=4).map(call).collect();
    for inner in [1, 2, 3] {
        calls[inner]["trace_id"] = calls[0]["trace_id"].clone();
        calls[inner]["parent_id"] = json!(id(1));
        calls[inner]["started_at"] = calls[0]["started_at"].clone();
    }
    // The last one is around nothing, and below a span that has not arrived.
    calls[3]["parent_id"] = json!(id(8));
    server.record(&calls).await;
    let stream = "entity=acme&project=chatbot&stream=openai_logs";
    let input_tokens = async |server: &Running| {
        server.get(&format!("/api/summary?{stream}")).await["totals"]["input_tokens"].clone()
    };
    assert_eq!(input_tokens(&server).await, 20 + 30 + 40);
    calls_delete(&server, &[&id(2)]).await;
    assert_eq!(input_tokens(&server).await, 30 + 40);
    calls_delete(&server, &[&id(3), &id(4)]).await;
    // The span around the fourth call arrives: there is nothing below it any more.
    let mut late = call(8);
    late["trace_id"] = calls[0]["trace_id"].clone();
    late["started_at"] = calls[0]["started_at"].clone();
    server.record(&[late]).await;
    for _ in 0..2 {
        assert_eq!(input_tokens(&server).await, 10 + 80);
        server.stop().await;
        server = Running::with_database(&path).await;
    }
}

#[tokio::test]
async fn calls_are_renamed_before_and_after_they_arrive() {
    let server = Running::new().await;
    let rename = async |n: u32, name: Value| {
        let update = json!({"project_id": "acme/chatbot", "call_id": id(n), "display_name": name, "wb_user_id": null});
        server.post("/call/update", &update).await.status().as_u16()
    };
    server.record(&[call(1), call(2)]).await;
    assert_eq!(rename(1, json!("first")).await, 200);
    assert_eq!(rename(2, json!("")).await, 200);
    assert_eq!(rename(3, json!("third")).await, 200);
    for (name, status) in [
        (Value::Null, 400),
        (json!("ü".repeat(1_025)), 400),
        (json!("ü".repeat(1_024)), 200),
    ] {
        assert_eq!(rename(4, name).await, status);
    }
    server.record(&[call(3)]).await;
    let calls = server.query(json!({})).await;
    let names: Vec<&Value> = calls.iter().map(|call| &call["display_name"]).collect();
    assert_eq!(names, [&json!("first"), &Value::Null, &json!("third")]);
    let rest = ["output", "ended_at", "exception", "inputs"];
    assert!(
        rest.iter().all(|field| calls[0][field] == call(1)[field]),
        "{}",
        calls[0]
    );
}
