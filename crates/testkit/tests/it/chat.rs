//! Chat completions in one piece.

use std::collections::HashSet;

use async_openai::types::chat::{FinishReason, Role, ServiceTier};
use serde_json::{Value, json};
use spanloom_testkit::{Latency, ModelServer};

use crate::client::{question, request, server, start, text};

#[tokio::test]
async fn a_completion_has_openais_shape_and_usage() {
    let (server, client) = server().await;
    let response = client
        .chat()
        .create(question("what is 2+2?"))
        .await
        .unwrap();

    assert!(response.id.starts_with("chatcmpl-"));
    assert_eq!(response.object, "chat.completion");
    assert_eq!(response.model, "gpt-4o-mini-2024-07-18");
    assert_eq!(response.service_tier, Some(ServiceTier::Default));
    assert_eq!(text(&response), "2 + 2 equals 4.");
    assert_eq!(response.choices[0].message.role, Role::Assistant);
    assert_eq!(response.choices[0].finish_reason, Some(FinishReason::Stop));
    let usage = response.usage.unwrap();
    assert_eq!(
        (
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.total_tokens
        ),
        (14, 8, 22)
    );
    assert_eq!(usage.prompt_tokens_details.unwrap().cached_tokens, Some(0));
    assert_eq!(
        usage.completion_tokens_details.unwrap().reasoning_tokens,
        Some(0)
    );
    assert_eq!(server.usage().total_tokens(), 22);
}

#[tokio::test]
async fn the_raw_object_has_the_members_that_typed_clients_drop() {
    let (server, _) = server().await;
    let body = json!({"model": "gpt-3.5-turbo", "messages": [{"role": "user", "content": "hello world!"}]});
    let url = format!("{}/chat/completions", server.base_url());
    let response = reqwest::Client::new()
        .post(url)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert!(
        response.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .starts_with("req_")
    );
    let json: Value = response.json().await.unwrap();
    assert_eq!(json["model"], "gpt-3.5-turbo-0125");
    assert!(
        json["system_fingerprint"]
            .as_str()
            .unwrap()
            .starts_with("fp_")
    );
    assert!(json["choices"][0]["message"].as_object().unwrap()["refusal"].is_null());
    assert!(json["choices"][0].as_object().unwrap()["logprobs"].is_null());
}

#[tokio::test]
async fn the_seeds_examples_are_answered() {
    let (_server, client) = server().await;
    let ask = async |system: &str, user: &str| {
        let messages =
            json!([{"role": "system", "content": system}, {"role": "user", "content": user}]);
        let body = request(json!({"model": "gpt-3.5-turbo", "messages": messages}));
        text(&client.chat().create(body).await.unwrap()).to_owned()
    };
    let bullets = ask(
        "you always write in bullet points",
        "solve the following equation step by step: 4 * (3 - 1)",
    )
    .await;
    assert!(bullets.lines().all(|line| line.starts_with("- ")) && bullets.ends_with('8'));
    let story = ask(
        "You are a robot and only speak in robot, like beep bloop bop.",
        "Tell me a 50-word story.",
    )
    .await;
    assert!(story.starts_with("Beep boop."));

    let mut explanations = HashSet::new();
    for system in [
        "you're extremely flowery and poetic",
        "you're very direct and precise",
        "balance brevity with insight",
    ] {
        for equation in ["x^2 + 4x + 9 = 0", "15 * (2 - 6) / 4"] {
            for audience in ["new student", "math genius"] {
                let user =
                    format!("explain the solution of the following to a {audience}: {equation}");
                explanations.insert(ask(system, &user).await);
            }
        }
    }
    assert_eq!(explanations.len(), 12);
}

#[tokio::test]
async fn a_prompt_with_a_beginning_seen_before_is_partly_cached() {
    let (server, client) = server().await;
    let ask = async |user: &str| {
        let system = "You are a patient teacher who explains every step of a solution in plain words to beginners.";
        let messages =
            json!([{"role": "system", "content": system}, {"role": "user", "content": user}]);
        let body = request(json!({"model": "gpt-4o-mini", "messages": messages}));
        let usage = client.chat().create(body).await.unwrap().usage.unwrap();
        (
            usage.prompt_tokens_details.unwrap().cached_tokens.unwrap(),
            usage.prompt_tokens,
        )
    };
    assert_eq!(ask("hello world!").await.0, 0);
    let (cached, prompt) = ask("Why is the sky blue?").await;
    assert!((16..prompt).contains(&cached), "{cached} of {prompt}");
    assert_eq!(server.usage().cached_tokens, u64::from(cached));
}

#[tokio::test]
async fn limits_stops_choices_and_reasoning_are_honoured() {
    let (_server, client) = server().await;
    let ask = async |mut more: Value| {
        let body = more.as_object_mut().unwrap();
        body.entry("model").or_insert("gpt-4o-mini".into());
        body.insert(
            "messages".to_owned(),
            json!([{"role": "user", "content": "what is 2+2?"}]),
        );
        client.chat().create(request(more)).await.unwrap()
    };
    let short = ask(json!({"max_completion_tokens": 4})).await;
    assert_eq!(
        (text(&short), short.choices[0].finish_reason),
        ("2 + 2", Some(FinishReason::Length))
    );
    assert_eq!(text(&ask(json!({"stop": [" equals"]})).await), "2 + 2");
    assert_eq!(ask(json!({"n": 3})).await.choices.len(), 3);
    let object = ask(json!({"response_format": {"type": "json_object"}})).await;
    assert_eq!(
        serde_json::from_str::<Value>(text(&object)).unwrap()["answer"],
        "2 + 2 equals 4."
    );

    let usage = ask(json!({"model": "o3-mini"})).await.usage.unwrap();
    let reasoning = usage
        .completion_tokens_details
        .unwrap()
        .reasoning_tokens
        .unwrap();
    assert!(reasoning >= 64 && usage.completion_tokens == reasoning + 8);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_answers_and_no_id_twice() {
    let run = async |seed| {
        let (_server, client) = start(ModelServer::builder().with_seed(seed)).await;
        let first = client
            .chat()
            .create(question("Why is the sky blue?"))
            .await
            .unwrap();
        let second = client
            .chat()
            .create(question("Why is the sky blue?"))
            .await
            .unwrap();
        assert_ne!(first.id, second.id);
        (first.id, text(&second).to_owned())
    };
    assert_eq!(run(1).await, run(1).await);
    assert_ne!(run(1).await.0, run(2).await.0);
}

#[test]
fn a_server_on_its_own_thread_serves_callers_that_block() {
    let server = ModelServer::builder()
        .with_latency(Latency::None)
        .start_on_thread()
        .unwrap();
    let client = crate::client::client(&server);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let response = runtime
        .block_on(client.chat().create(question("hello world!")))
        .unwrap();
    assert!(text(&response).starts_with("Hello!"));
    runtime.block_on(server.stop());
}
