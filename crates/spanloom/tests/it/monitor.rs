//! Calls through a monitored client become records at the server.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::{Value, json};
use spanloom::{Monitor, MonitorAttributesExt as _, Monitored as _};
use spanloom_testkit::{ModelServer, Sink};

struct Setup {
    model: ModelServer,
    sink: Sink,
    monitor: Monitor,
    client: Client<OpenAIConfig>,
}

fn setup() -> Setup {
    let model = ModelServer::builder().start_on_thread().unwrap();
    let sink = Sink::start_on_thread().unwrap();
    let monitor = Monitor::builder("acme/chatbot/openai_logs")
        .with_server(&sink.url())
        .quiet()
        .start()
        .unwrap();
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-test-0123456789abcdefghij");
    let client = Client::with_config(config).monitored(&monitor);
    Setup {
        model,
        sink,
        monitor,
        client,
    }
}

fn request(text: &str) -> async_openai::types::chat::CreateChatCompletionRequest {
    serde_json::from_value(
        json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}),
    )
    .unwrap()
}

fn records(sink: &Sink) -> Vec<Value> {
    let bodies = sink
        .requests()
        .into_iter()
        .map(|request| request.json().unwrap());
    bodies
        .flat_map(|body| body["batch"].as_array().cloned().unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn a_call_is_a_record_with_everything_known_about_it() {
    let Setup {
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
    let receipt = monitor.flush(Duration::from_secs(5));
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
        model: _model,
        sink,
        monitor,
        client,
    } = setup();
    client.chat().create(request("hello world!")).await.unwrap();
    assert_eq!(monitor.flush(Duration::from_secs(5)).delivered, 1);
    sink.stop().await;
    client.chat().create(request("what is 2+2?")).await.unwrap();
    let kept = monitor.flush(Duration::from_millis(50));
    assert_eq!((kept.delivered, kept.queued), (1, 1), "{kept}");
    sink.restart().await.unwrap();
    let receipt = monitor.shutdown(Duration::from_secs(5));
    assert_eq!((receipt.delivered, receipt.queued), (2, 0), "{receipt}");
    assert_eq!(records(&sink).len(), 2);
}

#[tokio::test]
async fn content_can_be_left_out() {
    let model = ModelServer::builder().start_on_thread().unwrap();
    let sink = Sink::start_on_thread().unwrap();
    let builder = Monitor::builder("acme/chatbot/openai_logs").with_server(&sink.url());
    let monitor = builder.without_content().quiet().start().unwrap();
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    let client = Client::with_config(config).monitored_with(&monitor, reqwest::Client::new());
    client
        .chat()
        .create(request("a private question"))
        .await
        .unwrap();
    assert!(monitor.shutdown(Duration::from_secs(5)).is_complete());
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
    assert!(monitor.flush(Duration::from_secs(5)).is_complete());
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
async fn tracing_spans_come_along_as_parents() {
    use tracing::Instrument as _;
    use tracing_subscriber::layer::SubscriberExt as _;
    let Setup {
        model: _model,
        sink,
        monitor,
        client,
    } = setup();
    let subscriber = tracing_subscriber::registry().with(monitor.layer());
    let guard = tracing::subscriber::set_default(subscriber);
    let handler = tracing::info_span!("handler");
    async { client.chat().create(request("hello world!")).await.unwrap() }
        .instrument(handler.clone())
        .await;
    drop(handler);
    drop(guard);
    assert!(monitor.flush(Duration::from_secs(5)).is_complete());
    let records = records(&sink);
    let call = records
        .iter()
        .find(|record| record["op_name"] == "openai.chat.completions.create")
        .unwrap();
    let handler = records
        .iter()
        .find(|record| record["op_name"] == "handler")
        .unwrap();
    assert_eq!(call["parent_id"], handler["id"]);
    assert_eq!(call["trace_id"], handler["trace_id"]);
}

#[tokio::test]
async fn the_global_providers_are_left_alone() {
    use opentelemetry::global;
    use opentelemetry::trace::{Span as _, Tracer as _};
    let Setup {
        model: _model,
        sink: _sink,
        monitor,
        client,
    } = setup();
    client.chat().create(request("hello world!")).await.unwrap();
    let span = global::tracer("service").start("of nobody");
    assert!(!span.span_context().is_valid() && !span.is_recording());
    assert!(monitor.shutdown(Duration::from_secs(5)).is_complete());
}

#[cfg(feature = "tracing")]
#[tokio::test]
async fn the_layer_stands_beside_the_services_own_in_either_order() {
    use opentelemetry::trace::TracerProvider as _;
    use spanloom_testkit::SpanRecorder;
    use tracing::Instrument as _;
    use tracing_subscriber::Layer as _;
    use tracing_subscriber::layer::SubscriberExt as _;
    for ours_first in [false, true] {
        let Setup {
            model: _model,
            sink,
            monitor,
            client,
        } = setup();
        let own = SpanRecorder::new();
        let provider = own.provider();
        let tracer = provider.tracer("service");
        let theirs = tracing_opentelemetry::layer().with_tracer(tracer);
        let mut layers = vec![theirs.boxed(), monitor.layer().boxed()];
        if ours_first {
            layers.reverse();
        }
        let subscriber = tracing_subscriber::registry().with(layers);
        let guard = tracing::subscriber::set_default(subscriber);
        let handler = tracing::info_span!("handler", tenant = "blue", otel.kind = "server");
        async {
            client.chat().create(request("hello world!")).await.unwrap();
            tracing::info_span!("inner").in_scope(|| ());
        }
        .instrument(handler.clone())
        .await;
        drop(handler);
        drop(guard);
        assert!(monitor.flush(Duration::from_secs(5)).is_complete());

        // The service's own trace is what it would be without us.
        let spans = own.wait_for(2).unwrap();
        assert_eq!(spans.len(), 2);
        let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
        let root = opentelemetry::trace::SpanId::INVALID;
        assert_eq!(named("handler").parent_span_id, root);
        assert_eq!(
            named("inner").parent_span_id,
            named("handler").span_context.span_id()
        );

        let records = records(&sink);
        let of = |op: &str| {
            let mut found = records.iter().filter(|record| record["op_name"] == op);
            found.next().unwrap()
        };
        let (call, handler) = (of("openai.chat.completions.create"), of("handler"));
        assert_eq!(call["parent_id"], handler["id"]);
        assert_eq!(call["trace_id"], handler["trace_id"]);
        assert_eq!(of("inner")["parent_id"], handler["id"]);
        assert!(handler["parent_id"].is_null(), "{handler:#}");
        assert_eq!(handler["attributes"]["otel"]["tenant"], "blue");
        if !ours_first {
            let trace = named("handler").span_context.trace_id().to_string();
            assert_eq!(handler["trace_id"], trace.as_str());
        }
    }
}

#[cfg(feature = "tracing")]
#[tokio::test]
async fn each_of_two_monitors_has_its_own_spans_and_more_detailed_ones_are_passed_over() {
    use tracing::Instrument as _;
    use tracing::level_filters::LevelFilter;
    use tracing_subscriber::Layer as _;
    use tracing_subscriber::layer::SubscriberExt as _;
    let (one, two) = (setup(), setup());
    let theirs = tracing_subscriber::fmt::layer().with_writer(std::io::sink);
    let layers = vec![
        theirs.with_filter(LevelFilter::DEBUG).boxed(),
        one.monitor.layer().boxed(),
        two.monitor.layer().boxed(),
    ];
    let subscriber = tracing_subscriber::registry().with(layers);
    let hint = tracing::Subscriber::max_level_hint(&subscriber);
    assert_eq!(hint, Some(LevelFilter::DEBUG), "ours switch nothing on");
    let guard = tracing::subscriber::set_default(subscriber);
    let handler = tracing::info_span!("handler");
    let detail = tracing::debug_span!(parent: &handler, "detail");
    let calls = async {
        for setup in [&one, &two] {
            let call = setup.client.chat().create(request("hello world!")).await;
            call.unwrap();
        }
    };
    async {
        let step = tracing::info_span!("step");
        calls.instrument(step).await;
    }
    .instrument(detail)
    .instrument(handler)
    .await;
    drop(guard);
    for setup in [one, two] {
        assert!(setup.monitor.flush(Duration::from_secs(5)).is_complete());
        let records = records(&setup.sink);
        let of = |op: &str| {
            records
                .iter()
                .find(|record| record["op_name"] == op)
                .unwrap()
        };
        assert_eq!(records.len(), 3, "{records:#?}");
        assert_eq!(
            of("openai.chat.completions.create")["parent_id"],
            of("step")["id"]
        );
        assert_eq!(of("step")["parent_id"], of("handler")["id"]);
    }
}

#[tokio::test]
async fn the_same_spans_go_to_a_collector_without_the_bodies() {
    let model = ModelServer::builder().start_on_thread().unwrap();
    let (server, collector) = (
        Sink::start_on_thread().unwrap(),
        Sink::start_on_thread().unwrap(),
    );
    let builder = Monitor::builder("acme/chatbot/openai_logs").with_server(&server.url());
    let monitor = builder
        .with_collector(&collector.url())
        .quiet()
        .start()
        .unwrap();
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    let client = Client::with_config(config).monitored(&monitor);
    client.chat().create(request("what is 2+2?")).await.unwrap();
    assert!(monitor.shutdown(Duration::from_secs(5)).is_complete());
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
    // As documented: a later HTTP client takes the monitoring off again.
    let after = Client::with_config(config)
        .monitored(&monitor)
        .with_http_client(reqwest::Client::new());
    after.chat().create(request("not monitored")).await.unwrap();
    assert!(monitor.shutdown(Duration::from_secs(5)).is_complete());
    let records = records(&sink);
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["inputs"]["messages"][0]["content"], "monitored");
}

#[tokio::test]
async fn a_collector_alone_has_its_account() {
    let model = ModelServer::builder().start_on_thread().unwrap();
    let collector = Sink::start_on_thread().unwrap();
    let builder = Monitor::builder("acme/chatbot/openai_logs").with_collector(&collector.url());
    let monitor = builder.quiet().start().unwrap();
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    let client = Client::with_config(config).monitored(&monitor);
    client.chat().create(request("hello world!")).await.unwrap();
    let receipt = monitor.flush(Duration::from_secs(5));
    assert_eq!((receipt.received, receipt.delivered), (1, 1), "{receipt}");
    collector.stop().await;
    client.chat().create(request("hello world!")).await.unwrap();
    let receipt = monitor.shutdown(Duration::from_secs(5));
    assert_eq!(
        (receipt.received, receipt.delivered, receipt.rejected),
        (2, 1, 1),
        "{receipt}"
    );
}
