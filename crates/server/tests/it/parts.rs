//! Calls that arrive as start and end, in any order, in one request or in several.

use serde_json::{Value, json};

use crate::setup::{Running, call};

/// Returns the parts of the `n`-th call, as W&B's clients send them, including nulls.
fn parts(n: u32) -> (Value, Value) {
    let whole = call(n);
    let mut start = json!({"otel_dump": null, "thread_id": null, "turn_id": null, "wb_user_id": null, "wb_run_id": null});
    for field in [
        "project_id",
        "id",
        "trace_id",
        "parent_id",
        "op_name",
        "display_name",
        "started_at",
        "attributes",
        "inputs",
    ] {
        start[field] = whole[field].clone();
    }
    let mut end =
        json!({"started_at": null, "trace_id": null, "is_eval": false, "wb_run_step_end": null});
    for field in [
        "project_id",
        "id",
        "ended_at",
        "exception",
        "output",
        "summary",
    ] {
        end[field] = whole[field].clone();
    }
    (start, end)
}

fn batch(parts: &[(&str, &Value)]) -> Value {
    let parts: Vec<Value> = parts
        .iter()
        .map(|(mode, part)| json!({"mode": mode, "req": {*mode: part}}))
        .collect();
    json!({"batch": parts})
}

async fn sent(server: &Running, path: &str, body: &Value) -> Value {
    let response = server.post(path, body).await;
    assert_eq!(
        response.status(),
        200,
        "{path}: {}",
        response.text().await.unwrap()
    );
    response.json().await.unwrap()
}

fn is_whole(read: &Value, n: u32) {
    let whole = call(n);
    for field in [
        "inputs",
        "output",
        "attributes",
        "started_at",
        "ended_at",
        "op_name",
        "display_name",
        "trace_id",
    ] {
        assert_eq!(read[field], whole[field], "{field}");
    }
    assert_eq!(read["summary"]["usage"], whole["summary"]["usage"]);
    assert_eq!(read["summary"]["weave"]["status"], "success");
}

#[tokio::test]
async fn start_and_end_are_one_call_in_either_order_by_every_door() {
    let (start, end) = parts(1);
    let v2 = "/v2/acme/chatbot/call";
    let start_of = |path: &str| (format!("{path}/start"), json!({"start": start}));
    let end_of = |path: &str| (format!("{path}/end"), json!({"end": end}));
    let upsert = |parts: &[(&str, &Value)]| ("/call/upsert_batch".to_owned(), batch(parts));
    for requests in [
        vec![start_of("/call"), end_of("/call")],
        vec![end_of("/call"), start_of("/call")],
        vec![end_of(v2), start_of(v2)],
        vec![upsert(&[("start", &start), ("end", &end)])],
        vec![upsert(&[("end", &end), ("start", &start)])],
        vec![upsert(&[("end", &end)]), upsert(&[("start", &start)])],
        vec![
            end_of(v2),
            end_of(v2),
            start_of(v2),
            start_of(v2),
            end_of(v2),
        ],
        vec![
            start_of(v2),
            (
                "/v2/acme/chatbot/calls/complete".to_owned(),
                json!({"batch": [call(1)]}),
            ),
        ],
        vec![
            end_of(v2),
            (
                "/v2/acme/chatbot/calls/complete".to_owned(),
                json!({"batch": [call(1)]}),
            ),
        ],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let mut server = Running::with_database(&path).await;
        for (door, body) in &requests {
            sent(&server, door, body).await;
            // The first part waits on disk.
            server.stop().await;
            server = Running::with_database(&path).await;
        }
        let read = server.query(json!({})).await;
        assert_eq!(read.len(), 1, "{requests:?}");
        is_whole(&read[0], 1);
    }
}

#[tokio::test]
async fn an_end_alone_is_no_call_and_a_start_alone_runs() {
    let server = Running::new().await;
    let ((start, end), (_, other)) = (parts(1), parts(2));
    let answer = sent(
        &server,
        "/call/upsert_batch",
        &batch(&[("start", &start), ("end", &other)]),
    )
    .await;
    assert_eq!(
        answer["res"],
        json!([{"id": start["id"], "trace_id": start["trace_id"]}, {}])
    );
    let read = server.query(json!({})).await;
    assert_eq!(read.len(), 1);
    assert_eq!(
        (&read[0]["id"], &read[0]["summary"]["weave"]["status"]),
        (&start["id"], &json!("running"))
    );
    let answer = sent(&server, "/call/start", &json!({"start": start})).await;
    assert_eq!(
        answer,
        json!({"id": start["id"], "trace_id": start["trace_id"]})
    );
    // The TypeScript client names a call in its end.
    let mut named = end.clone();
    named["display_name"] = "by its end".into();
    sent(&server, "/call/end", &json!({"end": named})).await;
    let read = server.query(json!({})).await;
    assert_eq!(read[0]["display_name"], "by its end");
    assert_eq!(read[0]["output"], end["output"]);
}

#[tokio::test]
async fn ends_that_wait_for_one_call_are_put_together() {
    let server = Running::new().await;
    let (start, end) = parts(1);
    let mut without = end.clone();
    without["output"] = Value::Null;
    let req_first = format!(
        r#"{{"batch": [{{"req": {{"end": {end}}}, "mode": "end"}}, {{"req": {{"end": {without}}}, "mode": "end"}}]}}"#
    );
    let request = server
        .client
        .post(format!("{}/call/upsert_batch", server.url))
        .body(req_first);
    assert_eq!(request.send().await.unwrap().status(), 200);
    sent(&server, "/call/end", &json!({"end": without})).await;
    sent(&server, "/call/start", &json!({"start": start})).await;
    is_whole(&server.query(json!({})).await[0], 1);
}

#[tokio::test]
async fn a_call_that_comes_many_times_in_a_batch_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let server = Running::with_database(&path).await;
    let (start, end) = parts(1);
    sent(&server, "/call/start", &json!({"start": start})).await;
    let many: Vec<(&str, &Value)> = vec![("end", &end); 500];
    sent(&server, "/call/upsert_batch", &batch(&many)).await;
    server.record(&vec![call(2); 500]).await;
    is_whole(&server.query(json!({})).await[0], 1);
    assert_eq!(server.count().await, 2);
    server.stop().await;
    let frames = "SELECT count(*) FROM payload";
    let database = rusqlite::Connection::open(&path).unwrap();
    let frames: i64 = database.query_row(frames, [], |row| row.get(0)).unwrap();
    assert_eq!(frames, 3, "the start's, the whole one's, the other's");
}

#[tokio::test]
async fn parts_that_cannot_be_are_refused() {
    let server = Running::new().await;
    let (start, end) = parts(1);
    let status = async |path: &str, body: &Value| server.post(path, body).await.status().as_u16();
    assert_eq!(
        status("/v2/acme/other/call/start", &json!({"start": start})).await,
        422
    );
    assert_eq!(
        status("/v2/acme/other/call/end", &json!({"end": end})).await,
        422
    );
    for (field, value) in [
        ("op_name", Value::Null),
        ("started_at", Value::Null),
        ("project_id", json!("acme")),
    ] {
        let mut bad = start.clone();
        bad[field] = value;
        assert_eq!(
            status("/call/start", &json!({"start": bad})).await,
            422,
            "{field}"
        );
    }
    assert_eq!(
        status(
            "/call/upsert_batch",
            &json!({"batch": [{"mode": "middle", "req": {}}]})
        )
        .await,
        422
    );
    for end in [
        json!({"project_id": "acme", "id": "1"}),
        json!({"project_id": "acme/chatbot", "id": ""}),
    ] {
        let mut bad = parts(1).1;
        bad.as_object_mut()
            .unwrap()
            .extend(end.as_object().unwrap().clone());
        assert_eq!(
            status("/call/end", &json!({"end": bad})).await,
            422,
            "{end}"
        );
    }
    // Absent and null are the same.
    let mut bare = start;
    for field in ["attributes", "inputs", "trace_id", "display_name"] {
        bare[field] = Value::Null;
    }
    assert_eq!(status("/call/start", &json!({"start": bare})).await, 200);
    let read = server.query(json!({})).await;
    assert_eq!((read.len(), &read[0]["inputs"]), (1, &json!({})));
}
