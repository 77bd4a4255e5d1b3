//! Calls whose span is not recorded.

use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

use crate::setup::{Setup, request};

fn dropping() -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_sampler(Sampler::AlwaysOff)
        .build()
}

#[tokio::test]
async fn a_call_nobody_wants_to_know_of_is_not_observed() {
    let setup = Setup::with_layer(|layer| {
        let layer = layer.with_tracer_provider(&dropping());
        layer.without_metrics().with_traceparent_to(["127.0.0.1"])
    })
    .await;
    // Other tests of this process may have installed a subscriber.
    let chat = setup.client.chat();
    let answer = chat
        .create(request("hello"))
        .with_subscriber(NoSubscriber::new());
    assert_eq!(answer.await.unwrap().choices.len(), 1);
    let stats = setup.recorder.stats();
    assert_eq!((stats.finished, stats.waiting), (0, 0));
    let sent = setup.server.requests();
    let header = sent[0].header("traceparent").unwrap();
    assert!(header.ends_with("-00"), "not sampled further on: {header}");
}

#[tokio::test]
async fn a_call_that_is_counted_is_observed_without_a_span() {
    let meter = SdkMeterProvider::builder().build();
    let setup = Setup::with_layer(|layer| {
        let layer = layer.with_tracer_provider(&dropping());
        layer.with_meter_provider(&meter)
    })
    .await;
    setup.client.chat().create(request("hello")).await.unwrap();
    setup
        .recorder
        .flush(std::time::Duration::from_secs(10))
        .unwrap();
    assert_eq!(setup.recorder.stats().finished, 1);
    assert_eq!(setup.spans.spans().len(), 0);
    assert!(!opentelemetry::Context::current().has_active_span());
}
