//! An agent with tools, retrieval and an MCP server, in a conversation of three turns: one tree for each turn in the real
//! Jaeger, on our server, and on a server that gets it as W&B's agents are sent; tokens are those that the model server
//! counted.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::CreateChatCompletionRequest;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData,
};
use rmcp::service::{RequestContext, RunningService};
use rmcp::{RoleClient, RoleServer, ServiceExt as _};
use serde_json::{Value, json};
use spanloom::{
    Destination, Monitor, MonitorAttributes, MonitorAttributesExt as _, Monitored as _,
};
use spanloom_mcp::{MonitoredClient, MonitoredServer};
use spanloom_testkit::ModelServer;
use spanloom_tests::parts::jaeger::Jaeger;

use crate::program::Server;
use crate::spans::Span;

const PROJECT: &str = "acme/agents";
const TURNS: usize = 3;

/// The spans of a turn: name, kind, and the name of the parent.
const TREE: [(&str, &str, &str); 10] = [
    ("invoke_agent planner", "internal", ""),
    ("chat gpt-4o-mini", "client", "invoke_agent planner"),
    ("retrieval docs", "client", "invoke_agent planner"),
    (
        "execute_tool calculator",
        "internal",
        "invoke_agent planner",
    ),
    ("tools/call calculator", "server", "execute_tool calculator"),
    ("tools/call clock", "client", "invoke_agent planner"),
    ("tools/call clock", "server", "tools/call clock"),
    ("execute_tool forecast", "internal", "invoke_agent planner"),
    ("chat gpt-4o-mini", "client", "execute_tool forecast"),
    ("chat gpt-4o-mini", "client", "invoke_agent planner"),
];

fn request() -> CreateChatCompletionRequest {
    let message = json!({"role": "user", "content": "hi"});
    serde_json::from_value(json!({"model": "gpt-4o-mini", "messages": [message]})).unwrap()
}

/// Tools in a process of their own.
struct Tools;

impl ServerHandler for Tools {
    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        Ok(CallToolResult::success(vec![ContentBlock::text("4")]).into())
    }
}

/// Starts the tools, and returns a client of theirs.
async fn tools(monitor: &Monitor) -> RunningService<RoleClient, ()> {
    let (near, far) = tokio::io::duplex(4096);
    let server = MonitoredServer::new(monitor.instrumentation(), Tools);
    tokio::spawn(async move { server.serve(far).await.unwrap().waiting().await });
    ().serve(near).await.unwrap()
}

async fn turn(
    client: &Client<OpenAIConfig>,
    mcp: &MonitoredClient,
) -> Result<(), Box<dyn std::error::Error>> {
    let ask = async || client.chat().create(request()).await.map(drop);
    let work = async {
        ask().await?;
        let search = spanloom::retrieval("docs").top_k(2).query("umbrellas");
        search.run(async { Ok::<_, io::Error>(vec!["d1"]) }).await?;
        let calculator = spanloom::tool("calculator").arguments(&json!({"a": 2, "b": 2}));
        let call = mcp.call_tool(CallToolRequestParams::new("calculator"));
        calculator.run(call).await?;
        mcp.call_tool(CallToolRequestParams::new("clock")).await?;
        let forecast = spanloom::tool("forecast")
            .call_id("call_1")
            .arguments(r#"{"city":"Bonn"}"#);
        forecast.run(async { ask().await.map(|()| "rain") }).await?;
        ask().await?;
        Ok::<_, Box<dyn std::error::Error>>(())
    };
    Box::pin(spanloom::agent("planner").run(work)).await
}

/// Returns name, kind and name of the parent of each span, in order.
fn tree(spans: &[Span]) -> Vec<(String, String, String)> {
    let names: BTreeMap<&str, &str> = spans.iter().map(|it| (&*it.id, &*it.name)).collect();
    let mut tree: Vec<_> = spans
        .iter()
        .map(|it| {
            let parent = names.get(&*it.parent).copied().unwrap_or_default();
            (it.name.clone(), it.kind.clone(), parent.to_owned())
        })
        .collect();
    tree.sort();
    tree
}

fn expected() -> Vec<(String, String, String)> {
    let mut tree =
        TREE.map(|(name, kind, parent)| (name.to_owned(), kind.to_owned(), parent.to_owned()));
    tree.sort();
    tree.to_vec()
}

fn of_call(call: &Value) -> Span {
    let text = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
    let name = text("display_name");
    Span {
        trace: text("trace_id"),
        id: text("id"),
        parent: text("parent_id"),
        // A record has no kind.
        kind: match name.split(' ').next() {
            Some("chat" | "retrieval") => "client".to_owned(),
            Some("tools/call") => match &call["attributes"]["otel"]["jsonrpc.request.id"] {
                Value::Null => "client".to_owned(),
                _ => "server".to_owned(),
            },
            _ => "internal".to_owned(),
        },
        name,
        attributes: BTreeMap::new(),
    }
}

/// Returns the tokens that calls to models report.
fn tokens(calls: &[Value]) -> [u64; 2] {
    let of = |call: &Value, name: &str| {
        let usage = call["summary"]["usage"].as_object();
        let counts = usage
            .into_iter()
            .flatten()
            .filter_map(|(_, it)| it[name].as_u64());
        counts.sum::<u64>()
    };
    let is_call = |call: &&Value| call["attributes"]["spanloom"]["operation"] == "chat";
    let calls: Vec<&Value> = calls.iter().filter(is_call).collect();
    ["prompt_tokens", "completion_tokens"].map(|name| calls.iter().map(|call| of(call, name)).sum())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_is_one_tree_everywhere() {
    let (jaeger, server, door) = tokio::join!(Jaeger::start(), Server::start(), Server::start());
    let jaeger = jaeger.unwrap();
    let model = ModelServer::builder().start().await.unwrap();
    let monitor = || {
        Monitor::builder(&format!("{PROJECT}/logs"))
            .with_destination(Destination::spanloom(&server.url).unwrap())
            .with_destination(Destination::wandb_agents(&door.url).unwrap().with_turns())
            .with_destination(Destination::otlp_grpc(&format!("http://{}", jaeger.otlp())).unwrap())
            .without_notices()
            .without_spool()
            .start()
            .unwrap()
    };
    // `spanloom::agent` and its like take the one that was started last.
    let (tools_monitor, monitor) = (monitor(), monitor());
    let config = OpenAIConfig::new()
        .with_api_base(model.base_url())
        .with_api_key("sk-test");
    let client = Client::with_config(config).monitored(&monitor);
    let conversation = MonitorAttributes::default().conversation("c-1").user("u-1");
    let running = tools(&tools_monitor).await;
    let mcp = MonitoredClient::new(monitor.instrumentation(), running.peer().clone());
    for _ in 0..TURNS {
        let turn = turn(&client, &mcp).monitor_attributes(conversation.clone());
        Box::pin(turn).await.unwrap();
    }
    let receipt = tools_monitor.shutdown(Duration::from_secs(10)).await;
    assert!(receipt.is_complete(), "{receipt}");
    let receipt = monitor.shutdown(Duration::from_secs(10)).await;
    assert!(receipt.is_complete(), "{receipt}");

    let usage = model.usage();
    for server in [&server, &door] {
        // The MCP session begins outside all turns.
        let mut calls = server.wait_for(PROJECT, TURNS * TREE.len() + 1).await;
        calls.retain(|call| call["display_name"] != "initialize");
        assert_eq!(
            tokens(&calls),
            [usage.prompt_tokens, usage.completion_tokens]
        );
        let mut turns: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
        for call in &calls {
            // The conversation does not cross the wire.
            let is_remote = of_call(call).kind == "server";
            let conversation = if is_remote { Value::Null } else { json!("c-1") };
            assert_eq!(call["thread_id"], conversation, "{call:#}");
            turns
                .entry(call["trace_id"].as_str().unwrap())
                .or_default()
                .push(of_call(call));
        }
        assert_eq!(turns.len(), TURNS);
        for (trace, spans) in turns {
            assert_eq!(tree(&spans), expected());
            let trace = jaeger.trace(trace).await.unwrap();
            let spans = trace["spans"]
                .as_array()
                .unwrap()
                .iter()
                .map(Span::of_jaeger);
            let spans: Vec<Span> = spans.collect();
            assert_eq!(tree(&spans), expected());
            for span in spans.iter().filter(|span| span.kind != "server") {
                assert_eq!(
                    span.attributes["gen_ai.conversation.id"], "c-1",
                    "{}",
                    span.name
                );
                let operation = span.name.split(' ').next().unwrap();
                let operation = operation.replace("tools/call", "execute_tool");
                assert_eq!(span.attributes["gen_ai.operation.name"], operation);
            }
        }
        let tool = calls
            .iter()
            .find(|call| call["display_name"] == "execute_tool forecast");
        let tool = tool.unwrap();
        assert_eq!(
            (&tool["inputs"], &tool["output"]),
            (&json!({"city": "Bonn"}), &json!("rain"))
        );
    }
}
