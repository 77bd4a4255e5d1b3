//! A client and a server of rmcp over streamable HTTP.

use std::sync::Arc;

use axum::Router;
use rmcp::ServiceExt as _;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use spanloom_instrumentation::Content;
use spanloom_mcp::{MonitoredClient, MonitoredServer};
use spanloom_testkit::attribute;
use tokio::net::TcpListener;

use crate::setup::{Side, Weather, bonn};

/// Serves `there` over HTTP, and returns the address.
async fn serve(there: &Side) -> String {
    let layer = there.layer.clone();
    let service = StreamableHttpService::new(
        move || Ok(MonitoredServer::new(&layer, Weather::of(&layer))),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/mcp", listener.local_addr().unwrap());
    let app = Router::new().route_service("/mcp", service);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

#[tokio::test]
async fn a_call_over_http_is_one_trace_and_names_its_transport() {
    let side = || Side::of(|layer| layer.with_content(Content::Messages));
    let (here, there) = (side(), side());
    let transport = StreamableHttpClientTransport::from_uri(serve(&there).await);
    let running = ().serve(transport).await.unwrap();
    let client = MonitoredClient::new(&here.layer, running.peer().clone());
    let work = here.layer.agent("planner").run(client.call_tool(bonn()));
    work.await.unwrap();
    let sent = here.span("tools/call forecast");
    let got = there.span("tools/call forecast");
    assert_eq!(got.parent_span_id, sent.span_context.span_id());
    assert_eq!(
        got.span_context.trace_id(),
        here.span("invoke_agent planner").span_context.trace_id()
    );
    let text = |name| attribute(&got, name).map(|value| value.as_str().into_owned());
    assert_eq!(text("network.transport").as_deref(), Some("tcp"));
    assert_eq!(text("network.protocol.name").as_deref(), Some("http"));
    assert!(text("mcp.session.id").is_some_and(|id| !id.is_empty()));
    assert!(
        text("gen_ai.tool.call.result")
            .unwrap()
            .contains("rain in Bonn")
    );
    running.cancel().await.unwrap();
}
