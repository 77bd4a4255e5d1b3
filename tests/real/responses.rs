//! The Responses API of third-party servers: fewer fields than OpenAI's, but read all the same.

use async_openai::types::responses::CreateResponse;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use spanloom_core::{Endpoint, openai};
use spanloom_tests::parts::aimock::Aimock;
use spanloom_tests::parts::llama::Llama;

use crate::model::{Layered, get};

/// Sends the request whole and streamed, which leaves two spans. async-openai's parsing of the answer does not matter.
async fn ask(layered: &Layered, request: &Value) {
    let typed: CreateResponse = serde_json::from_value(request.clone()).unwrap();
    let responses = layered.client.responses();
    drop(responses.create(typed.clone()).await);
    layered.span(1);
    let mut events = responses.create_stream(typed).await.unwrap();
    while events.next().await.is_some() {}
}

/// Returns all text of a response.
fn text(answer: &Value) -> String {
    let items = answer["output"].as_array().unwrap().iter();
    let parts = items.flat_map(|item| item["content"].as_array().into_iter().flatten());
    parts.filter_map(|part| part["text"].as_str()).collect()
}

/// Checks that the second span is of a whole stream.
fn check(layered: &Layered, base: &str) {
    let streamed = layered.span(2);
    assert_eq!(get(&streamed, "spanloom.outcome"), "completed", "{base}");
    assert_eq!(get(&streamed, "openai.api.type"), "responses");
    assert_eq!(get(&streamed, "spanloom.usage.source"), "reported");
    assert!(get(&streamed, "gen_ai.usage.output_tokens").as_u64() > Some(0));
    assert!(get(&streamed, "gen_ai.response.id").is_string());
    let answer: Value =
        serde_json::from_str(get(&streamed, "spanloom.response").as_str().unwrap()).unwrap();
    assert_eq!(answer["object"], "response", "{answer}");
    assert!(!text(&answer).is_empty(), "{answer}");
}

#[tokio::test]
async fn llama_numbers_nothing_and_is_understood() {
    let server = Llama::start().await.unwrap();
    let layered = Layered::new(&server.base_url());
    let request = json!({"model":"tiny","input":"hello","max_output_tokens":20,"temperature":0.0});
    ask(&layered, &request).await;
    check(&layered, &server.base_url());
}

#[tokio::test]
async fn aimock_tells_every_event() {
    let server = Aimock::start().await.unwrap();
    let layered = Layered::new(&server.base_url());
    ask(&layered, &json!({"model":"gpt-4o-mini","input":"plain"})).await;
    check(&layered, &server.base_url());
}

/// Checks that an answer assembled from chunks alone equals the last event.
#[tokio::test]
async fn a_stream_without_its_last_event_is_the_same_text() {
    let llama = Llama::start().await.unwrap();
    let aimock = Aimock::start().await.unwrap();
    for (base, input) in [(llama.base_url(), "hello"), (aimock.base_url(), "plain")] {
        let request = json!({"model":"gpt-4o-mini","input":input,"max_output_tokens":20,"temperature":0.0,"stream":true});
        let request = reqwest::Client::new()
            .post(format!("{base}/responses"))
            .json(&request);
        let stream = request.send().await.unwrap().bytes().await.unwrap();
        let last = b"\"response.completed\"";
        let end = stream.windows(last.len()).position(|at| at == last);
        let cut = stream.slice(..end.unwrap());
        let cut = cut.slice(..cut.windows(2).rposition(|at| at == b"\n\n").unwrap());
        let answer = |bytes: &[u8]| -> (bool, Value) {
            let assembled = openai::assemble(Endpoint::Responses, bytes);
            assert_eq!(assembled.malformed, 0, "{base}");
            let answer = assembled.completion.unwrap();
            (assembled.done, serde_json::from_str(&answer).unwrap())
        };
        let ((done, whole), (cut_done, pieces)) = (answer(&stream), answer(&cut));
        assert_eq!((done, cut_done), (true, false), "{base}");
        assert_eq!(text(&pieces), text(&whole), "{base}");
        assert!(!text(&whole).is_empty());
    }
}
