use std::time::Duration;

use async_openai::traits::RequestOptionsBuilder as _;
use futures_util::StreamExt as _;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use serde_json::json;
use spanloom_instrumentation::GenAiLayer;
use spanloom_testkit::attribute;

use crate::canned::{Canned, events, json, texts};
use crate::responses::{opening, response};
use crate::setup::text;

#[tokio::test]
async fn a_fetched_response_uses_no_tokens() {
    let setup = Canned::new().await;
    let mut failed = response("failed", "Hel");
    failed["error"] = json!({"code":"server_error","message":"the model broke"});
    setup.answer(&failed);
    let plain = setup.plain.responses().retrieve("resp_1").await.unwrap();
    let answer = setup.client.responses().retrieve("resp_1").await.unwrap();
    assert_eq!(answer, plain);
    let span = setup.span();
    assert_eq!(
        (span.name.as_ref(), &span.span_kind, &span.status),
        ("fetch_response", &SpanKind::Client, &Status::Unset),
        "it was not the reading that failed"
    );
    for (name, value) in [
        ("gen_ai.operation.name", "fetch_response"),
        ("openai.api.type", "responses"),
        ("gen_ai.response.id", "resp_1"),
        ("gen_ai.response.status", "failed"),
        ("gen_ai.response.model", "gpt-4o-mini-2024-07-18"),
        ("spanloom.outcome", "completed"),
    ] {
        assert_eq!(text(&span, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(texts(&span, "gen_ai.response.finish_reasons"), ["error"]);
    for prefix in [
        "gen_ai.usage.",
        "spanloom.cost.",
        "spanloom.usage.",
        "gen_ai.request.",
        "error.",
    ] {
        let found = span
            .attributes
            .iter()
            .find(|attribute| attribute.key.as_str().starts_with(prefix));
        assert_eq!(found, None);
    }
    assert_eq!(attribute(&span, "gen_ai.input.messages"), None);
    assert_eq!(
        json(&span, "gen_ai.system_instructions"),
        json!([{"type":"text","content":"be brief"}])
    );
    assert_eq!(
        json(&span, "gen_ai.output.messages")[0]["parts"][0]["content"],
        "Hel"
    );
    assert_eq!(setup.recorder.stats().shed, 0, "nothing was too large");
}

#[tokio::test]
async fn a_response_that_is_not_there_is_an_error_with_its_id() {
    let setup = Canned::new().await;
    setup
        .sink
        .answer_always(spanloom_testkit::SinkAnswer::status(
            spanloom_testkit::StatusCode::NOT_FOUND,
        ));
    setup
        .client
        .responses()
        .retrieve("resp_9")
        .await
        .unwrap_err();
    let span = setup.span();
    assert_eq!(
        text(&span, "gen_ai.response.id").as_deref(),
        Some("resp_9"),
        "required, and known from the path"
    );
    assert_eq!(text(&span, "error.type").as_deref(), Some("404"));
}

#[tokio::test]
async fn a_response_fetched_as_a_stream_is_read_like_one() {
    let setup = Canned::new().await;
    let mut stream = opening();
    stream.push(
        json!({"type":"response.completed","sequence_number":5,"response":response("completed", "Hello!")}),
    );
    setup.stream(events(&stream));
    let responses = setup
        .client
        .responses()
        .query(&[("starting_after", "2")])
        .unwrap();
    let mut fetched = responses.retrieve_stream("resp_1").await.unwrap();
    let mut count = 0;
    while let Some(event) = fetched.next().await {
        event.unwrap();
        count += 1;
    }
    assert_eq!(count, stream.len());
    let span = setup.span();
    assert_eq!(span.name, "fetch_response");
    for (name, value) in [
        ("gen_ai.request.stream_cursor", "2"),
        ("gen_ai.response.status", "completed"),
        ("spanloom.outcome", "completed"),
    ] {
        assert_eq!(text(&span, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(attribute(&span, "gen_ai.usage.input_tokens"), None);
    assert_eq!(
        attribute(&span, "gen_ai.response.time_to_first_chunk"),
        None
    );
    assert_eq!(
        json(&span, "gen_ai.output.messages")[0]["parts"][0]["content"],
        "Hello!"
    );
}

#[tokio::test]
async fn the_other_requests_of_the_api_pass_through() {
    let setup = Canned::new().await;
    setup.answer(&json!({"id":"resp_1","object":"response","deleted":true}));
    setup.client.responses().delete("resp_1").await.unwrap();
    setup.answer(&response("cancelled", ""));
    setup.client.responses().cancel("resp_1").await.unwrap();
    setup.answer(&response("completed", "Hello!"));
    setup.client.responses().retrieve("resp_1").await.unwrap();
    assert_eq!(
        setup.span().name,
        "fetch_response",
        "and the others had none"
    );
    assert_eq!(setup.sink.requests().len(), 3);
}

#[tokio::test]
async fn a_fetched_response_counts_no_tokens_and_no_chunks() {
    let setup = Canned::new().await;
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).build();
    let meters = SdkMeterProvider::builder().with_reader(reader).build();
    let layer = GenAiLayer::builder(&setup.recorder)
        .with_meter_provider(&meters)
        .build();
    let client = setup
        .plain
        .clone()
        .with_http_service(layer.stack(reqwest::Client::new()));
    let mut stream = opening();
    stream.push(
        json!({"type":"response.completed","sequence_number":5,"response":response("completed", "Hello!")}),
    );
    setup.stream(events(&stream));
    let responses = client.responses();
    let mut fetched = responses.retrieve_stream("resp_1").await.unwrap();
    while fetched.next().await.is_some() {}
    setup.recorder.flush(Duration::from_secs(10)).unwrap();
    meters.force_flush().unwrap();
    let exported = exporter.get_finished_metrics().unwrap();
    let names: Vec<&str> = exported
        .iter()
        .flat_map(|resource| resource.scope_metrics())
        .flat_map(|scope| scope.metrics())
        .map(|metric| metric.name())
        .collect();
    assert_eq!(names, ["gen_ai.client.operation.duration"]);
}
