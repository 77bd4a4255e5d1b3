//! Spans for clients and servers of the Model Context Protocol made with [`rmcp`], in one trace with the calls to models
//! around them.
//!
//! A [`MonitoredClient`] makes a span of each call of a tool, prompt, resource or list of tools, and puts the trace context in the
//! request's `_meta`; a [`MonitoredServer`] makes a span of each request that its handler gets, as a child of the client's span, also
//! in another process or another language. The spans have the names and attributes of OpenTelemetry's conventions for MCP, go where the layer's
//! calls go, and pass its content policy.
//!
//! ```no_run
//! use rmcp::ServiceExt as _;
//! use rmcp::handler::server::ServerHandler;
//! use rmcp::model::CallToolRequestParams;
//! use spanloom_instrumentation::GenAiLayer;
//! use spanloom_mcp::{MonitoredClient, MonitoredServer};
//!
//! # async fn serve(layer: GenAiLayer, tools: impl ServerHandler) -> Result<(), Box<dyn std::error::Error>> {
//! # let (transport, _) = tokio::io::duplex(1024);
//! // A server: around your handler, for every transport.
//! let running = MonitoredServer::new(&layer, tools).serve(transport).await?;
//! # drop(running); Ok(()) }
//! # async fn call(layer: GenAiLayer) -> Result<(), Box<dyn std::error::Error>> {
//! # let (transport, _) = tokio::io::duplex(1024);
//! // A client: its calls of tools.
//! let running = ().serve(transport).await?;
//! let client = MonitoredClient::new(&layer, running.peer().clone());
//! let answer = client.call_tool(CallToolRequestParams::new("forecast")).await?;
//! # drop(answer); Ok(()) }
//! ```
//!
//! With the facade, the layer is `monitor.instrumentation()`; both types take the `Option` that it returns.
//!
//! # A tool's span
//!
//! A call of a tool inside `spanloom::tool(name)` for the same tool has no span of its own: that operation's span is the call's,
//! with the tool's failure, and the server's span is its child.
//!
//! A server whose clients record elsewhere, or not with these conventions, is better with
//! [`MonitoredServer::with_foreign_clients`]: its records would name parents that are not there.
//!
//! # What is recorded
//!
//! | | |
//! |---|---|
//! | spans | `{method} {tool or prompt}`, client and server; the failure of a tool is `error.type` = `tool_error`, an error of the protocol has its code |
//! | content | arguments and results of tools, if the layer records content |
//! | metrics | `mcp.client.operation.duration`, `mcp.server.operation.duration`, to the layer's meter provider |
//! | not recorded | notifications, pings, subscriptions, a client's other requests (its `initialize` among them), what a server asks of its client, and the ids of a client's requests, which `rmcp` keeps to itself |
//!
//! Source: OpenTelemetry's semantic conventions for generative AI, `model/mcp`; trace context: MCP's SEP-414.
//!
//! | file | what |
//! |---|---|
//! | `client` | the client |
//! | `server` | the server |
//! | `request` | what a span states about a request |
//! | `running` | a running request |
//! | `outcome` | the end of a request: an answer, a tool's failure, an error |
//! | `trace_context` | the trace context in `_meta` |
//! | `metrics` | the durations |

mod client;
mod metrics;
mod outcome;
mod request;
mod running;
mod server;
mod trace_context;

pub use client::MonitoredClient;
pub use server::MonitoredServer;

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
