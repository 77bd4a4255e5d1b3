//! The files in `deploy/`, which every test here runs; this file tests their other promises.

use std::fs;
use std::path::Path;

use spanloom_tests::parts::{collector, jaeger};

use crate::service::{Street, traceparent};
use crate::spans::named;

fn read(file: &str) -> String {
    fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../deploy")
            .join(file),
    )
    .unwrap()
}

#[test]
fn containers_are_of_the_versions_and_run_the_files_that_are_tested() {
    let compose = read("compose.yaml");
    // Jaeger's Go module stopped at v1; its minor version is 63 higher than the v2 tag of the same commit.
    let minor: u32 = jaeger::VERSION.split('.').nth(1).unwrap().parse().unwrap();
    for line in [
        format!(
            "image: otel/opentelemetry-collector-contrib:{}",
            collector::VERSION
        ),
        format!("image: jaegertracing/jaeger:2.{}.0", minor - 63),
        "SPANLOOM_PROJECT: ${SPANLOOM_PROJECT:-acme/services}".to_owned(),
        "./collector/config.yaml:/etc/collector/config.yaml:ro".to_owned(),
        "./jaeger/config.yaml:/etc/jaeger/config.yaml:ro".to_owned(),
    ] {
        assert!(compose.contains(&line), "{line}");
    }
    // On the host's network both use their default addresses.
    let collector = read("collector/config.yaml");
    let jaeger = read("jaeger/config.yaml");
    let otlp = "${env:JAEGER_OTLP:-127.0.0.1:14317}";
    assert!(collector.contains(otlp) && jaeger.contains(otlp));
    for (file, text) in [("collector", &collector), ("jaeger", &jaeger)] {
        let addresses = text
            .lines()
            .filter(|line| line.contains("endpoint: "))
            .count();
        let loopback = text
            .lines()
            .filter(|line| line.contains("endpoint: ") && line.contains("127.0.0.1:"))
            .count();
        assert_eq!(
            addresses, loopback,
            "{file} listens and sends on loopback unless it is told otherwise"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_long_prompts_pass_whole() {
    const PROMPT: usize = 250_000;
    const REQUESTS: u8 = 20;
    let street = Street::new().await;
    let content = [
        (
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
            "SPAN_ONLY",
        ),
        // All spans are sent at once, when the service ends.
        ("OTEL_BSP_SCHEDULE_DELAY", "60000"),
    ];
    let service = street
        .service("axum_service_monitored", "shop", &content)
        .await;
    // Together they exceed the 4 MiB that gRPC receivers accept by default.
    let mut prompt: String = (0..PROMPT)
        .map(|n| format!("{n} "))
        .take(PROMPT / 5)
        .collect();
    prompt.truncate(PROMPT);
    for number in 1..=REQUESTS {
        service.post("/ask", &prompt, &traceparent(number)).await;
    }
    service.stop().await;
    for number in 1..=REQUESTS {
        let spans = street.trace(number, 4).await;
        let call = &named(&spans, "chat gpt-4o-mini").attributes;
        assert!(call["gen_ai.input.messages"].as_str().unwrap().len() >= PROMPT);
    }
    let calls = street
        .spanloom
        .wait_for_such("acme/services", usize::from(REQUESTS), |call| {
            call["attributes"]["spanloom"]["operation"] == "chat"
        })
        .await;
    assert!(
        calls
            .iter()
            .all(|call| call["inputs"].to_string().len() > PROMPT)
    );
}
