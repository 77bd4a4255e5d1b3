//! The service's own `tracing` spans are recorded too, independent of its other subscribers.

use std::time::Duration;

use serde_json::json;
use spanloom::Monitor;
use spanloom_testkit::Sink;

use crate::setup::{Setup, records, request, setup};

#[tokio::test]
async fn tracing_spans_come_along_as_parents() {
    use tracing::Instrument as _;
    use tracing_subscriber::layer::SubscriberExt as _;
    let Setup {
        spool: _spool,
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
    assert!(monitor.flush_blocking(Duration::from_secs(5)).is_complete());
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
async fn the_layer_stands_beside_the_services_own_in_either_order() {
    use opentelemetry::trace::TracerProvider as _;
    use spanloom_testkit::SpanRecorder;
    use tracing::Instrument as _;
    use tracing_subscriber::Layer as _;
    use tracing_subscriber::layer::SubscriberExt as _;
    for ours_first in [false, true] {
        let Setup {
            spool: _spool,
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
        assert!(monitor.flush_blocking(Duration::from_secs(5)).is_complete());

        // The service's own trace is the same as without spanloom.
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
        assert!(
            setup
                .monitor
                .flush_blocking(Duration::from_secs(5))
                .is_complete()
        );
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

/// Creates a span in the format of rig and rust-genai.
fn generation(key: &str) {
    let asked = r#"[{"role":"user","parts":[{"type":"text","content":"a private question"}]}]"#;
    let told = r#"[{"role":"assistant","parts":[{"type":"text","content":"a private answer"}],"finish_reason":"stop"}]"#;
    let span = tracing::info_span!(
        "chat",
        "gen_ai.operation.name" = "chat",
        "gen_ai.provider.name" = "openai",
        "gen_ai.request.model" = "gpt-4o-mini",
        "gen_ai.usage.input_tokens" = 1_000,
        "gen_ai.usage.output_tokens" = "100",
        "gen_ai.input.messages" = asked,
        "gen_ai.output.messages" = told,
        "url.full" = format!("https://api.example/v1?api_key={key}"),
    );
    span.in_scope(|| tracing::info!("asked"));
}

#[tokio::test]
async fn spans_of_other_instrumentations_are_calls_and_obey_the_monitor() {
    use tracing_subscriber::layer::SubscriberExt as _;
    const KEY: &str = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL";
    for with_content in [true, false] {
        let sink = Sink::start_on_thread().unwrap();
        let mut builder = Monitor::builder("acme/chatbot/logs")
            .with_server(&sink.url())
            .without_spool()
            .without_notices();
        if !with_content {
            builder = builder.without_content();
        }
        let monitor = builder.start().unwrap();
        let subscriber = tracing_subscriber::registry().with(monitor.layer());
        tracing::subscriber::with_default(subscriber, || generation(KEY));
        assert!(
            monitor
                .shutdown_blocking(Duration::from_secs(5))
                .is_complete()
        );
        let [record] = records(&sink).try_into().unwrap();
        let text = record.to_string();
        assert!(
            !text.contains(KEY) && text.contains("api.example"),
            "{text}"
        );
        assert_eq!(
            record["summary"]["usage"]["gpt-4o-mini"]["total_tokens"],
            1_100
        );
        assert!(record["summary"]["cost"]["total_usd"].is_number());
        if with_content {
            assert_eq!(
                record["inputs"]["messages"],
                json!([{"role": "user", "content": "a private question"}])
            );
            let answer = &record["output"]["choices"][0]["message"]["content"];
            assert_eq!(answer, "a private answer");
        } else {
            assert!(!text.contains("private"), "{text}");
        }
    }
}
