//! What the server counts, and whether it is ready.

use serde_json::{Value, json};

use crate::setup::{Running, call};

async fn text(server: &Running, path: &str) -> (u16, String, String) {
    let url = format!("{}{path}", server.url);
    let answer = server.client.get(url).send().await.unwrap();
    let kind = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    (answer.status().as_u16(), kind, answer.text().await.unwrap())
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status_and_calls_as_they_are_stored() {
    let server = Running::new().await;
    let calls: Vec<Value> = (1..=3).map(call).collect();
    server.record(&calls).await;
    for path in [
        "/api/call?entity=acme&project=chatbot&id=secret",
        "/api/streams",
        "/secret/secret",
    ] {
        text(&server, path).await;
    }
    let foreign = server.client.post(format!("{}/call/read", server.url));
    let foreign = foreign
        .header("origin", "http://evil.test")
        .json(&json!({}));
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    let (status, kind, text) = text(&server, "/metrics").await;
    assert_eq!(status, 200);
    assert_eq!(
        kind,
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    for line in [
        "# TYPE spanloom_requests counter",
        r#"spanloom_requests_total{route="/v2/{entity}/{project}/calls/complete",status="200"} 1"#,
        r#"spanloom_requests_total{route="/api/streams",status="200"} 1"#,
        r#"spanloom_requests_total{route="/call/read",status="403"} 1"#,
        r#"spanloom_request_duration_seconds_count{route="/api/streams"} 1"#,
        r#"spanloom_request_duration_seconds_bucket{le="+Inf",route="/api/streams"} 1"#,
        "spanloom_calls 3",
        "spanloom_calls_arrived_total 3",
        "spanloom_refuses_records 0",
        "spanloom_lost_calls 0",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
    }
    assert!(text.contains("spanloom_database_bytes ") && text.ends_with("# EOF\n"));
    for secret in ["secret", "acme", "chatbot"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn a_server_that_stores_records_is_ready() {
    let server = Running::new().await;
    let (status, _, body) = text(&server, "/ready").await;
    assert_eq!((status, body.as_str()), (200, r#"{"status":"ready"}"#));
}
