//! The spans of requests on both sides.

use std::collections::BTreeSet;

use opentelemetry::trace::{SpanId, SpanKind, Status};
use opentelemetry_sdk::trace::SpanData;
use rmcp::ServiceExt as _;
use rmcp::model::{CallToolRequestParams, RequestParamsMeta as _};
use spanloom_instrumentation::{Content, MonitorAttributes, MonitorAttributesExt as _};
use spanloom_mcp::{MonitoredClient, MonitoredServer};
use spanloom_testkit::attribute;

use crate::setup::{Setup, Side, Weather, bonn};

fn text(span: &SpanData, name: &str) -> Option<String> {
    attribute(span, name).map(|value| value.as_str().into_owned())
}

#[tokio::test]
async fn a_call_of_a_tool_is_one_trace_across_the_wire() {
    let setup = Setup::with(Content::Messages).await;
    let agent = setup.here.layer.agent("planner");
    let work = agent.run(setup.client.call_tool(bonn()));
    let attributes = MonitorAttributes::default().conversation("c-1");
    work.monitor_attributes(attributes).await.unwrap();
    let [agent, sent] =
        ["invoke_agent planner", "tools/call forecast"].map(|name| setup.here.span(name));
    let [got, inside] =
        ["tools/call forecast", "retrieval stations"].map(|name| setup.there.span(name));
    let id = |span: &SpanData| span.span_context.span_id();
    assert_eq!(sent.parent_span_id, id(&agent));
    assert_eq!(got.parent_span_id, id(&sent));
    assert_eq!(inside.parent_span_id, id(&got));
    let traces: BTreeSet<_> = [&agent, &sent, &got, &inside]
        .map(|span| span.span_context.trace_id().to_bytes())
        .into();
    assert_eq!(traces.len(), 1);
    assert_eq!(
        (sent.span_kind.clone(), got.span_kind.clone()),
        (SpanKind::Client, SpanKind::Server)
    );
    assert_eq!(
        text(&sent, "gen_ai.conversation.id").as_deref(),
        Some("c-1")
    );
    for span in [&sent, &got] {
        assert_eq!(span.status, Status::Unset);
        for (name, value) in [
            ("mcp.method.name", "tools/call"),
            ("gen_ai.tool.name", "forecast"),
            ("gen_ai.operation.name", "execute_tool"),
            ("gen_ai.tool.call.arguments", r#"{"city":"Bonn"}"#),
            ("spanloom.outcome", "completed"),
        ] {
            assert_eq!(text(span, name).as_deref(), Some(value), "{name}");
        }
        assert!(
            text(span, "gen_ai.tool.call.result")
                .unwrap()
                .contains("rain in Bonn")
        );
        assert!(
            text(span, "mcp.protocol.version")
                .unwrap()
                .starts_with("202")
        );
    }
    assert!(text(&got, "jsonrpc.request.id").is_some());
}

#[tokio::test]
async fn failures_have_their_type_and_no_secret() {
    let setup = Setup::with(Content::Off).await;
    let call = async |name: &'static str| {
        setup
            .client
            .call_tool(CallToolRequestParams::new(name))
            .await
    };
    assert_eq!(call("storm").await.unwrap().is_error, Some(true));
    assert!(call("refuse").await.is_err());
    assert!(call("nothing").await.is_err());
    for (name, kind, code) in [
        ("tools/call storm", "tool_error", None),
        ("tools/call refuse", "-32603", Some("-32603")),
        ("tools/call nothing", "-32602", Some("-32602")),
    ] {
        for side in [&setup.here, &setup.there] {
            let span = side.span(name);
            assert_eq!(text(&span, "error.type").as_deref(), Some(kind), "{name}");
            let status = text(&span, "rpc.response.status_code");
            assert_eq!(status.as_deref(), code, "{name}");
            let Status::Error { description } = &span.status else {
                panic!("{name}: {:?}", span.status)
            };
            assert!(!description.contains("sk-proj"), "{description}");
            assert_eq!(text(&span, "gen_ai.tool.call.result"), None);
        }
    }
}

#[tokio::test]
async fn a_call_inside_the_tools_own_operation_shares_its_span() {
    let setup = Setup::with(Content::Off).await;
    let tool = setup.here.layer.tool("forecast").call_id("call_1");
    let call = tool.run_infallible(setup.client.call_tool(bonn()));
    call.await.unwrap();
    let shared = setup.here.span("execute_tool forecast");
    let got = setup.there.span("tools/call forecast");
    assert_eq!(setup.here.spans.spans().len(), 1);
    assert_eq!(got.parent_span_id, shared.span_context.span_id());
    assert_eq!(
        text(&shared, "mcp.method.name").as_deref(),
        Some("tools/call")
    );
    // Another tool is another span.
    let other = setup
        .here
        .layer
        .tool("other")
        .run_infallible(setup.client.call_tool(bonn()));
    other.await.unwrap();
    let span = setup.here.span("tools/call forecast");
    let around = setup.here.span("execute_tool other");
    assert_eq!(span.parent_span_id, around.span_context.span_id());
}

#[tokio::test]
async fn a_parent_that_the_caller_names_is_kept() {
    let setup = Setup::with(Content::Off).await;
    let mut params = bonn();
    params.set_traceparent("00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01");
    setup.client.call_tool(params).await.unwrap();
    let got = setup.there.span("tools/call forecast");
    assert_eq!(
        got.parent_span_id,
        SpanId::from_hex("00f067aa0ba902b7").unwrap()
    );
    let sent = setup.here.span("tools/call forecast");
    assert_eq!(sent.parent_span_id, SpanId::INVALID);
}

#[tokio::test]
async fn other_requests_are_spans_and_a_dropped_one_is_cancelled() {
    let setup = Setup::with(Content::Off).await;
    let tools = setup.client.list_tools(None).await.unwrap();
    assert_eq!(tools.tools.len(), 4);
    let [sent, got] = [&setup.here, &setup.there].map(|side| side.span("tools/list"));
    assert_eq!(got.parent_span_id, sent.span_context.span_id());
    assert_eq!(text(&sent, "gen_ai.operation.name"), None);
    setup.there.span("initialize");
    let never = std::future::pending();
    let call = setup.client.call_tool_with(bonn(), |_| never);
    let late = tokio::time::timeout(std::time::Duration::from_millis(1), call).await;
    assert!(late.is_err());
    let sent = setup.here.span("tools/call forecast");
    assert_eq!(
        text(&sent, "spanloom.outcome").as_deref(),
        Some("cancelled")
    );
    // The running service answers what a tool asks meanwhile.
    let call = setup
        .client
        .call_tool_with(bonn(), |params| setup.running.call_tool(params));
    assert!(call.await.is_ok());
    setup.there.span("tools/call forecast");
}

#[tokio::test]
async fn without_a_layer_nothing_is_recorded_and_all_works() {
    let side = Side::of(|layer| layer);
    let (near, far) = tokio::io::duplex(4096);
    let server = MonitoredServer::new(None, Weather::of(&side.layer));
    tokio::spawn(async move { server.serve(far).await.unwrap().waiting().await });
    let running = ().serve(near).await.unwrap();
    let client = MonitoredClient::new(None, running.peer().clone());
    client.call_tool(bonn()).await.unwrap();
    let spans = side.spans.spans();
    assert!(
        spans.iter().all(|span| span.name == "retrieval stations"),
        "{spans:?}"
    );
}

#[tokio::test]
async fn a_tool_that_tries_again_and_succeeds_has_not_failed() {
    let setup = Setup::with(Content::Off).await;
    let tool = setup.here.layer.tool("forecast").run_infallible(async {
        let wrong = CallToolRequestParams::new("forecast");
        let first = setup.client.call_tool(wrong).await;
        assert!(first.is_err() || first.is_ok_and(|answer| answer.is_error == Some(true)));
        setup.client.call_tool(bonn()).await.unwrap();
    });
    tool.await;
    let span = setup.here.span("execute_tool forecast");
    assert_eq!(
        text(&span, "spanloom.outcome").as_deref(),
        Some("completed")
    );
    for name in ["error.type", "rpc.response.status_code"] {
        assert_eq!(text(&span, name), None, "{name}");
    }
    assert_eq!(span.status, Status::Unset);
}
