//! The sink with a real HTTP client.

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use spanloom_testkit::{Sink, SinkAnswer};

async fn send(sink: &Sink, body: &Value) -> reqwest::Result<reqwest::Response> {
    let url = format!("{}/v2/acme/chatbot/calls/complete", sink.url());
    reqwest::Client::new()
        .post(url)
        .basic_auth("api", Some("secret"))
        .json(body)
        .send()
        .await
}

#[tokio::test]
async fn requests_are_recorded_and_answered_in_the_order_of_the_script() {
    let sink = Sink::start().await.unwrap();
    sink.answer_next(StatusCode::SERVICE_UNAVAILABLE);
    let busy = SinkAnswer::status(StatusCode::TOO_MANY_REQUESTS)
        .with_header(RETRY_AFTER, HeaderValue::from(1));
    sink.answer_next_with(busy.with_body("busy"));
    assert_eq!(send(&sink, &json!(1)).await.unwrap().status(), 503);
    let second = send(&sink, &json!(2)).await.unwrap();
    assert_eq!(
        (second.status().as_u16(), &second.headers()["retry-after"]),
        (429, &HeaderValue::from(1))
    );
    assert_eq!(second.text().await.unwrap(), "busy");
    let third = send(&sink, &json!({"batch": []})).await.unwrap();
    assert_eq!(third.json::<Value>().await.unwrap(), json!({}));

    let requests = sink.wait_for(3).await.unwrap();
    assert_eq!(
        (requests[2].method.as_str(), requests[2].path.as_str()),
        ("POST", "/v2/acme/chatbot/calls/complete")
    );
    assert_eq!(requests[2].json().unwrap(), json!({"batch": []}));
    assert!(
        requests[0]
            .header("authorization")
            .unwrap()
            .starts_with("Basic ")
    );
    assert!(!format!("{:?}", requests[0]).contains("Basic "));
}

#[tokio::test]
async fn an_otlp_request_gets_an_empty_protobuf_message() {
    let sink = Sink::start().await.unwrap();
    let request = reqwest::Client::new().post(format!("{}/v1/traces", sink.url()));
    let answer = request
        .header("content-type", "application/x-protobuf")
        .body("")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-type"], "application/x-protobuf");
    assert!(answer.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_stopped_sink_refuses_and_comes_back_on_the_same_port() {
    let sink = Sink::start().await.unwrap();
    let url = sink.url();
    send(&sink, &json!(1)).await.unwrap();
    sink.stop().await;
    assert!(send(&sink, &json!(2)).await.unwrap_err().is_connect());
    sink.restart().await.unwrap();
    assert_eq!(sink.url(), url);
    send(&sink, &json!(3)).await.unwrap();
    assert_eq!(sink.requests().len(), 2);
}

#[tokio::test]
async fn a_hanging_request_breaks_when_the_sink_stops() {
    let sink = Sink::start().await.unwrap();
    sink.answer_next_with(SinkAnswer::hang());
    let request = tokio::spawn(reqwest::Client::new().post(sink.url()).body("1").send());
    sink.wait_for(1).await.unwrap();
    sink.stop().await;
    assert!(!request.await.unwrap().unwrap_err().is_connect());
    sink.restart().await.unwrap();
    sink.answer_next_with(SinkAnswer::disconnect());
    send(&sink, &json!(2)).await.unwrap_err();
}

#[test]
fn a_sink_on_its_own_thread_serves_callers_that_block() {
    let sink = Sink::start_on_thread().unwrap();
    sink.answer_always(SinkAnswer::status(StatusCode::ACCEPTED));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let answer = runtime.block_on(send(&sink, &json!(1))).unwrap();
    assert_eq!(answer.status(), 202);
    assert_eq!(sink.wait_for_blocking(1).unwrap().len(), 1);
    runtime.block_on(sink.stop());
    runtime.block_on(sink.restart()).unwrap();
    runtime.block_on(send(&sink, &json!(2))).unwrap();
}
