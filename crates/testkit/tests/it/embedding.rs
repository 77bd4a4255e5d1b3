//! Embeddings and the list of models.

use async_openai::types::embeddings::CreateEmbeddingRequest;
use serde_json::{Value, json};

use crate::client::server;

fn request(body: Value) -> CreateEmbeddingRequest {
    serde_json::from_value(body).unwrap()
}

#[tokio::test]
async fn floats_and_base64_hold_the_same_vectors() {
    let (server, client) = server().await;
    let body = json!({"model": "text-embedding-3-small", "input": ["hello world", "what is 2+2?"], "dimensions": 5});
    let floats = client
        .embeddings()
        .create(request(body.clone()))
        .await
        .unwrap();
    assert_eq!(floats.data.len(), 2);
    assert!(
        floats
            .data
            .iter()
            .all(|embedding| embedding.embedding.len() == 5)
    );
    assert_ne!(floats.data[0].embedding, floats.data[1].embedding);
    assert_eq!(
        (floats.usage.prompt_tokens, floats.usage.total_tokens),
        (9, 9)
    );

    let mut body = request(body);
    body.encoding_format = serde_json::from_value(json!("base64")).unwrap();
    let base64 = client.embeddings().create_base64(body).await.unwrap();
    let decoded: Vec<f32> = base64.data[1].embedding.clone().into();
    assert_eq!(decoded, floats.data[1].embedding);
    assert_eq!(server.usage().prompt_tokens, 18);
}

#[tokio::test]
async fn a_text_and_a_list_of_tokens_are_one_input_each() {
    let (_server, client) = server().await;
    for input in [json!("hello"), json!([15339])] {
        let body = request(json!({"model": "text-embedding-ada-002", "input": input}));
        let response = client.embeddings().create(body).await.unwrap();
        assert_eq!(
            (
                response.data.len(),
                response.data[0].embedding.len(),
                response.usage.prompt_tokens
            ),
            (1, 16, 1)
        );
    }
}

#[tokio::test]
async fn the_models_are_listed_with_their_snapshots() {
    let (server, _) = server().await;
    let list: Value = reqwest::get(format!("{}/models", server.base_url()))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let ids: Vec<&str> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["id"].as_str().unwrap())
        .collect();
    assert!(ids.contains(&"gpt-4o-mini") && ids.contains(&"gpt-4o-mini-2024-07-18"));
}
