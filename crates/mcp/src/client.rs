//! The client.

use std::future::Future;
use std::ops::Deref;

use opentelemetry::trace::{FutureExt as _, SpanKind, TraceContextExt as _};
use rmcp::RoleClient;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, GetPromptRequestParams, GetPromptResult, JsonObject,
    ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResult,
    RequestParamsMeta,
};
use rmcp::service::{Peer, ServiceError};
use spanloom_instrumentation::GenAiLayer;

use crate::metrics::{Durations, Side};
use crate::outcome::{Outcome, ToolResult, of_tool};
use crate::request::{Request, Running};
use crate::trace_context::inject;

/// A client whose requests are spans. Its methods replace those of the [`Peer`] that it dereferences to; the peer's other
/// methods are not recorded.
#[derive(Clone, Debug)]
pub struct MonitoredClient {
    peer: Peer<RoleClient>,
    /// `None` if nothing is recorded.
    layer: Option<GenAiLayer>,
    durations: Option<Durations>,
}

impl Deref for MonitoredClient {
    type Target = Peer<RoleClient>;

    fn deref(&self) -> &Self::Target {
        &self.peer
    }
}

impl MonitoredClient {
    /// Monitors the requests of a client. Without a layer, as when a monitor is disabled, nothing is recorded.
    pub fn new<'a>(layer: impl Into<Option<&'a GenAiLayer>>, peer: Peer<RoleClient>) -> Self {
        let layer = layer.into();
        Self {
            peer,
            durations: layer.and_then(|layer| Durations::of(layer, Side::Client)),
            layer: layer.cloned(),
        }
    }

    /// Calls a tool: span `tools/call {name}`, unless the caller is inside the operation of this tool.
    ///
    /// # Errors
    /// Those of [`Peer::call_tool`].
    pub async fn call_tool(
        &self,
        params: CallToolRequestParams,
    ) -> Result<CallToolResult, ServiceError> {
        let send = |params| self.peer.call_tool(params);
        self.call_tool_with(params, send).await
    }

    /// Calls a tool as [`call_tool`](Self::call_tool) does, and sends the call by `send`: for `RunningService::call_tool`,
    /// which answers what a tool asks meanwhile, for options, and for timeouts.
    ///
    /// # Errors
    /// Those of `send`.
    pub async fn call_tool_with<F>(
        &self,
        mut params: CallToolRequestParams,
        send: impl FnOnce(CallToolRequestParams) -> F,
    ) -> Result<CallToolResult, ServiceError>
    where
        F: Future<Output = Result<CallToolResult, ServiceError>>,
    {
        let request = Request::tool(&params.name);
        let around = request.tool_name();
        let around = around.and_then(|name| self.layer.as_ref()?.tool_around(name));
        if let Some(tool) = around {
            let request = request.with_protocol(self.protocol());
            tool.span().set_attributes(request.of_tools_span());
            inject(&tool, &mut params);
            return send(params).await;
        }
        let arguments = |params: &CallToolRequestParams| params.arguments.clone();
        self.run(request, params, arguments, send, of_tool).await
    }

    /// Gets a prompt: span `prompts/get {name}`.
    ///
    /// # Errors
    /// Those of [`Peer::get_prompt`].
    pub async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
    ) -> Result<GetPromptResult, ServiceError> {
        let request = Request::prompt(&params.name);
        let send = |params| self.peer.get_prompt(params);
        self.run(request, params, |_| None, send, |_| None).await
    }

    /// Reads a resource: span `resources/read`. A resource that the client has in its cache is not read, and has a short
    /// span.
    ///
    /// # Errors
    /// Those of [`Peer::read_resource`].
    pub async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
    ) -> Result<ReadResourceResult, ServiceError> {
        let request = Request::resource("resources/read", &params.uri);
        let send = |params| self.peer.read_resource(params);
        self.run(request, params, |_| None, send, |_| None).await
    }

    /// Lists the server's tools: span `tools/list`.
    ///
    /// # Errors
    /// Those of [`Peer::list_tools`].
    pub async fn list_tools(
        &self,
        params: Option<PaginatedRequestParams>,
    ) -> Result<ListToolsResult, ServiceError> {
        let request = Request::of("tools/list", None);
        let params = params.unwrap_or_default();
        let send = |params| self.peer.list_tools(Some(params));
        self.run(request, params, |_| None, send, |_| None).await
    }

    /// Returns the version of the protocol that client and server agreed on.
    fn protocol(&self) -> Option<rmcp::model::ProtocolVersion> {
        let info = self.peer.peer_info()?;
        Some(info.protocol_version.clone())
    }

    async fn run<P, T, F>(
        &self,
        request: Request,
        mut params: P,
        arguments: impl FnOnce(&P) -> Option<JsonObject>,
        send: impl FnOnce(P) -> F,
        result: ToolResult<T>,
    ) -> Result<T, ServiceError>
    where
        P: RequestParamsMeta,
        F: Future<Output = Result<T, ServiceError>>,
    {
        let start = |layer| {
            let request = request.with_protocol(self.protocol());
            Running::start(layer, request, SpanKind::Client, None, Vec::new())
        };
        let Some(mut running) = self.layer.as_ref().and_then(start) else {
            return send(params).await;
        };
        running.arguments(|| arguments(&params));
        inject(running.span.context(), &mut params);
        let inside = running.span.inside().clone();
        let answer = send(params).with_context(inside).await;
        running.end(Outcome::sent(&answer, result), self.durations.as_ref());
        answer
    }
}
