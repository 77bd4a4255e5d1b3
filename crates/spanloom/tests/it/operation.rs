//! Agents and tools through the facade: one tree, with the service's own spans in it.

use std::io;
use std::process::Command;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{
    FutureExt as _, Span as _, SpanId, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use serde_json::{Value, json};
use spanloom::{Monitor, MonitorAttributes, MonitorAttributesExt as _};
use spanloom_testkit::SpanRecorder;
use tracing::Instrument as _;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::setup::{Setup, records, request, setup};

fn named<'a>(records: &'a [Value], name: &str) -> &'a Value {
    let is_named = |record: &&Value| record["display_name"] == name;
    records.iter().find(is_named).unwrap()
}

#[tokio::test]
async fn an_agent_its_tools_and_its_calls_are_one_tree() {
    let setup @ Setup {
        monitor, client, ..
    } = &setup();
    let subscriber = tracing_subscriber::registry().with(monitor.layer());
    let _default = tracing::subscriber::set_default(subscriber);
    let run = monitor.agent("planner").run(async {
        client.chat().create(request("plan")).await.unwrap();
        // A span of the service is inside the agent, and around the tool.
        let step = async {
            let tool = spanloom::tool("forecast").arguments(&json!({"city": "Bonn"}));
            tool.run(async {
                client.chat().create(request("weather")).await.unwrap();
                Ok::<_, io::Error>("rain")
            })
            .await
        };
        step.instrument(tracing::info_span!("step")).await
    });
    let attributes = MonitorAttributes::default().conversation("c-1");
    run.monitor_attributes(attributes).await.unwrap();
    let receipt = monitor.flush_blocking(Duration::from_secs(5));
    assert_eq!(receipt.delivered, 5, "{receipt}");
    let records = records(&setup.sink);
    let (agent, step) = (
        named(&records, "invoke_agent planner"),
        named(&records, "step"),
    );
    let tool = named(&records, "execute_tool forecast");
    assert_eq!(agent["parent_id"], Value::Null);
    assert_eq!(step["parent_id"], agent["id"]);
    assert_eq!(tool["parent_id"], step["id"]);
    let of = |text: &str| {
        let asked = |record: &&Value| record["inputs"]["messages"][0]["content"] == text;
        records.iter().find(asked).unwrap()
    };
    assert_eq!(of("plan")["parent_id"], agent["id"]);
    assert_eq!(of("weather")["parent_id"], tool["id"]);
    for record in [agent, tool, of("plan"), of("weather")] {
        assert_eq!(record["thread_id"], "c-1");
        assert_eq!(record["trace_id"], agent["trace_id"]);
    }
    assert_eq!(
        (&tool["inputs"], &tool["output"]),
        (&json!({"city": "Bonn"}), &json!("rain"))
    );
}

#[tokio::test]
async fn the_services_own_spans_are_not_reparented() {
    use spanloom_instrumentation::{GenAiLayer, Recorder};
    let setup = setup();
    let (own, recorder) = (SpanRecorder::new(), Recorder::start().unwrap());
    let provider = own.provider();
    let layer = GenAiLayer::builder(&recorder)
        .with_tracer_provider(&provider)
        .build();
    let lone = || layer.tool("own").run_infallible(async {});
    setup.monitor.agent("a").run_infallible(lone()).await;
    let service = provider.tracer("service").start("service");
    let id = service.span_context().span_id();
    let inside = Context::current_with_span(service);
    let work = async { setup.monitor.agent("a").run_infallible(lone()).await };
    work.with_context(inside).await;
    let spans = own.wait_for(2).unwrap();
    let tools = spans.iter().filter(|span| span.name == "execute_tool own");
    let parents: Vec<SpanId> = tools.map(|span| span.parent_span_id).collect();
    assert_eq!(parents, [SpanId::INVALID, id]);
}

/// Other tests of this process start monitors too.
#[test]
fn functions_without_a_monitor_use_the_one_in_force() {
    let alone = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "operation::the_one_in_force"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&alone.stdout);
    assert!(
        alone.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

#[tokio::test]
#[ignore = "runs alone in a process of its own"]
async fn the_one_in_force() {
    let [first, last] = [setup(), setup()];
    let lone = || async { spanloom::tool("lone").run_infallible(async {}).await };
    lone().await;
    // Inside an operation, its monitor.
    first.monitor.workflow("outer").run_infallible(lone()).await;
    let names = |setup: &Setup| {
        assert!(
            setup
                .monitor
                .flush_blocking(Duration::from_secs(5))
                .is_complete()
        );
        let records = records(&setup.sink);
        let mut names: Vec<String> = records
            .iter()
            .map(|record| record["display_name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&last), ["execute_tool lone"]);
    assert_eq!(
        names(&first),
        ["execute_tool lone", "invoke_workflow outer"]
    );
    // A monitor that has ended is no longer in force.
    let Setup { monitor, sink, .. } = last;
    drop(monitor.shutdown_blocking(Duration::from_secs(5)));
    lone().await;
    assert_eq!(names(&first).len(), 3);
    assert_eq!(records(&sink).len(), 1);
}

#[tokio::test]
async fn a_monitor_that_ends_first_records_what_runs() {
    let setup = setup();
    let guard = setup.monitor.agent("long").enter();
    setup.client.chat().create(request("hi")).await.unwrap();
    let Setup { monitor, sink, .. } = setup;
    let receipt = tokio::task::spawn_blocking(move || shutdown(monitor))
        .await
        .unwrap();
    assert_eq!(receipt, 2);
    let records = records(&sink);
    let agent = named(&records, "invoke_agent long");
    assert_eq!(agent["attributes"]["spanloom"]["outcome"], "unknown");
    assert!(
        records
            .iter()
            .any(|record| record["parent_id"] == agent["id"])
    );
    drop(guard);
}

fn shutdown(monitor: Monitor) -> u64 {
    monitor.shutdown_blocking(Duration::from_secs(5)).delivered
}
