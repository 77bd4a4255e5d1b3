//! Conversations and their turns.

use serde_json::{Value, json};

use crate::setup::{Running, call, numbers};

const PROJECT: &str = "acme/chatbot";

#[tokio::test]
async fn threads_are_the_turns_in_them() {
    let server = Running::new().await;
    let mut calls: Vec<Value> = (1..=5).map(call).collect();
    for (n, thread, turn) in [(1, "a", 1), (2, "a", 2), (3, "a", 2), (4, "b", 4)] {
        calls[n - 1]["thread_id"] = json!(thread);
        calls[n - 1]["turn_id"] = json!(format!("{turn:016x}"));
    }
    // The third call is below the second.
    calls[2]["parent_id"] = calls[1]["id"].clone();
    calls[2]["trace_id"] = calls[1]["trace_id"].clone();
    calls[3]["ended_at"] = Value::Null;
    server.record(&calls).await;
    let threads = async |more: Value| -> Vec<Value> {
        let mut body = json!({"project_id": PROJECT});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let text = server
            .post("/threads/stream_query", &body)
            .await
            .text()
            .await
            .unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let expected = json!([{"thread_id": "a", "turn_count": 2, "start_time": call(1)["started_at"], "last_updated": call(2)["ended_at"],
        "first_turn_id": calls[0]["id"], "last_turn_id": calls[1]["id"], "p50_turn_duration_ms": 150.0, "p99_turn_duration_ms": 199.0}]);
    assert_eq!(json!(threads(json!({})).await), expected);
    calls[3]["ended_at"] = call(4)["ended_at"].clone();
    server.record(&calls[3..4]).await;
    let names = |threads: Vec<Value>| {
        threads
            .iter()
            .map(|thread| thread["thread_id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(threads(json!({})).await), ["b", "a"]);
    let sort = json!([{"field": "turn_count", "direction": "desc"}]);
    assert_eq!(
        names(threads(json!({"sort_by": sort, "limit": 1})).await),
        ["a"]
    );
    assert_eq!(
        names(threads(json!({"filter": {"thread_ids": ["b"]}})).await),
        ["b"]
    );
    assert_eq!(
        names(threads(json!({"filter": {"after_datetime": calls[1]["started_at"]}})).await),
        ["b"]
    );
    assert_eq!(
        names(threads(json!({"filter": {"before_datetime": calls[1]["started_at"]}})).await),
        ["a"]
    );
    let wrong = json!({"project_id": PROJECT, "sort_by": [{"field": "x", "direction": "asc"}]});
    assert_eq!(
        server.post("/threads/stream_query", &wrong).await.status(),
        400
    );
    assert_eq!(
        numbers(
            &server
                .query(json!({"filter": {"turn_ids": [format!("{:016x}", 2)]}}))
                .await
        ),
        [2, 3]
    );
    assert_eq!(
        server
            .query(json!({"filter": {"thread_ids": []}}))
            .await
            .len(),
        0
    );
}
