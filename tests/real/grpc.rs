//! The exporter over gRPC, with third-party collectors.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use spanloom_exporter::{Destination, Exporter, Receipt};
use spanloom_tests::parts::rotel::Rotel;

use crate::program::Server;
use crate::service::Street;

const SPANS: usize = 60;
/// All prompts together exceed one request.
const PROMPT: usize = 150_000;

/// Sends the spans, and returns the receipt.
async fn sent(address: &str, compressed: bool) -> Receipt {
    let destination = Destination::otlp_grpc(address).unwrap();
    let exporter = Exporter::builder("acme/grpc/calls".parse().unwrap())
        .with_destination(destination.with_compression(compressed))
        .start()
        .unwrap();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(exporter.processor())
        .build();
    let tracer = provider.tracer("grpc");
    let prompt: String = (0..PROMPT)
        .map(|n| format!("{n} "))
        .take(PROMPT / 5)
        .collect();
    for number in 0..SPANS {
        let mut span = tracer.start(format!("chat {number}"));
        span.set_attribute(KeyValue::new("gen_ai.operation.name", "chat"));
        span.set_attribute(KeyValue::new("gen_ai.input.messages", prompt.clone()));
        span.end();
    }
    let flush = move || exporter.shutdown(Duration::from_secs(20));
    tokio::task::spawn_blocking(flush).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_collector_takes_what_is_sent_with_and_without_compression() {
    let street = Street::new().await;
    for compressed in [false, true] {
        let receipt = sent(&street.collector.grpc_address(), compressed).await;
        assert!(
            receipt.is_complete(),
            "{receipt}\n{}",
            street.collector.log()
        );
    }
    let spans = street.spanloom.wait_for("acme/services", 2 * SPANS).await;
    assert!(
        spans
            .iter()
            .all(|span| span["inputs"].to_string().len() > PROMPT / 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rotel_takes_what_is_sent() {
    let spanloom = Server::start().await;
    let rotel = Rotel::start(&spanloom.url).await.unwrap();
    let receipt = sent(&rotel.grpc_address(), true).await;
    assert!(receipt.is_complete(), "{receipt}\n{}", rotel.log());
}
