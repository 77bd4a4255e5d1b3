//! Agents, workflows, tools, retrievals, plans and MCP requests: all their spans and metrics.

use std::collections::BTreeSet;
use std::io;

use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData,
    GetPromptRequestParams, ReadResourceRequestParams,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServiceExt as _};
use serde_json::json;
use spanloom_instrumentation::{Content, GenAiLayer, MonitorAttributes, MonitorAttributesExt as _};
use spanloom_mcp::{MonitoredClient, MonitoredServer};

use super::plain::{check_metric, check_span, text};
use crate::observe::Observer;

/// The operations, and the span of each.
const SPANS: [(&str, &str); 5] = [
    ("invoke_agent", "gen_ai.invoke_agent.internal"),
    ("invoke_workflow", "gen_ai.invoke_workflow.internal"),
    ("execute_tool", "gen_ai.execute_tool.internal"),
    ("retrieval", "gen_ai.retrieval.client"),
    ("plan", "gen_ai.plan.internal"),
];

/// Runs operations of every kind that end in every way.
async fn run(layer: &GenAiLayer) {
    let fails = || async { Err::<(), _>(io::Error::other("refused")) };
    let works = || async { Ok::<_, io::Error>(json!({"sky": "rain"})) };
    let never = std::future::pending::<()>;
    for name in ["planner", ""] {
        let inside = async {
            layer.plan().run(works()).await.unwrap();
            layer.plan().run(fails()).await.unwrap_err();
            let tool = || {
                layer
                    .tool("forecast")
                    .call_id("call_1")
                    .description("weather")
            };
            tool()
                .arguments(&json!({"city": "Bonn"}))
                .run(works())
                .await
                .unwrap();
            tool()
                .tool_type("extension")
                .run(fails())
                .await
                .unwrap_err();
            let mut found = layer
                .retrieval("docs")
                .top_k(3)
                .model("m")
                .query("rain")
                .enter();
            found.documents(&json!([{"id": "d1", "score": 0.5}, {"id": null}]));
            drop(found);
            layer.retrieval("docs").enter().fail("no index");
            Ok::<_, io::Error>(())
        };
        let agent = layer
            .agent(name)
            .id("a-1")
            .description("plans")
            .version("2");
        agent.model("gpt-4o-mini").run(inside).await.unwrap();
        layer.agent(name).run(fails()).await.unwrap_err();
        layer.workflow("shop").run(fails()).await.unwrap_err();
        layer.workflow("shop").run_infallible(async {}).await;
        drop(layer.workflow("").enter());
        let cancelled = layer.tool("slow").run_infallible(never());
        let late = tokio::time::timeout(std::time::Duration::from_millis(1), cancelled);
        late.await.unwrap_err();
    }
}

async fn operations(content: Content) {
    let observer = Observer::with(|layer| layer.with_content(content));
    let attributes = MonitorAttributes::new(json!({"experiment": "b"}));
    let attributes = attributes.conversation("c-1").user("u-1").session("s-1");
    let layer = observer.layer.clone();
    run(&layer).monitor_attributes(attributes).await;
    run(&layer).await;
    let (spans, metrics) = observer.signals();
    let mut seen = BTreeSet::new();
    for span in &spans {
        let operation = text(&span.attributes, "gen_ai.operation.name").unwrap();
        let (_, of) = SPANS.iter().find(|(name, _)| *name == operation).unwrap();
        check_span(span, of);
        let name = match operation.as_str() {
            "invoke_workflow" => "gen_ai.workflow.name",
            "execute_tool" => "gen_ai.tool.name",
            "retrieval" => "gen_ai.data_source.id",
            _ => "gen_ai.agent.name",
        };
        let title = match text(&span.attributes, name) {
            Some(name) => format!("{operation} {name}"),
            None => operation.clone(),
        };
        assert_eq!(span.name, title);
        seen.insert(operation);
    }
    assert_eq!(seen.len(), SPANS.len());
    let names: BTreeSet<&str> = metrics.iter().map(|metric| &*metric.name).collect();
    assert_eq!(names.len(), 5, "{names:?}");
    metrics.iter().for_each(check_metric);
}

#[tokio::test]
async fn operations_without_content() {
    operations(Content::Off).await;
}

#[tokio::test]
async fn operations_with_content() {
    operations(Content::Both).await;
}

/// A server whose tools work, fail and refuse.
struct Tools;

impl ServerHandler for Tools {
    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let text = vec![ContentBlock::text("rain")];
        match &*request.name {
            "works" => Ok(CallToolResult::success(text).into()),
            "fails" => Ok(CallToolResult::error(text).into()),
            "refuses" => Err(ErrorData::internal_error("broken", None)),
            _ => Err(ErrorData::invalid_params("tool not found", None)),
        }
    }
}

#[tokio::test]
async fn requests_of_mcp() {
    let observer = Observer::with(|layer| layer.with_content(Content::Messages));
    let (near, far) = tokio::io::duplex(4096);
    let server = MonitoredServer::new(&observer.layer, Tools);
    tokio::spawn(async move { server.serve(far).await.unwrap().waiting().await });
    let running = ().serve(near).await.unwrap();
    let client = MonitoredClient::new(&observer.layer, running.peer().clone());
    for tool in ["works", "fails", "refuses", "invented"] {
        let params = CallToolRequestParams::new(tool);
        let params = params.with_arguments(rmcp::model::object(json!({"city": "Bonn"})));
        drop(client.call_tool(params).await);
    }
    drop(client.list_tools(None).await);
    drop(
        client
            .get_prompt(GetPromptRequestParams::new("greeting"))
            .await,
    );
    let resource = ReadResourceRequestParams::new("file:///weather.txt");
    drop(client.read_resource(resource).await);
    let (spans, metrics) = observer.signals();
    // Both sides of each request, and the start of the session on the server.
    assert_eq!(spans.len(), 2 * 7 + 1);
    for span in &spans {
        check_span(
            span,
            match span.span_kind {
                opentelemetry::trace::SpanKind::Client => "mcp.client",
                _ => "mcp.server",
            },
        );
        let method = text(&span.attributes, "mcp.method.name").unwrap();
        let target = ["gen_ai.tool.name", "gen_ai.prompt.name"];
        let target = target.iter().find_map(|name| text(&span.attributes, name));
        let title = target.map_or_else(|| method.clone(), |target| format!("{method} {target}"));
        assert_eq!(span.name, title);
        let is_of_tool = text(&span.attributes, "gen_ai.operation.name").is_some();
        assert_eq!(is_of_tool, method == "tools/call");
        let status = text(&span.attributes, "rpc.response.status_code");
        let error = text(&span.attributes, "error.type").filter(|it| it != "tool_error");
        assert_eq!(status, error, "{span:#?}");
    }
    let names: Vec<&str> = metrics.iter().map(|metric| &*metric.name).collect();
    assert_eq!(
        names,
        [
            "mcp.client.operation.duration",
            "mcp.server.operation.duration"
        ]
    );
    metrics.iter().for_each(check_metric);
}
