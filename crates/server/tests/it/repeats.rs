//! Texts that repeat from call to call are stored once, and shown in every call.

use prost::Message as _;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::otlp::{PROTOBUF, request, send, text};
use crate::setup::Running;

/// Sends a call with this system prompt and another question.
async fn ask(server: &Running, id: u8, system: &str) {
    let mut request = request(vec![id; 8]);
    let attributes = &mut request.resource_spans[0].scope_spans[0].spans[0].attributes;
    attributes.retain(|attribute| attribute.key != "gen_ai.input.messages");
    let messages = json!([
        {"role": "system", "content": system},
        {"role": "user", "content": format!("question {id}")},
    ]);
    let tool =
        json!({"type": "function", "name": "find", "description": "Finds a place.".repeat(30)});
    attributes.extend([
        text("gen_ai.input.messages", &messages.to_string()),
        text("gen_ai.tool.definitions", &json!([tool]).to_string()),
    ]);
    let response = send(server, request.encode_to_vec(), "identity", PROTOBUF).await;
    assert_eq!(response.status(), 200);
}

async fn call(server: &Running, id: u8) -> Value {
    let id = format!("{id:02x}").repeat(8);
    let path = format!("/api/call?entity=local&project=otlp&id={id}");
    server.get(&path).await
}

fn texts(path: &std::path::Path) -> i64 {
    let connection = Connection::open(path).unwrap();
    let count = "SELECT count(*) FROM text";
    connection.query_row(count, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_system_prompt_and_tools_are_stored_once_and_shown_in_every_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let system = "Answer \"briefly\".\n".repeat(40);
    let server = Running::with_database(&path).await;
    for id in 1..=4 {
        ask(&server, id, &system).await;
    }
    server.stop().await;
    assert_eq!(texts(&path), 2);
    // After a start as well, the texts are known.
    let server = Running::with_database(&path).await;
    for id in 5..=6 {
        ask(&server, id, &system).await;
    }
    for id in 1..=6 {
        let call = call(&server, id).await;
        let shown = call["conversation"].to_string();
        let expected = serde_json::to_string(&system).unwrap();
        assert!(shown.contains(&expected), "{shown}");
        assert!(shown.contains(&format!("question {id}")), "{shown}");
        assert!(call.to_string().contains("Finds a place.Finds"), "{call}");
        assert_eq!(call["row"]["damaged"], false);
    }
    server.stop().await;
    assert_eq!(texts(&path), 2);
}

#[tokio::test]
async fn a_text_that_is_lost_costs_itself_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let server = Running::with_database(&path).await;
    for id in 1..=3 {
        ask(&server, id, &"Answer briefly. ".repeat(40)).await;
    }
    server.stop().await;
    let damage = "UPDATE text SET data = substr(data, 9)";
    Connection::open(&path)
        .unwrap()
        .execute_batch(damage)
        .unwrap();
    let server = Running::with_database(&path).await;
    let [whole, lost] = [call(&server, 1).await, call(&server, 3).await];
    assert_eq!(
        (&whole["row"]["damaged"], &lost["row"]["damaged"]),
        (&json!(false), &json!(true))
    );
    assert!(
        lost["conversation"].to_string().contains("question 3"),
        "{lost}"
    );
    assert_eq!(lost["row"]["input_tokens"], 1_000);
}
