use serde_json::json;

use crate::setup::{Running, call};

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let server = Running::with_database(&path).await;
    for first in [1, 41] {
        server
            .record(&(first..first + 40).map(call).collect::<Vec<_>>())
            .await;
    }
    server.stop().await;

    let server = Running::with_database(&path).await;
    assert_eq!(server.count().await, 80);
    let mut read: Vec<String> = server
        .query(json!({}))
        .await
        .iter()
        .map(|call| call["id"].as_str().unwrap().to_owned())
        .collect();
    read.sort();
    assert_eq!(
        read,
        (1..=80).map(|n| format!("{n:016x}")).collect::<Vec<_>>()
    );
    // A known call is still known, and codes go on where they were.
    server.record(&[call(1), call(81)]).await;
    assert_eq!(server.count().await, 81);
    let summary = server.get("/api/summary?entity=acme&project=chatbot&stream=openai_logs&group=attr:params.audience").await;
    assert_eq!(summary["totals"]["calls"], 81);
    assert_eq!(summary["groups_total"], 2);
    server.stop().await;

    let server = Running::with_database(&path).await;
    assert_eq!(server.count().await, 81);
}

#[tokio::test]
async fn many_clients_at_once_lose_nothing() {
    let server = Running::new().await;
    let batches = (0..20_u32).map(|batch| {
        let calls: Vec<_> = (0..50).map(|n| call(batch * 50 + n)).collect();
        let server = &server;
        async move { server.record(&calls).await }
    });
    futures_util::future::join_all(batches).await;
    assert_eq!(server.count().await, 1_000);
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let server = Running::with_database(&path).await;
    server.record(&[call(1)]).await;
    for name in ["x.db", "x.db-wal", "x.db-lock"] {
        let mode = std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}
