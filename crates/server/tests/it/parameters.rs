//! Parameters of the board's API: what is not understood is refused.

use serde_json::{Value, json};

use crate::setup::{Running, call};

const STREAM: &str = "entity=acme&project=chatbot&stream=openai_logs";

#[tokio::test]
async fn what_is_not_understood_is_refused_and_nothing_is_deleted() {
    let server = Running::new().await;
    server.record(&(1..=3).map(call).collect::<Vec<_>>()).await;
    for (path, reason) in [
        ("calls?{}&statsu=error", "unknown parameter statsu"),
        (
            "calls?{}&limit=1&limit=2",
            "the parameter limit is given twice",
        ),
        (
            "calls?{}&q=name:x*&q=status:error",
            "the parameter q is given twice",
        ),
        (
            "calls?{}&status=SUCCESS",
            "status:SUCCESS is not known; it is one of success, error, running",
        ),
        (
            "calls?{}&outcome=foo",
            "outcome:foo is not known; it is one of completed, cancelled, error, unknown",
        ),
        (
            "calls?{}&from=abc",
            "from must be milliseconds since the epoch",
        ),
        ("calls?{}&from=10&to=5", "from must be before to"),
        ("calls?{}&limit=0", "limit must be a number from 1 to 500"),
        (
            "streams?from=abc",
            "from must be milliseconds since the epoch",
        ),
        ("streams?bins=0", "bins must be a number from 1 to 100"),
        ("groups?{}&spans=maybe", "spans must be 1 or 0"),
        (
            "groups?{}&group=model&group=model",
            "both groups are the same",
        ),
        (
            "groups?{}&group=model&group=user&group=op",
            "calls are grouped by two properties at most",
        ),
        ("conversation?{}&id=", "the parameter id is empty"),
        ("conversation?{}&id=c&model=x", "unknown parameter model"),
    ] {
        let address = format!("{}/api/{}", server.url, path.replace("{}", STREAM));
        let answer = server.client.get(&address).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{address}");
        assert_eq!(answer.json::<Value>().await.unwrap()["reason"], reason);
        if path.starts_with("calls") {
            assert_eq!(
                server
                    .client
                    .delete(&address)
                    .send()
                    .await
                    .unwrap()
                    .status(),
                400
            );
        }
    }
    let values = format!("{}/api/values?{STREAM}&of=foo", server.url);
    let values: Value = server
        .client
        .get(values)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(
        values["reason"]
            .as_str()
            .unwrap()
            .starts_with("of must be model, op,")
    );
    assert_eq!(server.count().await, 3);
}

#[tokio::test]
async fn a_call_is_found_by_its_own_start() {
    let server = Running::new().await;
    let mut calls: Vec<Value> = (1..=40).map(call).collect();
    for (n, call) in (0_u32..).zip(&mut calls) {
        call["started_at"] = format!("2026-11-22T10:00:00.{:09}Z", 537_787_001 + n * 37).into();
    }
    server.record(&calls).await;
    for call in server.get(&format!("/api/calls?{STREAM}")).await["calls"]
        .as_array()
        .unwrap()
    {
        let found = server
            .get(&format!("/api/calls?{STREAM}&from={}", call["started_at"]))
            .await;
        let ids = found["calls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| &found["id"]);
        assert!(ids.into_iter().any(|id| *id == call["id"]), "{call}");
    }
    let table = format!("{}/api/export?{STREAM}&format=csv", server.url);
    let table = server
        .client
        .get(table)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(table.contains("2026-11-22T10:00:00.537787038Z"), "{table}");
    assert_eq!(json!(table.lines().count()), 41);
}
