use std::path::Path;

use serde_json::{Value, json};

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
    // A known call is still known, and codes continue where they stopped.
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

/// Copies the files as they are, like those of a killed process.
fn image(database: &Path, copy: &Path) {
    for end in ["", "-wal"] {
        let name = |path: &Path| format!("{}{end}", path.display());
        std::fs::copy(name(database), name(copy)).unwrap();
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_on_disk_before_the_server_stops() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("x.db"), folder.path().join("copy.db"));
    let server = Running::with_database(&path).await;
    server.record(&(1..=50).map(call).collect::<Vec<_>>()).await;
    image(&path, &copy);
    let again = Running::with_database(&copy).await;
    assert_eq!(
        again.query(json!({})).await,
        server.query(json!({})).await,
        "nothing was left to be written"
    );
}

#[tokio::test]
async fn a_stop_leaves_one_file_that_is_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    for round in 0..3 {
        let server = Running::with_database(&path).await;
        server
            .record(&(1..=50).map(|n| call(50 * round + n)).collect::<Vec<_>>())
            .await;
        // A query opens the file for reading, which must not keep the log either.
        assert_eq!(
            server.query(json!({})).await.len(),
            50 * (round as usize + 1)
        );
        server.stop().await;
        let left: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["x.db"]);
    }
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(&path, copy.path().join("copy.db")).unwrap();
    let server = Running::with_database(&copy.path().join("copy.db")).await;
    assert_eq!(server.count().await, 150);
}

#[tokio::test]
async fn a_running_database_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("x.db"), folder.path().join("copy.db"));
    let server = Running::with_database(&path).await;
    server.record(&(1..=50).map(call).collect::<Vec<_>>()).await;
    spanloom_server::backup(&path, &copy).unwrap();
    server.record(&[call(51)]).await;
    let again = Running::with_database(&copy).await;
    assert_eq!((again.count().await, server.count().await), (50, 51));
    // A file is never overwritten, and what is not a database of ours is not copied.
    let taken = spanloom_server::backup(&path, &copy)
        .unwrap_err()
        .to_string();
    assert!(taken.contains("exists"), "{taken}");
    let (other, missing) = (
        folder.path().join("other.db"),
        folder.path().join("missing.db"),
    );
    rusqlite::Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE t(x)")
        .unwrap();
    for database in [&other, &missing] {
        let to = folder.path().join("to.db");
        spanloom_server::backup(database, &to).unwrap_err();
        assert!(!to.exists());
    }
}

/// Returns a call as it is known at its start.
fn open(n: u32) -> Value {
    let mut open = call(n);
    for field in ["ended_at", "output", "summary"] {
        open.as_object_mut().unwrap().remove(field);
    }
    open
}

#[tokio::test]
async fn parts_of_a_call_are_one_call_in_whichever_order_they_come() {
    let mut end = call(1);
    end["inputs"] = json!({});
    for batches in [
        vec![vec![open(1)], vec![end.clone()]],
        vec![vec![end.clone()], vec![open(1)]],
        vec![vec![open(1), end.clone()]],
        vec![vec![end.clone(), open(1)]],
        vec![vec![end.clone(), open(1), open(1), end.clone()]],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let server = Running::with_database(&path).await;
        for batch in &batches {
            server.record(batch).await;
        }
        server.stop().await;
        let server = Running::with_database(&path).await;
        let read = server.query(json!({})).await;
        assert_eq!(read.len(), 1);
        for field in ["inputs", "output", "ended_at", "attributes"] {
            assert_eq!(read[0][field], call(1)[field], "{field} of {batches:?}");
        }
        let summary = server
            .get("/api/summary?entity=acme&project=chatbot&stream=openai_logs")
            .await;
        assert_eq!(
            (&summary["totals"]["calls"], &summary["totals"]["running"]),
            (&json!(1), &json!(0))
        );
    }
}

#[tokio::test]
async fn an_attribute_with_too_many_values_takes_no_more_codes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let server = Running::with_database(&path).await;
    let with_request = |n: u32| {
        let mut call = call(n);
        call["attributes"]["request"] = format!("request-{n}").into();
        call
    };
    for first in (0..12_000).step_by(2_000) {
        server
            .record(&(first..first + 2_000).map(with_request).collect::<Vec<_>>())
            .await;
    }
    let late = server
        .query(json!({"filter": {"call_ids": [call(11_999)["id"]]}}))
        .await;
    assert_eq!(
        late[0]["attributes"]["request"], "request-11999",
        "the call itself has it all the same"
    );
    server.stop().await;
    let texts: i64 = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row(
            "SELECT count(*) FROM dict WHERE text LIKE 'request-%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(texts, 10_000);
}

#[tokio::test]
async fn too_many_attribute_paths_take_no_more_codes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let server = Running::with_database(&path).await;
    let with_paths = |n: u32| {
        let mut call = call(n);
        for path in 0..100 {
            call["attributes"][format!("path-{n}-{path}")] = "x".into();
        }
        call
    };
    server
        .record(&(0..40).map(with_paths).collect::<Vec<_>>())
        .await;
    let late = server
        .query(json!({"filter": {"call_ids": [call(39)["id"]]}}))
        .await;
    assert_eq!(late[0]["attributes"]["path-39-99"], "x");
    server.stop().await;
    let texts: i64 = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row(
            "SELECT count(*) FROM dict WHERE text LIKE 'path-%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    // One more path is that of every call.
    assert_eq!(texts, 1_999);
}
