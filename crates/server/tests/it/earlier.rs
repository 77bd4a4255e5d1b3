//! Files of earlier servers: they open, and every call in them is found by its id.

use std::path::Path;

use prost::Message as _;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::setup::Running;

/// The ids of the calls in `schema1.sql`, and of the trace of each.
const SCHEMA_1: [[&str; 2]; 8] = [
    ["ccedd454efaf219b", "d79e4dbb568aa3d00b51cb0206a7ba10"],
    ["5080873467b8c25a", "683bfb15d8722ca513be8e9a58dc8e71"],
    ["433f32e486eaabc8", "0c90f05524c949cfc16fb4b07eaff3a7"],
    ["b74f7d4723daf465", "0996b8d842b703e10d27c05553aefe9b"],
    ["fba0dbcff37379d9", "08949f21e9aa58e635ec17d8299f2803"],
    ["075624835a09da4b", "0aed9271817c3b9ef1acf5aadf21ebb0"],
    ["cefd0e1f2ee28024", "cd94cc1c50c3852d21e6dff2fa8d0f2b"],
    ["f7a2fd5780ec3aa5", "02020202020202020202020202020202"],
];

/// Those of `schema2.sql`.
const SCHEMA_2: [[&str; 2]; 8] = [
    ["5080873467b8c25a", "683bfb15d8722ca513be8e9a58dc8e71"],
    ["433f32e486eaabc8", "0c90f05524c949cfc16fb4b07eaff3a7"],
    ["b74f7d4723daf465", "0996b8d842b703e10d27c05553aefe9b"],
    ["fba0dbcff37379d9", "08949f21e9aa58e635ec17d8299f2803"],
    ["075624835a09da4b", "0aed9271817c3b9ef1acf5aadf21ebb0"],
    ["cefd0e1f2ee28024", "cd94cc1c50c3852d21e6dff2fa8d0f2b"],
    ["f7a2fd5780ec3aa5", "02020202020202020202020202020202"],
    [
        "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
        "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c",
    ],
];

fn file(path: &Path, dump: &str) {
    Connection::open(path).unwrap().execute_batch(dump).unwrap();
}

/// Returns the traces of all calls, as the Weave API lists them, one id at a time.
async fn traces(server: &Running, calls: &[[&str; 2]]) -> Vec<[String; 2]> {
    let mut found = Vec::new();
    for [id, _] in calls {
        let answer = server
            .post("/call/read", &json!({"project_id": "acme/shop", "id": id}))
            .await;
        let answer: Value = answer.json().await.unwrap();
        let call = &answer["call"];
        found.push(
            ["id", "trace_id"].map(|name| call[name].as_str().unwrap_or_default().to_owned()),
        );
    }
    found
}

#[tokio::test]
async fn a_file_of_schema_1_opens_and_its_ids_resolve() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    file(&path, include_str!("../files/schema1.sql"));
    // The second start reads what the first has converted.
    for _ in 0..2 {
        let server = Running::with_database(&path).await;
        assert_eq!(traces(&server, &SCHEMA_1).await, SCHEMA_1);
        let stream = "entity=acme&project=shop&stream=tests";
        let summary = server.get(&format!("/api/summary?{stream}")).await;
        let totals = &summary["totals"];
        let found = ["calls", "errors", "input_tokens"].map(|name| totals[name].as_i64().unwrap());
        assert_eq!(found, [8, 1, 6_005], "{summary}");
        let id = "f7a2fd5780ec3aa5";
        let call = server
            .get(&format!("/api/call?entity=acme&project=shop&id={id}"))
            .await;
        assert_eq!(call["row"]["cost_usd"], 4.35e-6, "{call}");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_file_of_schema_2_opens_with_its_objects_and_its_parts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    file(&path, include_str!("../files/schema2.sql"));
    let server = Running::with_database(&path).await;
    assert_eq!(traces(&server, &SCHEMA_2).await, SCHEMA_2);
    let read = json!({"project_id": "acme/shop", "object_id": "prompt", "digest": "latest"});
    let answer = server.post("/obj/read", &read).await;
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["obj"]["val"]["text"], "Answer briefly.", "{answer}");
    // The end of this call has waited in the file.
    let id = "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5d";
    let start = json!({"start": {
        "project_id": "acme/shop", "id": id, "trace_id": id, "op_name": "answer",
        "started_at": "2026-11-22T10:00:00Z", "attributes": {}, "inputs": {},
    }});
    server.post("/call/start", &start).await;
    let answer = server
        .post("/call/read", &json!({"project_id": "acme/shop", "id": id}))
        .await;
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["call"]["output"], "5,642 m", "{answer}");
}

#[tokio::test]
async fn a_file_of_schema_3_opens_and_takes_spans_whose_content_is_not_read_yet() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    file(&path, include_str!("../files/schema3.sql"));
    let old = ["a1b2c3d4e5f60718", "03030303030303030303030303030303"];
    let new = ["0202020202020202", "01010101010101010101010101010101"];
    let server = Running::with_database(&path).await;
    assert_eq!(traces(&server, &SCHEMA_2).await, SCHEMA_2);
    let mut request = crate::otlp::request(vec![2; 8]);
    let resource = request.resource_spans[0].resource.as_mut().unwrap();
    resource.attributes.extend([
        crate::otlp::text("spanloom.entity", "acme"),
        crate::otlp::text("spanloom.project", "shop"),
    ]);
    let body = request.encode_to_vec();
    crate::otlp::send(&server, body, "identity", crate::otlp::PROTOBUF).await;
    server.stop().await;
    // The second start reads what the first has written.
    let server = Running::with_database(&path).await;
    assert_eq!(traces(&server, &[old, new]).await, [old, new]);
    for ([id, _], question) in [(old, "How deep is the sea?"), (new, "hi")] {
        let path = format!("/api/call?entity=acme&project=shop&id={id}");
        let call = server.get(&path).await;
        assert_eq!(call["row"]["prompt"], question, "{call}");
    }
}

#[tokio::test]
async fn a_file_of_schema_4_opens_and_calls_of_it_are_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    file(&path, include_str!("../files/schema4.sql"));
    let id = |n: u32| format!("0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f5a{n:02x}");
    let server = Running::with_database(&path).await;
    let delete = json!({"project_id": "acme/shop", "call_ids": [id(3), SCHEMA_2[0][0]]});
    let answer = server.post("/calls/delete", &delete).await;
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer, json!({"num_deleted": 2}));
    server.stop().await;
    let server = Running::with_database(&path).await;
    assert_eq!(traces(&server, &SCHEMA_2[1..]).await, SCHEMA_2[1..]);
    let system = "Answer in one short sentence, and name your source. ".repeat(8);
    for n in 0..4 {
        let read = json!({"project_id": "acme/shop", "id": id(n)});
        let answer: Value = server.post("/call/read", &read).await.json().await.unwrap();
        let found = &answer["call"]["inputs"]["system"];
        assert_eq!(*found, if n < 3 { json!(system) } else { Value::Null });
    }
    // Once all frames were looked at, nothing is left of calls that are deleted, not even of their first parts.
    let database = Connection::open(&path).unwrap();
    let count = |select: &str| -> i64 { database.query_row(select, [], |row| row.get(0)).unwrap() };
    let looked_at = async {
        while count("SELECT count(*) FROM upgrade") > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), looked_at)
        .await
        .unwrap();
    let mut left: Vec<String> = (0..3).map(id).collect();
    left.extend(SCHEMA_2[1..].iter().map(|[id, _]| (*id).to_owned()));
    left.push("a1b2c3d4e5f60718".to_owned());
    let delete = json!({"project_id": "acme/shop", "call_ids": left});
    let answer = server.post("/calls/delete", &delete).await;
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer, json!({"num_deleted": left.len()}));
    let mut select = database.prepare("SELECT data FROM payload").unwrap();
    let frames = select
        .query_map([], |row| row.get::<_, Vec<u8>>(0))
        .unwrap();
    for frame in frames {
        let payloads = zstd::decode_all(&*frame.unwrap()).unwrap();
        let payloads = String::from_utf8_lossy(&payloads);
        assert!(!payloads.contains("project_id"), "{payloads}");
    }
    assert_eq!(count("SELECT count(*) FROM text"), 0);
}
