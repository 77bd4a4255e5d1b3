use std::sync::{Arc, Mutex};

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use opentelemetry::Context;
use opentelemetry::trace::{
    FutureExt as _, SpanId, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use serde_json::{Value, json};
use spanloom_instrumentation::{GenAiLayer, MonitorAttributes, MonitorAttributesExt as _};
use tower::{Layer as _, service_fn};

use crate::setup::{Setup, request, text};

fn attributes(span: &opentelemetry_sdk::trace::SpanData) -> Value {
    serde_json::from_str(&text(span, "spanloom.attributes").unwrap()).unwrap()
}

#[tokio::test]
async fn attributes_of_the_call_and_of_the_scopes_around_it() {
    let setup = Setup::new().await;
    let chat = setup.client.chat();
    let call = chat
        .create(request("hello world!"))
        .monitor_attributes(json!({"params": {"a": 1}, "who": "call"}));
    async { call.await.unwrap() }
        .monitor_attributes(json!({"tenant": "acme", "who": "scope"}))
        .await;
    assert_eq!(
        attributes(&setup.span()),
        json!({"tenant": "acme", "params": {"a": 1}, "who": "call"})
    );
}

#[tokio::test]
async fn a_streams_attributes_are_those_of_its_call() {
    use futures_util::StreamExt as _;
    let setup = Setup::new().await;
    let mut streamed = request("Tell me a 50-word story.");
    streamed.stream = Some(true);
    let stream = setup
        .client
        .chat()
        .create_stream(streamed)
        .monitor_attributes(json!({"kind": "story"}))
        .await
        .unwrap();
    let chunks = stream.collect::<Vec<_>>().await;
    assert!(chunks.iter().all(Result::is_ok));
    assert_eq!(attributes(&setup.span()), json!({"kind": "story"}));
}

#[tokio::test]
async fn no_attributes_is_no_attribute() {
    let setup = Setup::new().await;
    drop(MonitorAttributes::new(json!({"left": "behind"})).enter());
    setup
        .client
        .chat()
        .create(request("hello world!"))
        .await
        .unwrap();
    assert_eq!(text(&setup.span(), "spanloom.attributes"), None);
}

#[tokio::test]
async fn the_current_span_is_the_parent() {
    let setup = Setup::new().await;
    let tracer = setup.provider.tracer("service");
    let context = Context::current_with_span(tracer.start("handler"));
    let outer = context.span().span_context().clone();
    setup
        .client
        .chat()
        .create(request("hello world!"))
        .with_context(context.clone())
        .await
        .unwrap();
    setup
        .recorder
        .flush(std::time::Duration::from_secs(5))
        .unwrap();
    context.span().end();
    let spans = setup.spans.wait_for(2).unwrap();
    let call = spans
        .iter()
        .find(|span| span.name.starts_with("chat"))
        .unwrap();
    assert_eq!(call.parent_span_id, outer.span_id());
    assert_eq!(call.span_context.trace_id(), outer.trace_id());
    let handler = spans.iter().find(|span| span.name == "handler").unwrap();
    assert_eq!(handler.parent_span_id, SpanId::INVALID);
}

#[tokio::test]
async fn what_happens_inside_a_call_is_under_its_span() {
    let setup = Setup::new().await;
    let layer = GenAiLayer::builder(&setup.recorder)
        .with_tracer_provider(&setup.provider)
        .build();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let current = {
        let seen = Arc::clone(&seen);
        move || {
            let span = Context::current().span().span_context().span_id();
            seen.lock().unwrap().push(span);
        }
    };
    let http = reqwest::Client::new();
    // Before the service's future is created, while the request is built, and after an await.
    let inner = service_fn(move |factory: HttpRequestFactory| {
        current();
        let (current, http) = (current.clone(), http.clone());
        async move {
            let request = factory.build().await?;
            current();
            let response = http.execute(request).await.map_err(OpenAIError::Reqwest);
            current();
            response
        }
    });
    let config = OpenAIConfig::new()
        .with_api_base(setup.server.base_url())
        .with_api_key("sk-test");
    let client = Client::with_config(config).with_http_service(layer.layer(inner));
    client.chat().create(request("hello world!")).await.unwrap();

    let span = setup.span().span_context.span_id();
    assert_eq!(*seen.lock().unwrap(), [span; 3]);
    assert_eq!(
        Context::current().span().span_context().span_id(),
        SpanId::INVALID
    );
}
