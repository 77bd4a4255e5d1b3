//! W&B's SDK for conversations, and CoreWeave's, send their spans here unchanged.

use serde_json::{Value, json};
use spanloom_tests::parts::weave::{CLIENT, FORGE, run, run_forge};

use crate::program::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_a_thread_of_turns_with_their_calls() {
    let server = Server::start().await;
    let url = server.url.clone();
    let lines = move || run(CLIENT, "conversation.py", &["me/talk"], &url, b"").unwrap();
    let done = tokio::task::spawn_blocking(lines).await.unwrap();
    assert_eq!(done[0]["client"], CLIENT);
    is_recorded(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_conversation_comes_from_coreweaves_sdk() {
    let server = Server::start().await;
    let url = server.url.clone();
    let lines = move || run_forge("me/talk", &url).unwrap();
    let done = tokio::task::spawn_blocking(lines).await.unwrap();
    assert_eq!(done[0]["client"], FORGE);
    is_recorded(&server).await;
}

/// Checks the conversation that the scripts record.
async fn is_recorded(server: &Server) {
    let calls = server.calls("me/talk").await.unwrap();
    let operation = |call: &Value| call["attributes"]["spanloom"]["operation"].clone();
    let named = |name: &str| {
        let calls = calls.iter().filter(|call| operation(call) == name);
        calls.collect::<Vec<_>>()
    };
    let (turns, chats, tools) = (named("invoke_agent"), named("chat"), named("execute_tool"));
    let counts = [turns.len(), chats.len(), tools.len(), calls.len()];
    assert_eq!(counts, [2, 2, 2, 6]);
    for (turn, chat) in turns.iter().zip(&chats) {
        assert_eq!(turn["thread_id"], "talk-1");
        assert_eq!(
            (&chat["parent_id"], &turn["parent_id"]),
            (&turn["id"], &Value::Null)
        );
        let usage = &chat["summary"]["usage"]["gpt-4o-mini-2024-07-18"];
        let tokens = [&usage["prompt_tokens"], &usage["completion_tokens"]];
        assert_eq!(tokens, [&json!(12), &json!(5)]);
        assert!(
            chat["summary"]["cost"]["total_usd"].as_f64() > Some(0.0),
            "{chat}"
        );
    }
    let (question, answer) = (
        &chats[0]["inputs"]["messages"][0],
        &chats[1]["output"]["choices"][0],
    );
    assert_eq!(question["content"], "How high is the Zugspitze?");
    assert_eq!(answer["message"]["content"], "2,713 m");
    let threads = reqwest::Client::new()
        .post(format!("{}/threads/stream_query", server.url))
        .body(json!({"project_id": "me/talk"}).to_string())
        .send()
        .await
        .unwrap();
    let thread: Value = serde_json::from_str(threads.text().await.unwrap().trim()).unwrap();
    assert_eq!(
        (&thread["thread_id"], &thread["turn_count"]),
        (&json!("talk-1"), &json!(2))
    );
}
