//! A server with a full disk: it reports that, still answers reads, and accepts records again once there is space.

use std::path::Path;

use serde_json::{Value, json};
use spanloom_server::{Database, Server};

use crate::child::{say, told};
use crate::disk::on_a_disk;

/// Returns a call of some 20 KB that does not compress.
fn call(number: usize) -> Value {
    let mut noise = number as u64 + 1;
    let text: String = (0..20_000)
        .map(|_| {
            noise = noise
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(b'!' + (noise >> 58) as u8 % 90)
        })
        .collect();
    json!({"project_id": "acme/chatbot", "id": format!("{number:016x}"), "op_name": "f",
        "started_at": "2026-11-22T10:00:00Z", "ended_at": "2026-11-22T10:00:01Z", "inputs": {"text": text}})
}

/// The view of a client.
struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    async fn record(&self, call: Value) -> reqwest::Response {
        let body = json!({"batch": [call]}).to_string();
        let request = self
            .http
            .post(format!("{}/v2/acme/chatbot/calls/complete", self.url));
        request.body(body).send().await.unwrap()
    }

    async fn health(&self) -> Value {
        let answer = self
            .http
            .get(format!("{}/health", self.url))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    async fn count(&self) -> u64 {
        let body = json!({"project_id": "acme/chatbot"}).to_string();
        let request = self
            .http
            .post(format!("{}/calls/query_stats", self.url))
            .body(body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["count"].as_u64().unwrap()
    }
}

/// Not a test: a server on the disk that a test provides.
#[test]
fn serves_from_a_full_disk() {
    let Some(told) = told() else {
        return;
    };
    let [folder] = told.as_slice() else {
        panic!("told {told:?}");
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(fill(Path::new(folder)));
    say("survived");
}

async fn fill(folder: &Path) {
    // Takes up space, as other programs' files do.
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![1; 1 << 20]).unwrap();
    let server = Server::builder()
        .with_listen(([127, 0, 0, 1], 0).into())
        .with_otlp_http(None)
        .with_otlp_grpc(None)
        .with_database(Database::Path(folder.join("x.db")))
        .bind()
        .await
        .unwrap();
    let client = Client {
        http: reqwest::Client::new(),
        url: server.url(),
    };
    tokio::task::spawn(server.serve(std::future::pending()));
    assert_eq!(client.health().await, json!({"status": "ok"}));
    let mut stored = 0;
    let refused = loop {
        let answer = client.record(call(stored)).await;
        if answer.status() != 200 {
            break answer;
        }
        stored += 1;
        assert!(stored < 10_000, "the disk is never full");
    };
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    let health = client.health().await;
    assert_eq!(health["status"], "degraded");
    assert!(
        health["reason"].as_str().unwrap().contains("disk"),
        "{health}"
    );
    let stored = stored as u64;
    assert_eq!(
        client.count().await,
        stored,
        "what was acknowledged can be read"
    );
    std::fs::remove_file(ballast).unwrap();
    assert_eq!(client.record(call(20_000)).await.status(), 200);
    assert_eq!(client.health().await, json!({"status": "ok"}));
    assert_eq!(client.count().await, stored + 1);
}

#[test]
fn a_full_disk_is_said_and_reading_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    // Without a mounted file system there is no disk to fill.
    let otherwise = "echo no disk; exit 0";
    let said = on_a_disk(
        "full_server::serves_from_a_full_disk",
        folder.path(),
        "size=4m",
        otherwise,
    );
    assert!(
        said.contains("survived") || said.contains("no disk"),
        "{said}"
    );
}
