//! A damaged file loses the damaged data, and nothing else.

use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::setup::{Running, call};

/// The number of calls in one frame.
const FRAME: u32 = 32;

/// Starts a server on a database of two frames, the first of which `damage` has changed.
async fn damaged(path: &Path, damage: impl FnOnce(&Connection)) -> Running {
    let server = Running::with_database(path).await;
    server
        .record(&(1..=2 * FRAME).map(call).collect::<Vec<_>>())
        .await;
    server.stop().await;
    damage(&Connection::open(path).unwrap());
    Running::with_database(path).await
}

fn flip_a_bit(database: &Connection) {
    let of_first = "SELECT data FROM payload WHERE frame = 1";
    let mut data: Vec<u8> = database.query_row(of_first, [], |row| row.get(0)).unwrap();
    let middle = data.len() / 2;
    data[middle] ^= 8;
    database
        .execute("UPDATE payload SET data = ?1 WHERE frame = 1", [data])
        .unwrap();
}

fn remove(database: &Connection) {
    database
        .execute("DELETE FROM payload WHERE frame = 1", [])
        .unwrap();
}

fn id(call: &Value) -> &str {
    call["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_damaged_frame_marks_its_calls_and_the_others_come() {
    for damage in [flip_a_bit, remove] {
        let folder = tempfile::tempdir().unwrap();
        let server = damaged(&folder.path().join("x.db"), damage).await;
        let calls = server.query(json!({})).await;
        assert_eq!(calls.len(), 2 * FRAME as usize);
        for (read, n) in calls.iter().zip(1..) {
            let sent = call(n);
            assert_eq!(id(read), id(&sent));
            for field in [
                "op_name",
                "started_at",
                "ended_at",
                "trace_id",
                "project_id",
            ] {
                assert_eq!(read[field], sent[field], "{field} of {n}");
            }
            let usage = |call: &Value| {
                call["summary"]["usage"]["gpt-4o-mini-2024-07-18"]["prompt_tokens"].clone()
            };
            assert_eq!(usage(read), usage(&sent), "{n}");
            assert_eq!(read["summary"]["weave"]["status"], "success");
            let is_damaged = n <= FRAME;
            assert_eq!(
                read["attributes"]["spanloom"]["damaged"] == true,
                is_damaged,
                "{n}"
            );
            assert_eq!(read["inputs"] == sent["inputs"], !is_damaged, "{n}");
        }
        let page = server
            .get("/api/calls?entity=acme&project=chatbot&stream=openai_logs&sort=started_at&limit=500")
            .await;
        assert_eq!(page["total"], 2 * FRAME);
        for (row, n) in page["calls"].as_array().unwrap().iter().zip(1..) {
            assert_eq!(row["damaged"], n <= FRAME, "{n}");
            assert!((row["cost_usd"].as_f64().unwrap() - 0.001 * f64::from(n)).abs() < 1e-9);
        }
        let one = server
            .get(&format!(
                "/api/call?entity=acme&project=chatbot&id={}",
                id(&call(1))
            ))
            .await;
        assert_eq!(
            (&one["row"]["damaged"], &one["call"]["inputs"]),
            (&json!(true), &json!({}))
        );
        let health = server.get("/health").await;
        assert_eq!(health, json!({"status": "ok", "damaged_frames": 1}));
    }
}

#[tokio::test]
async fn a_question_about_content_passes_over_what_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let server = damaged(&folder.path().join("x.db"), flip_a_bit).await;
    let contains = json!({"$expr": {"$contains": {"input": {"$getField": "inputs"}, "substr": {"$literal": "question"}}}});
    let found = server.query(json!({"query": contains})).await;
    assert_eq!(found.len(), FRAME as usize);
    assert!(found.iter().all(|call| call["inputs"] != json!({})));
}

#[tokio::test]
async fn a_damaged_call_that_is_sent_again_is_whole_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = damaged(&folder.path().join("x.db"), flip_a_bit).await;
    server.record(&[call(1)]).await;
    let read = server
        .query(json!({"filter": {"call_ids": [id(&call(1))]}}))
        .await;
    assert_eq!(read[0]["inputs"], call(1)["inputs"]);
    assert_eq!(server.count().await, u64::from(2 * FRAME));
}

/// Overwrites a page of the file, counted from 0.
fn overwrite(path: &Path, page: usize, with: u8) {
    const PAGE: usize = 4_096;
    let mut file = std::fs::read(path).unwrap();
    file[page * PAGE..(page + 1) * PAGE].fill(with);
    std::fs::write(path, file).unwrap();
}

#[tokio::test]
async fn a_damaged_page_never_stops_a_start_and_costs_its_calls_only() {
    const CALLS: u32 = 600;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let server = Running::with_database(&path).await;
    server
        .record(&(1..=CALLS).map(call).collect::<Vec<_>>())
        .await;
    server.stop().await;
    let whole = std::fs::read(&path).unwrap();
    let pages = whole.len() / 4_096;
    let (mut some_lost, mut all_lost, mut names_lost) = (0, 0, 0);
    // The first page is the head of the file: without it, nothing says that it is a database.
    for page in 1..pages {
        std::fs::write(&path, &whole).unwrap();
        overwrite(&path, page, u8::try_from(page % 2 * 255).unwrap());
        let server = Running::with_database(&path).await;
        let health = server.get("/health").await;
        let lost = health["lost_calls"].as_u64().unwrap_or(0);
        let calls = server.get("/api/info").await["space"]["calls"]
            .as_u64()
            .unwrap();
        let stream = "entity=acme&project=chatbot&stream=openai_logs";
        let summary = server.get(&format!("/api/summary?{stream}")).await;
        let counted = summary["totals"]["calls"].as_u64().unwrap();
        if lost > 0 {
            // A page holds some 40 rows.
            assert_eq!(counted, u64::from(CALLS) - lost, "page {page}: {health}");
            assert!(lost < 60, "page {page}: {health}");
            some_lost += 1;
        } else if calls == 0 {
            // The root of the calls is the way to all of them, and nothing says how many there were.
            all_lost += 1;
        } else if counted < u64::from(CALLS) {
            // The name of the project is lost.
            names_lost += 1;
        }
        server.stop().await;
    }
    assert!(some_lost > 5, "{some_lost} of {pages}");
    assert!(all_lost <= 1 && names_lost <= 2, "{all_lost}, {names_lost}");
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_set_aside_and_a_new_one_begins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    for (number, byte) in [(1, 0), (2, 0xff)] {
        let server = Running::with_database(&path).await;
        server.record(&[call(1), call(2)]).await;
        server.stop().await;
        // The first page is one byte everywhere, as a failing disk leaves it.
        overwrite(&path, 0, byte);
        let lost = std::fs::read(&path).unwrap();
        let server = Running::with_database(&path).await;
        let name = format!("x.db.unreadable-{number}");
        let health = server.get("/health").await;
        assert_eq!(health, json!({"status": "ok", "set_aside": name}));
        assert_eq!(std::fs::read(folder.path().join(name)).unwrap(), lost);
        server.record(&[call(3)]).await;
        let ids: Vec<Value> = server.query(json!({})).await;
        assert_eq!(ids.iter().map(id).collect::<Vec<_>>(), [id(&call(3))]);
        server.stop().await;
        std::fs::remove_file(&path).unwrap();
    }
}

#[tokio::test]
async fn nothing_is_acknowledged_while_the_file_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let moved = folder.path().join("moved.db");
    let server = Running::with_database(&path).await;
    server.record(&[call(1)]).await;
    let send = async |n| {
        let body = json!({"batch": [call(n)]});
        let answer = server.post("/v2/acme/chatbot/calls/complete", &body).await;
        answer.status().as_u16()
    };
    std::fs::rename(&path, &moved).unwrap();
    assert_eq!(send(2).await, 503);
    // Another file at its path is not the database.
    std::fs::write(&path, "").unwrap();
    assert_eq!(send(2).await, 503);
    let health = server.get("/health").await;
    assert_eq!(health["status"], "degraded");
    assert!(
        health["reason"].to_string().contains("removed or replaced"),
        "{health}"
    );
    let ready = async || {
        let answer = server.client.get(format!("{}/ready", server.url)).send();
        answer.await.unwrap().status().as_u16()
    };
    assert_eq!(ready().await, 503);
    // What was stored can still be read.
    assert_eq!(server.query(json!({})).await.len(), 1);
    std::fs::rename(&moved, &path).unwrap();
    assert_eq!(send(2).await, 200);
    assert_eq!(ready().await, 200);
    server.stop().await;
    let server = Running::with_database(&path).await;
    assert_eq!(server.query(json!({})).await.len(), 2);
}
