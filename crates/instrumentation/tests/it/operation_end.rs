//! Ends of operations that are not their own: of the recording, of the service's provider, of the user's code.

use std::fmt;
use std::time::Duration;

use opentelemetry::trace::{SpanId, Status};
use opentelemetry_sdk::trace::{SdkTracerProvider, SimpleSpanProcessor, SpanData};
use serde::{Serialize, Serializer};
use spanloom_instrumentation::{Content, GenAiLayer, Recorder};
use spanloom_testkit::SpanRecorder;

use crate::setup::{Setup, request, text};

fn layer(recorder: &Recorder, provider: &SdkTracerProvider) -> GenAiLayer {
    GenAiLayer::builder(recorder)
        .with_tracer_provider(provider)
        .with_content(Content::Messages)
        .build()
}

fn named<'a>(spans: &'a [SpanData], name: &str) -> &'a SpanData {
    spans.iter().find(|span| span.name == name).unwrap()
}

#[tokio::test]
async fn the_end_of_the_recording_ends_running_operations() {
    let setup = Setup::new().await;
    let layer = layer(&setup.recorder, &setup.provider);
    let guard = layer.agent("long").enter();
    setup.client.chat().create(request("hi")).await.unwrap();
    setup.recorder.shutdown(Duration::from_secs(5)).unwrap();
    let spans = setup.spans.wait_for(2).unwrap();
    let [agent, call] = ["invoke_agent long", "chat gpt-4o-mini"].map(|name| named(&spans, name));
    assert_eq!(text(agent, "spanloom.outcome").as_deref(), Some("unknown"));
    assert_eq!(call.parent_span_id, agent.span_context.span_id());
    drop(guard);
    // Nothing is recorded after the end.
    layer.tool("late").run_infallible(async {}).await;
    assert_eq!(setup.spans.spans().len(), 2);
}

#[tokio::test]
async fn a_provider_that_ends_first_takes_running_operations_along() {
    let spans = SpanRecorder::new();
    let recorder = Recorder::start().unwrap();
    let processor = SimpleSpanProcessor::new(spans.clone());
    let provider = SdkTracerProvider::builder()
        .with_span_processor(recorder.drain(processor))
        .build();
    let layer = layer(&recorder, &provider);
    let agent = layer.agent("long").enter();
    let mut tool = layer.tool("longer").call_id("call_1").enter();
    layer.tool("short").run_infallible(async {}).await;
    provider.shutdown().unwrap();
    tool.fail("late");
    drop(tool);
    drop(agent);
    let spans = spans.spans();
    assert_eq!(spans.len(), 3, "{spans:#?}");
    let [short, long, longer] = [
        "execute_tool short",
        "invoke_agent long",
        "execute_tool longer",
    ]
    .map(|name| named(&spans, name));
    let outcome = |span| text(span, "spanloom.outcome");
    assert_eq!(outcome(short).as_deref(), Some("completed"));
    assert_eq!(outcome(long).as_deref(), Some("unknown"));
    assert_eq!(outcome(longer).as_deref(), Some("unknown"));
    assert_eq!(long.parent_span_id, SpanId::INVALID);
    assert_eq!(longer.parent_span_id, long.span_context.span_id());
    assert_eq!(
        text(longer, "gen_ai.tool.call.id").as_deref(),
        Some("call_1")
    );
    assert!(longer.end_time >= longer.start_time);
}

/// A value of the user whose code panics.
struct Panics;

impl Serialize for Panics {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        std::panic::resume_unwind(Box::new("in serialize"))
    }
}

impl fmt::Display for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::panic::resume_unwind(Box::new("in fmt"))
    }
}

#[tokio::test]
async fn a_panic_while_content_is_read_is_not_the_services() {
    let setup = Setup::new().await;
    let layer = layer(&setup.recorder, &setup.provider);
    let tool = layer.tool("t").arguments(&Panics);
    assert!(tool.run(async { Ok::<_, &str>(Panics) }).await.is_ok());
    let failed = layer.agent("a").run(async { Err::<(), _>(Panics) });
    assert!(failed.await.is_err());
    let spans = setup.spans.wait_for(2).unwrap();
    let [tool, agent] = ["execute_tool t", "invoke_agent a"].map(|name| named(&spans, name));
    assert_eq!(text(tool, "spanloom.outcome").as_deref(), Some("completed"));
    assert_eq!(text(tool, "gen_ai.tool.call.arguments"), None);
    assert_eq!(text(agent, "spanloom.outcome").as_deref(), Some("error"));
    assert_eq!(
        agent.status,
        Status::error("the text of the error panicked")
    );
}
