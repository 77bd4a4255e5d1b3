//! The changes that the layer makes to requests when configured to, and none otherwise.

use futures_util::StreamExt as _;
use opentelemetry::trace::{SpanKind, Status};
use reqwest::StatusCode;
use spanloom_testkit::Fault;

use crate::setup::{Setup, int, request, text};

async fn stream_of(setup: &Setup) -> Vec<usize> {
    let chat = setup.client.chat();
    let stream = chat.create_stream(request("hello world!")).await.unwrap();
    stream
        .map(|chunk| chunk.unwrap().choices.len())
        .collect()
        .await
}

#[tokio::test]
async fn by_default_a_request_goes_out_as_the_caller_made_it() {
    let setup = Setup::new().await;
    setup.client.chat().create(request("hello")).await.unwrap();
    setup.plain.chat().create(request("hello")).await.unwrap();
    let sent = setup.server.requests();
    assert_eq!(sent[0].body, sent[1].body);
    let names = |at: usize| sent[at].header_names().collect::<Vec<_>>();
    assert_eq!(names(0), names(1));
}

#[tokio::test]
async fn usage_is_asked_for_and_its_chunk_reaches_the_caller() {
    let setup = Setup::with_layer(|layer| layer.with_requested_usage()).await;
    let choices = stream_of(&setup).await;
    assert_eq!(choices.last(), Some(&0), "the chunk with the usage");
    let sent = setup.server.requests();
    assert_eq!(sent[0].body["stream_options"]["include_usage"], true);
    let span = setup.span();
    let source = text(&span, "spanloom.usage.source");
    assert_eq!(source.as_deref(), Some("reported"));
}

#[tokio::test]
async fn usage_is_asked_for_again_when_the_call_is_tried_again() {
    let setup = Setup::with_layer(|layer| layer.with_requested_usage()).await;
    setup
        .server
        .fail_next(Fault::Status(StatusCode::SERVICE_UNAVAILABLE));
    stream_of(&setup).await;
    for sent in setup.server.requests() {
        assert_eq!(sent.body["stream_options"]["include_usage"], true);
    }
    assert_eq!(int(&setup.span(), "spanloom.attempts"), Some(2));
}

#[tokio::test]
async fn a_call_that_is_not_streamed_is_not_asked() {
    let setup = Setup::with_layer(|layer| layer.with_requested_usage()).await;
    setup.client.chat().create(request("hello")).await.unwrap();
    let sent = setup.server.requests();
    assert!(sent[0].body.get("stream_options").is_none());
}

#[tokio::test]
async fn named_hosts_get_the_trace_in_every_attempt() {
    let setup = Setup::with_layer(|layer| layer.with_traceparent_to(["127.0.0.1"])).await;
    setup
        .server
        .fail_next(Fault::Status(StatusCode::SERVICE_UNAVAILABLE));
    setup.client.chat().create(request("hello")).await.unwrap();
    let context = setup.span().span_context;
    let expected = format!("00-{}-{}-01", context.trace_id(), context.span_id());
    let sent = setup.server.requests();
    assert_eq!(sent.len(), 2);
    for request in sent {
        assert_eq!(request.header("traceparent"), Some(expected.as_str()));
        assert_eq!(request.header("tracestate"), None);
    }
}

#[tokio::test]
async fn other_hosts_get_no_trace() {
    let setup = Setup::with_layer(|layer| layer.with_traceparent_to(["gateway.internal"])).await;
    setup.client.chat().create(request("hello")).await.unwrap();
    assert_eq!(setup.server.requests()[0].header("traceparent"), None);
}

#[tokio::test]
async fn other_endpoints_pass_without_a_span() {
    let setup = Setup::new().await;
    setup.client.models().list().await.unwrap();
    setup.client.chat().create(request("hello")).await.unwrap();
    assert!(setup.span().name.starts_with("chat"));
}

#[tokio::test]
async fn other_endpoints_have_a_plain_span_for_those_who_ask() {
    let setup = Setup::with_layer(|layer| layer.with_http_spans()).await;
    setup.client.models().list().await.unwrap();
    let span = setup.span();
    assert_eq!((&*span.name, &span.span_kind), ("GET", &SpanKind::Client));
    assert_eq!(text(&span, "http.request.method").as_deref(), Some("GET"));
    assert_eq!(int(&span, "http.response.status_code"), Some(200));
    assert_eq!(text(&span, "server.address").as_deref(), Some("127.0.0.1"));
    let url = text(&span, "url.full").unwrap();
    assert_eq!(url, format!("{}/models", setup.server.base_url()));
    assert_eq!(
        (span.status.clone(), text(&span, "gen_ai.operation.name")),
        (Status::Unset, None)
    );
}

#[tokio::test]
async fn a_refused_call_to_another_endpoint_is_an_error() {
    let setup = Setup::with_layer(|layer| layer.with_http_spans()).await;
    setup
        .client
        .models()
        .retrieve("no-such-model")
        .await
        .unwrap_err();
    let span = setup.span();
    assert_eq!(span.status, Status::error(""));
    assert!(text(&span, "error.type").is_some());
}
