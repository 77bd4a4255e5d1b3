//! Chat completions in chunks.

use async_openai::types::chat::{FinishReason, Role};
use serde_json::{Value, json};
use spanloom_testkit::{Latency, ModelServer};

use crate::client::{collect, joined, question, request, server, start, text};

#[tokio::test]
async fn a_stream_joins_to_the_answer_in_one_piece_and_says_nothing_about_usage() {
    let (server, client) = server().await;
    let whole = client
        .chat()
        .create(question("what is the meaning of life?"))
        .await
        .unwrap();
    let stream = client
        .chat()
        .create_stream(question("what is the meaning of life?"))
        .await
        .unwrap();
    let chunks: Vec<_> = collect(stream)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();

    assert_eq!(joined(&chunks), text(&whole));
    assert_eq!(chunks[0].choices[0].delta.role, Some(Role::Assistant));
    assert_eq!(
        chunks.last().unwrap().choices[0].finish_reason,
        Some(FinishReason::Stop)
    );
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk.usage.is_none() && chunk.id == chunks[0].id)
    );
    assert!(chunks.len() > 10);
    assert_eq!(
        server.answers()[1].usage.unwrap().total_tokens(),
        u64::from(whole.usage.unwrap().total_tokens)
    );
}

#[tokio::test]
async fn usage_comes_in_a_last_chunk_without_choices_when_asked_for() {
    let (_server, client) = server().await;
    let mut body = question("what is 2+2?");
    body.stream_options = serde_json::from_value(json!({"include_usage": true})).unwrap();
    let stream = client.chat().create_stream(body).await.unwrap();
    let chunks: Vec<_> = collect(stream)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();

    let (last, others) = chunks.split_last().unwrap();
    assert!(last.choices.is_empty());
    let usage = last.usage.clone().unwrap();
    assert_eq!((usage.prompt_tokens, usage.completion_tokens), (14, 8));
    assert!(others.iter().all(|chunk| chunk.usage.is_none()));
    assert_eq!(
        others.last().unwrap().choices[0].finish_reason,
        Some(FinishReason::Stop)
    );
}

#[tokio::test]
async fn the_wire_is_server_sent_events_with_done_at_the_end() {
    let (server, _) = server().await;
    let body = json!({
        "model": "gpt-4o-mini", "stream": true, "stream_options": {"include_usage": true},
        "messages": [{"role": "user", "content": "what is 2+2?"}],
    });
    let url = format!("{}/chat/completions", server.base_url());
    let response = reqwest::Client::new()
        .post(url)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    let wire = response.text().await.unwrap();
    let events: Vec<&str> = wire
        .split_terminator("\n\n")
        .map(|event| event.strip_prefix("data: ").unwrap())
        .collect();
    let (done, chunks) = events.split_last().unwrap();
    assert_eq!(*done, "[DONE]");
    let first: Value = serde_json::from_str(chunks[0]).unwrap();
    assert_eq!(first["object"], "chat.completion.chunk");
    assert!(
        first.as_object().unwrap()["usage"].is_null(),
        "present and null before the last chunk"
    );
}

#[tokio::test]
async fn several_choices_take_turns() {
    let (_server, client) = server().await;
    let mut body = question("what is 2+2?");
    body.n = Some(2);
    let stream = client.chat().create_stream(body).await.unwrap();
    let chunks: Vec<_> = collect(stream)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let order: Vec<u32> = chunks
        .iter()
        .map(|chunk| chunk.choices[0].index)
        .take(4)
        .collect();
    assert_eq!(order, [0, 1, 0, 1]);
}

// The clock is paused: it jumps from one wait to the next.
#[tokio::test(start_paused = true)]
async fn realistic_latency_changes_the_pace_and_not_the_answer() {
    let (_server, client) = start(ModelServer::builder().with_latency(Latency::Realistic)).await;
    let body = request(json!({
        "model": "gpt-4o-mini", "messages": [{"role": "user", "content": "what is 2+2?"}],
    }));
    let stream = client.chat().create_stream(body).await.unwrap();
    let chunks: Vec<_> = collect(stream)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(joined(&chunks), "2 + 2 equals 4.");
}
