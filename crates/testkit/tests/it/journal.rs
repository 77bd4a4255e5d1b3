//! The journal of the model server.

use serde_json::{Value, json};
use spanloom_testkit::{ErrorKind, Latency, ModelServer};

use crate::client::{KEY, question, server, start};

#[tokio::test]
async fn requests_are_kept_with_their_bodies_and_without_credentials() {
    let (server, client) = server().await;
    client
        .chat()
        .create(question("hello world!"))
        .await
        .unwrap();
    let requests = server.requests();
    assert_eq!(
        (requests[0].number, requests[0].method.as_str()),
        (1, "POST")
    );
    assert_eq!(requests[0].path, "/v1/chat/completions");
    assert_eq!(requests[0].body["messages"][0]["content"], "hello world!");
    assert!(
        requests[0]
            .header_names()
            .any(|name| name == "authorization")
    );
    assert_eq!(requests[0].header("Authorization"), None);
    assert_eq!(requests[0].header("content-type"), Some("application/json"));
    assert!(!format!("{server:?}").contains(KEY));
}

#[tokio::test]
async fn the_newest_entries_are_kept_and_the_sum_goes_on() {
    let (server, client) = start(ModelServer::builder().with_journal_limit(2)).await;
    let mut sum = 0;
    for _ in 0..3 {
        sum += client
            .chat()
            .create(question("hello"))
            .await
            .unwrap()
            .usage
            .unwrap()
            .total_tokens;
    }
    assert_eq!(
        server
            .requests()
            .iter()
            .map(|request| request.number)
            .collect::<Vec<_>>(),
        [2, 3]
    );
    assert_eq!(server.usage().total_tokens(), u64::from(sum));
    server.clear();
    assert!(server.requests().is_empty() && server.answers().is_empty());
}

#[tokio::test]
async fn bad_bodies_and_unknown_paths_are_answered_in_openais_shape() {
    let (server, _) = start(ModelServer::builder().with_latency(Latency::None)).await;
    let post = async |path: &str, body: &str| {
        let url = format!("{}{path}", server.base_url());
        let response = reqwest::Client::new()
            .post(url)
            .body(body.to_owned())
            .send()
            .await
            .unwrap();
        (
            response.status().as_u16(),
            response.json::<Value>().await.unwrap()["error"].take(),
        )
    };
    let (status, error) = post("/chat/completions", "{").await;
    assert_eq!(
        (status, &error["type"]),
        (400, &json!("invalid_request_error"))
    );
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("not valid JSON")
    );
    assert_eq!(
        post("/chat/completions", "{}").await.1["message"],
        "you must provide a model parameter"
    );
    assert_eq!(
        post("/chat/completions", r#"{"model":"gpt-4o"}"#).await.1["param"],
        "messages"
    );
    assert_eq!(
        post("/embeddings", r#"{"model":"text-embedding-3-small"}"#)
            .await
            .1["param"],
        "input"
    );
    assert_eq!(post("/audio/speech", "{}").await.0, 404);
    assert_eq!(server.answers().len(), 5);
}

#[test]
fn starting_says_what_is_wrong() {
    let server = ModelServer::builder().start_on_thread().unwrap();
    let port = server
        .base_url()
        .trim_end_matches("/v1")
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let taken = ModelServer::builder()
        .with_port(port)
        .start_on_thread()
        .unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Bind);

    let mut start = std::pin::pin!(ModelServer::builder().start());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(error)) = start.as_mut().poll(&mut context) else {
        panic!("no error")
    };
    assert_eq!(error.kind(), ErrorKind::Runtime);
}
