//! A Node service sends its spans with OpenTelemetry's own exporter, in JSON.

use spanloom_tests::parts::node;

use crate::program::Server;

const SPANS: usize = 700;

#[tokio::test(flavor = "multi_thread")]
async fn spans_of_nodes_exporter_are_calls_with_cost() {
    let server = Server::start().await;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", server.url.as_str());
    let service = ("OTEL_SERVICE_NAME", "node-service");
    let variables = [endpoint, service].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let sent = tokio::task::spawn_blocking(move || node::send(&variables, SPANS));
    sent.await.unwrap().unwrap();
    let calls = server.wait_for("local/otlp", SPANS).await;
    assert_eq!(calls.len(), SPANS);
    for (number, call) in calls.iter().enumerate() {
        let usage = &call["summary"]["usage"]["gpt-4o-mini"];
        assert_eq!(usage["prompt_tokens"], 1_000, "{number}");
        let output = usage["completion_tokens"].as_u64().unwrap();
        let content = &call["inputs"]["messages"][0]["content"];
        assert_eq!(content, &format!("tide {output}? 😀"), "{number}");
        assert_eq!(call["attributes"]["otel"]["cut"], "\u{fffd}", "{number}");
        assert!(
            call["summary"]["cost"]["total_usd"].as_f64().unwrap() > 0.0,
            "{number}"
        );
    }
    // As W&B's clients write exceptions.
    let failed = calls.iter().filter(|call| {
        let exception = call["exception"].as_str();
        exception.is_some_and(|text| text.contains(r#""message":"the sea is closed""#))
    });
    assert_eq!(failed.count(), 1);
}
