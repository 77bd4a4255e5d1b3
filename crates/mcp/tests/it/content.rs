//! The content of tools, and what a peer may put into names.

use opentelemetry::trace::{SpanId, Status};
use rmcp::ServiceExt as _;
use rmcp::model::{CallToolRequestParams, ReadResourceRequestParams, object};
use serde_json::json;
use spanloom_instrumentation::{Action, Content, ContentPolicy, Rule};
use spanloom_mcp::{MonitoredClient, MonitoredServer};
use spanloom_testkit::attribute;

use crate::setup::{Setup, Side, Weather, bonn};

#[tokio::test]
async fn a_rule_for_a_path_applies_to_every_copy_of_a_result() {
    let policy = || ContentPolicy::default().with_rule(Rule::path("*.city"), Action::Mask);
    let side = || {
        Side::of(|layer| {
            layer
                .with_content(Content::Messages)
                .with_content_policy(policy())
        })
    };
    let setup = Setup::connect(side(), side()).await;
    let echo = CallToolRequestParams::new("echo");
    let echo = echo.with_arguments(object(json!({"city": "Bonn"})));
    setup.client.call_tool(echo).await.unwrap();
    for side in [&setup.here, &setup.there] {
        let span = side.span("tools/call echo");
        let result = attribute(&span, "gen_ai.tool.call.result").unwrap();
        assert!(result.as_str().contains("masked"), "{result}");
        assert!(!format!("{span:?}").contains("Bonn"), "{span:#?}");
    }
}

#[tokio::test]
async fn names_and_addresses_hold_no_secret() {
    let setup = Setup::with(Content::Off).await;
    let key = ["sk-proj-", "abcdefghijklmnop0123456789"].concat();
    let tool = CallToolRequestParams::new(format!("t {key}"));
    setup.client.call_tool(tool).await.unwrap_err();
    let resource = ReadResourceRequestParams::new("db://u:hunter2@h/t?token=abc".to_owned());
    drop(setup.client.read_resource(resource).await);
    // rmcp quotes arguments that do not fit.
    let city = object(json!({"city": 7_654_321}));
    let wrong = CallToolRequestParams::new("forecast").with_arguments(city);
    drop(setup.client.call_tool(wrong).await);
    for side in [&setup.here, &setup.there] {
        for span in side.spans.spans() {
            let shown = format!("{span:?}");
            for secret in [&*key, "hunter2", "token=abc", "7654321"] {
                assert!(!shown.contains(secret), "{secret}: {span:#?}");
            }
        }
        let refused = side.span("tools/call t [redacted:api_key]");
        assert_eq!(refused.status, Status::error("invalid parameters"));
    }
}

#[tokio::test]
async fn requests_of_foreign_clients_are_roots_that_name_their_caller() {
    let [here, there] = [(); 2].map(|()| Side::of(|layer| layer));
    let (near, far) = tokio::io::duplex(4096);
    let server =
        MonitoredServer::new(&there.layer, Weather::of(&there.layer)).with_foreign_clients();
    tokio::spawn(async move { server.serve(far).await.unwrap().waiting().await });
    let running = ().serve(near).await.unwrap();
    let client = MonitoredClient::new(&here.layer, running.peer().clone());
    client.call_tool(bonn()).await.unwrap();
    let [sent, got] = [&here, &there].map(|side| side.span("tools/call forecast"));
    let caller = sent.span_context.span_id();
    assert_ne!(caller, SpanId::INVALID);
    let outer = attribute(&got, "spanloom.outer_span_id").unwrap();
    assert_eq!(outer.as_str(), caller.to_string());
    assert_eq!(got.span_context.trace_id(), sent.span_context.trace_id());
}
