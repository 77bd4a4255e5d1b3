//! Calls through a monitored client become records at the server.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::{Value, json};
use spanloom::{Monitor, MonitorAttributesExt as _, Monitored as _, SpoolSettings};
use spanloom_testkit::{ModelServer, Sink};

use crate::setup::{Setup, records, request, setup};

#[tokio::test]
async fn a_call_is_a_record_with_everything_known_about_it() {
    let Setup {
        spool: _spool,
        model: _model,
        sink,
        monitor,
        client,
    } = setup();
    let attributes = json!({"system_prompt": "none", "params": {"equation": "2+2"}});
    let answer = client
        .chat()
        .create(request("what is 2+2?"))
        .monitor_attributes(attributes)
        .await
        .unwrap();
    let receipt = monitor.flush_blocking(Duration::from_secs(5));
    assert_eq!((receipt.delivered, receipt.queued), (1, 0), "{receipt}");

    let record = records(&sink).remove(0);
    let usage = answer.usage.unwrap();
    assert_eq!(record["inputs"]["messages"][0]["content"], "what is 2+2?");
    assert_eq!(
        record["output"]["choices"][0]["message"]["content"],
        json!(answer.choices[0].message.content)
    );
    assert_eq!(record["attributes"]["params"]["equation"], "2+2");
    assert_eq!(record["attributes"]["stream"], "openai_logs");
    assert_eq!(record["attributes"]["spanloom"]["provider"], "openai");
    assert_eq!(
        record["summary"]["usage"][&answer.model]["prompt_tokens"],
        usage.prompt_tokens
    );
    assert_eq!(record["summary"]["status_code"], "SUCCESS");
    assert_eq!(record["summary"]["cost"]["source"], "priced");
    assert!(record["summary"]["latency_s"].as_f64().unwrap() > 0.0);
    assert_eq!(record["parent_id"], Value::Null);
    let shown = record.to_string();
    assert!(!shown.contains("sk-test"), "no key in any record");
    assert!(
        !shown.contains("gen_ai.input.messages"),
        "content stands in a record once"
    );
}

async fn thousand_calls_then_drop() -> usize {
    use futures_util::StreamExt as _;
    let Setup {
        spool: _spool,
        model: _model,
        sink,
        monitor,
        client,
    } = setup();
    let calls = (0..1_000).map(|_| async {
        client
            .chat()
            .create(request("hello world!"))
            .await
            .map(drop)
    });
    let results = futures_util::stream::iter(calls)
        .buffer_unordered(32)
        .collect::<Vec<_>>()
        .await;
    assert!(results.iter().all(Result::is_ok));
    drop(monitor);
    records(&sink).len()
}

#[tokio::test(flavor = "current_thread")]
async fn a_thousand_calls_survive_the_guards_drop_on_a_current_thread_runtime() {
    assert_eq!(thousand_calls_then_drop().await, 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_survive_the_guards_drop_on_a_multi_thread_runtime() {
    assert_eq!(thousand_calls_then_drop().await, 1_000);
}

#[tokio::test]
async fn a_server_killed_between_two_calls_loses_none() {
    let Setup {
        spool: _spool,
        model: _model,
        sink,
        monitor,
        client,
    } = setup();
    client.chat().create(request("hello world!")).await.unwrap();
    assert_eq!(monitor.flush_blocking(Duration::from_secs(5)).delivered, 1);
    sink.stop().await;
    client.chat().create(request("what is 2+2?")).await.unwrap();
    let kept = monitor.flush_blocking(Duration::from_millis(50));
    assert_eq!(
        (kept.delivered, kept.spooled + kept.queued),
        (1, 1),
        "{kept}"
    );
    sink.restart().await.unwrap();
    let receipt = monitor.shutdown_blocking(Duration::from_secs(5));
    assert_eq!((receipt.delivered, receipt.queued), (2, 0), "{receipt}");
    assert_eq!(records(&sink).len(), 2);
}

#[tokio::test]
async fn content_can_be_left_out() {
    let model = ModelServer::builder().start_on_thread().unwrap();
    let sink = Sink::start_on_thread().unwrap();
    let builder = Monitor::builder("acme/chatbot/openai_logs").with_server(&sink.url());
    let monitor = builder
        .without_spool()
        .without_content()
        .without_notices()
        .start()
        .unwrap();
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    let client = Client::with_config(config).monitored_with(&monitor, reqwest::Client::new());
    client
        .chat()
        .create(request("a private question"))
        .await
        .unwrap();
    assert!(
        monitor
            .shutdown_blocking(Duration::from_secs(5))
            .is_complete()
    );
    let record = records(&sink).remove(0);
    assert!(!record.to_string().contains("private question"));
    assert_eq!(record["inputs"], json!({}));
    assert!(
        record["summary"]["usage"]
            .as_object()
            .is_some_and(|usage| !usage.is_empty())
    );
}

#[tokio::test]
async fn the_services_own_spans_are_named_and_left_alone() {
    use opentelemetry::trace::{
        FutureExt as _, TraceContextExt as _, Tracer as _, TracerProvider as _,
    };
    let Setup {
        spool: _spool,
        model: _model,
        sink,
        monitor,
        client,
    } = setup();
    let service = opentelemetry_sdk::trace::SdkTracerProvider::builder().build();
    let context =
        opentelemetry::Context::current_with_span(service.tracer("service").start("handler"));
    let outer = context.span().span_context().clone();
    client
        .chat()
        .create(request("hello world!"))
        .with_context(context)
        .await
        .unwrap();
    assert!(monitor.flush_blocking(Duration::from_secs(5)).is_complete());
    let record = records(&sink).remove(0);
    assert_eq!(record["trace_id"], outer.trace_id().to_string());
    assert_eq!(
        record["parent_id"],
        Value::Null,
        "its parent goes elsewhere"
    );
    assert_eq!(
        record["attributes"]["spanloom"]["outer_span_id"],
        outer.span_id().to_string()
    );
}

#[tokio::test]
async fn the_global_providers_are_left_alone() {
    use opentelemetry::global;
    use opentelemetry::trace::{Span as _, Tracer as _};
    let Setup {
        spool: _spool,
        model: _model,
        sink: _sink,
        monitor,
        client,
    } = setup();
    client.chat().create(request("hello world!")).await.unwrap();
    let span = global::tracer("service").start("of nobody");
    assert!(!span.span_context().is_valid() && !span.is_recording());
    assert!(
        monitor
            .shutdown_blocking(Duration::from_secs(5))
            .is_complete()
    );
}

#[tokio::test]
async fn the_same_spans_go_to_a_collector_without_the_bodies() {
    let model = ModelServer::builder().start_on_thread().unwrap();
    let (server, collector) = (
        Sink::start_on_thread().unwrap(),
        Sink::start_on_thread().unwrap(),
    );
    let builder = Monitor::builder("acme/chatbot/openai_logs")
        .with_server(&server.url())
        .without_spool();
    let monitor = builder
        .with_collector(&collector.url())
        .without_notices()
        .start()
        .unwrap();
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    let client = Client::with_config(config).monitored(&monitor);
    client.chat().create(request("what is 2+2?")).await.unwrap();
    assert!(
        monitor
            .shutdown_blocking(Duration::from_secs(5))
            .is_complete()
    );
    assert_eq!(records(&server).len(), 1);
    let sent = collector.requests().remove(0);
    assert_eq!(sent.path, "/v1/traces");
    let shown = String::from_utf8_lossy(&sent.body);
    for present in [
        "gen_ai.operation.name",
        "gen_ai.input.messages",
        "what is 2+2?",
        "spanloom.stream",
        "openai_logs",
    ] {
        assert!(shown.contains(present), "{present}");
    }
    for absent in ["spanloom.request", "spanloom.response"] {
        assert!(!shown.contains(absent), "{absent}");
    }
}

#[tokio::test]
async fn the_order_of_settings_decides() {
    let Setup {
        spool: _spool,
        model,
        sink,
        monitor,
        ..
    } = setup();
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    let before = Client::with_config(config.clone())
        .with_http_client(reqwest::Client::new())
        .monitored(&monitor);
    before.chat().create(request("monitored")).await.unwrap();
    // As documented: setting another HTTP client later removes the monitoring.
    let after = Client::with_config(config)
        .monitored(&monitor)
        .with_http_client(reqwest::Client::new());
    after.chat().create(request("not monitored")).await.unwrap();
    assert!(
        monitor
            .shutdown_blocking(Duration::from_secs(5))
            .is_complete()
    );
    let records = records(&sink);
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["inputs"]["messages"][0]["content"], "monitored");
}

#[tokio::test]
async fn a_collector_alone_has_its_account() {
    let model = ModelServer::builder().start_on_thread().unwrap();
    let collector = Sink::start_on_thread().unwrap();
    let builder = Monitor::builder("acme/chatbot/openai_logs").with_collector(&collector.url());
    let spool = tempfile::tempdir().unwrap();
    let builder = builder.with_spool(SpoolSettings::new(spool.path()));
    let monitor = builder.without_notices().start().unwrap();
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    let client = Client::with_config(config).monitored(&monitor);
    client.chat().create(request("hello world!")).await.unwrap();
    let receipt = monitor.flush_blocking(Duration::from_secs(5));
    assert_eq!((receipt.received, receipt.delivered), (1, 1), "{receipt}");
    collector.stop().await;
    client.chat().create(request("hello world!")).await.unwrap();
    let receipt = monitor.shutdown_blocking(Duration::from_secs(5));
    assert_eq!(
        (receipt.received, receipt.delivered, receipt.spooled),
        (2, 1, 1),
        "{receipt}"
    );
}
