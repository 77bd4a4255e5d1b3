//! One client's use of the server is bounded, whatever it sends or does not read.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::setup::{Running, call};

#[tokio::test]
async fn a_query_is_small_and_sorts_by_few_fields() {
    let server = Running::new().await;
    server.record(&[call(1), call(2)]).await;
    let sorted = |fields: usize| {
        let sort = vec![json!({"field": "inputs", "direction": "desc"}); fields];
        json!({"project_id": "acme/chatbot", "sort_by": sort})
    };
    for path in ["/calls/stream_query", "/calls/query_stats"] {
        let status = async |body: &Value| server.post(path, body).await.status().as_u16();
        assert_eq!(status(&sorted(8)).await, 200, "{path}");
        let padded = json!({"project_id": "acme/chatbot", "padding": " ".repeat(64 << 10)});
        assert_eq!(status(&padded).await, 413, "{path}");
    }
    let refused = server.post("/calls/stream_query", &sorted(9)).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.unwrap().contains("8 fields"));
}

#[tokio::test]
async fn the_first_of_many_are_the_first_of_all() {
    let server = Running::new().await;
    let count = 1_500;
    // Not in order of arrival.
    let calls: Vec<Value> = (0..count).map(|n| call(n * 7 % count)).collect();
    server.record(&calls).await;
    let sort = json!([{"field": "summary.usage.gpt-4o-mini-2024-07-18.completion_tokens", "direction": "desc"}]);
    let page = server
        .query(json!({"sort_by": sort, "limit": 3, "offset": 2, "columns": ["id"]}))
        .await;
    let ids: Vec<&str> = page
        .iter()
        .map(|call| call["id"].as_str().unwrap())
        .collect();
    let expected: Vec<String> = (1..=3).map(|n| format!("{:016x}", count - 2 - n)).collect();
    assert_eq!(ids, expected);
}

/// Connects a client that requests everything, reads the beginning of the answer and then stops reading.
async fn silent(server: &Running) -> (TcpStream, u16) {
    let address = server.url.strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(address).await.unwrap();
    let body = r#"{"project_id": "acme/chatbot"}"#;
    let request = format!(
        "POST /calls/stream_query HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    socket.read_exact(&mut head).await.unwrap();
    let status = std::str::from_utf8(&head[9..]).unwrap().parse().unwrap();
    (socket, status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_do_not_read_leave_room_for_others() {
    let server = Running::new().await;
    let large: Vec<Value> = (0..64)
        .map(|n| {
            let mut call = call(n);
            call["inputs"]["messages"][0]["content"] = "x".repeat(256 << 10).into();
            call
        })
        .collect();
    server.record(&large).await;
    let mut silent_ones = Vec::new();
    for _ in 0..100 {
        silent_ones.push(silent(&server).await);
    }
    let streaming = silent_ones
        .iter()
        .filter(|(_, status)| *status == 200)
        .count();
    let refused = silent_ones
        .iter()
        .filter(|(_, status)| *status == 503)
        .count();
    assert_eq!((streaming, refused), (64, 36));
    // No thread waits for these clients: uploads and other requests are answered.
    let answered = async {
        server.record(&[call(1_000)]).await;
        server.get("/health").await;
        server
            .get("/api/summary?entity=acme&project=chatbot&stream=openai_logs")
            .await
    };
    let summary = tokio::time::timeout(Duration::from_secs(60), answered)
        .await
        .unwrap();
    assert_eq!(summary["totals"]["calls"], 65);
    drop(silent_ones);
    // A client that disconnects frees its place.
    let mut tries = 0;
    while server
        .post(
            "/calls/stream_query",
            &json!({"project_id": "acme/chatbot", "limit": 1}),
        )
        .await
        .status()
        == 503
    {
        tries += 1;
        assert!(tries < 10_000, "no place is given back");
    }
}
