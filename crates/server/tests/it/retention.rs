//! Old calls go, by age and by size; the others stay, over a restart too.

use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use spanloom_core::Timestamp;
use spanloom_server::{Database, Retention};

use crate::setup::{Running, builder, call};

async fn server(path: &Path, retention: Retention) -> Running {
    let database = Database::Path(path.to_owned());
    Running::start(builder().with_database(database).with_retention(retention)).await
}

/// Returns the numbers of the calls that are left, once `is_done` accepts them.
async fn left(server: &Running, is_done: impl Fn(&[u64]) -> bool) -> Vec<u64> {
    let ids = async || {
        let calls = server.query(json!({})).await;
        let id = |call: &Value| u64::from_str_radix(call["id"].as_str().unwrap(), 16).unwrap();
        let mut ids: Vec<u64> = calls.iter().map(id).collect();
        ids.sort_unstable();
        ids
    };
    let done = async {
        loop {
            let left = ids().await;
            if is_done(&left) {
                return left;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), done)
        .await
        .unwrap()
}

fn stored(path: &Path, table: &str) -> i64 {
    let database = rusqlite::Connection::open(path).unwrap();
    let count = format!("SELECT count(*) FROM {table}");
    database.query_row(&count, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn calls_that_are_too_old_go_with_their_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let day = Retention {
        max_age: Some(Duration::from_secs(86_400)),
        max_bytes: None,
    };
    let server = server(&path, day).await;
    // The calls of the set-up began on a day in the past; this one has just begun.
    let mut new = call(5_000);
    new["started_at"] = json!(Timestamp::from(SystemTime::now()));
    // A clock of the year 2100 does not keep what arrives after it.
    let mut future = call(6_000);
    future["started_at"] = json!("2100-01-01T00:00:00Z");
    let mut calls: Vec<Value> = (1..=3_000).map(call).collect();
    calls.insert(1_500, future);
    calls.push(new);
    calls.push(call(5_001));
    server.record(&calls).await;
    // Calls go in the order of their arrival, so that the last waits for the one before it.
    let all_old = |left: &[u64]| left.len() == 2;
    assert_eq!(left(&server, all_old).await, [5_000, 5_001]);
    let gone = "/api/call?entity=acme&project=chatbot&id=0000000000000007";
    let answer = server
        .client
        .get(format!("{}{gone}", server.url))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 404);
    // A call of the same id is a new call.
    let mut again = call(7);
    again["started_at"] = json!(Timestamp::from(SystemTime::now()));
    server.record(&[again]).await;
    let three = |left: &[u64]| left.len() == 3;
    assert_eq!(left(&server, three).await, [7, 5_000, 5_001]);
    server.stop().await;
    assert_eq!(stored(&path, "call"), 3);
    assert_eq!(stored(&path, "payload"), 2);

    let server = self::server(&path, day).await;
    assert_eq!(left(&server, three).await, [7, 5_000, 5_001]);
    let stream = "entity=acme&project=chatbot&stream=openai_logs";
    let summary = server.get(&format!("/api/summary?{stream}")).await;
    assert_eq!(summary["totals"]["calls"], 3, "{summary}");
    let info = server.get("/api/info").await;
    assert_eq!(info["space"]["calls"], 3, "{info}");
}

#[tokio::test]
async fn a_file_that_is_too_large_loses_its_oldest_calls() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let large = Retention {
        max_age: None,
        max_bytes: None,
    };
    let server = server(&path, large).await;
    for first in (1..=20_000).step_by(2_500) {
        server
            .record(&(first..first + 2_500).map(call).collect::<Vec<_>>())
            .await;
    }
    server.stop().await;
    let size = std::fs::metadata(&path).unwrap().len();

    let small = Retention {
        max_age: None,
        max_bytes: Some(size / 4),
    };
    let server = self::server(&path, small).await;
    let is_small = async {
        let space = async || server.get("/api/info").await["space"].take();
        while space().await["calls"].as_u64() > Some(8_000) {}
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), is_small).await;
    waited.unwrap();
    server.stop().await;
    let server = self::server(&path, large).await;
    // The last to arrive are kept, without a gap.
    let kept = left(&server, |_| true).await;
    assert_eq!(kept.last(), Some(&20_000));
    assert_eq!(kept.len() as u64, 20_001 - kept[0]);
    assert!((1_000..=8_000).contains(&kept.len()), "{}", kept.len());
    let info = server.get("/api/info").await;
    assert_eq!(info["space"]["calls"], kept.len(), "{info}");
}

#[tokio::test]
async fn names_and_ids_go_with_the_calls_that_had_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let day = Retention {
        max_age: Some(Duration::from_secs(86_400)),
        max_bytes: None,
    };
    let with = |n: u32, user: &str| {
        let mut call = call(n);
        call["wb_user_id"] = json!(user);
        call
    };
    let running = server(&path, day).await;
    let mut calls: Vec<Value> = (1..=40).map(|n| with(n, &format!("old {n}"))).collect();
    let mut new = with(50, "new");
    new["started_at"] = json!(Timestamp::from(SystemTime::now()));
    calls.push(new);
    running.record(&calls).await;
    left(&running, |left| left.len() == 1).await;
    running.stop().await;
    // The next start removes them, and the one after that finds nothing lost.
    for _ in 0..2 {
        let running = server(&path, day).await;
        assert_eq!(running.get("/health").await, json!({"status": "ok"}));
        let calls = running.query(json!({})).await;
        assert_eq!(calls.len(), 1);
        assert_eq!(
            (&calls[0]["wb_user_id"], &calls[0]["op_name"]),
            (&json!("new"), &call(1)["op_name"])
        );
        running.stop().await;
        let database = rusqlite::Connection::open(&path).unwrap();
        let old = "SELECT count(*) FROM dict WHERE text LIKE 'old %'";
        let old: i64 = database.query_row(old, [], |row| row.get(0)).unwrap();
        assert_eq!(old, 0);
    }
}

#[tokio::test]
async fn datasets_do_not_drive_out_all_calls() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let small = Retention {
        max_age: None,
        max_bytes: Some(4 << 20),
    };
    let server = server(&path, small).await;
    let calls: Vec<Value> = (1..=64).map(call).collect();
    server.record(&calls).await;
    for n in 0..8 {
        let row = json!({"n": n, "text": "x".repeat(1 << 20)});
        let table = json!({"table": {"project_id": "acme/chatbot", "rows": [row]}});
        assert_eq!(server.post("/table/create", &table).await.status(), 200);
    }
    // Small rows take many times their bytes in the file.
    let rows: Vec<Value> = (0..40_000).map(|n| json!({"n": n})).collect();
    let table = json!({"table": {"project_id": "acme/chatbot", "rows": rows}});
    assert_eq!(server.post("/table/create", &table).await.status(), 200);
    let reaction = json!({"project_id": "acme/chatbot", "weave_ref": format!("weave:///acme/chatbot/call/{:016x}", 1), "feedback_type": "x", "payload": {}});
    assert_eq!(
        server.post("/feedback/create", &reaction).await.status(),
        200
    );
    server.stop().await;
    // A start looks for calls to remove before it takes the first one.
    let server = self::server(&path, small).await;
    server.record(&[call(65)]).await;
    server.stop().await;
    assert_eq!(stored(&path, "call"), 65);
    // Calls go when they take more than their part, and their feedback with them.
    let one = self::server(
        &path,
        Retention {
            max_age: Some(Duration::from_secs(1)),
            max_bytes: None,
        },
    )
    .await;
    let left = left(&one, |left| left.len() == 1).await;
    assert_eq!(left, [65]);
    one.stop().await;
    assert_eq!(stored(&path, "document"), 0);
}
