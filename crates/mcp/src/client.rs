//! The client.

use std::future::Future;
use std::ops::Deref;

use opentelemetry::trace::SpanKind;
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
use crate::request::Request;
use crate::running::{Running, Start};
use crate::trace_context::inject;

/// A client whose requests are spans: [`call_tool`](Self::call_tool), [`get_prompt`](Self::get_prompt),
/// [`read_resource`](Self::read_resource) and [`list_tools`](Self::list_tools). The other methods are those of the [`Peer`] that it
/// dereferences to; they are not recorded, and their requests carry no trace context.
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
        params: CallToolRequestParams,
        send: impl FnOnce(CallToolRequestParams) -> F,
    ) -> Result<CallToolResult, ServiceError>
    where
        F: Future<Output = Result<CallToolResult, ServiceError>>,
    {
        let request = Request::tool(&params.name);
        let tool = request.tool_name();
        let tool = tool.and_then(|name| self.layer.as_ref()?.tool_around(name));
        let (Some(tool), Some(layer)) = (tool, &self.layer) else {
            let arguments = |params: &CallToolRequestParams| params.arguments.clone();
            let running = self.start(request);
            return self.run(running, params, arguments, send, of_tool).await;
        };
        let request = request.with_protocol(self.protocol());
        let running = Running::sharing(layer, tool, request, self.durations.as_ref());
        self.run(Some(running), params, |_| None, send, of_tool)
            .await
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
        let running = self.start(request);
        self.run(running, params, |_| None, send, |_| None).await
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
        let running = self.start(request);
        self.run(running, params, |_| None, send, |_| None).await
    }

    /// Lists the server's tools: span `tools/list`.
    ///
    /// # Errors
    /// Those of [`Peer::list_tools`].
    pub async fn list_tools(
        &self,
        params: Option<PaginatedRequestParams>,
    ) -> Result<ListToolsResult, ServiceError> {
        let Some(running) = self.start(Request::of("tools/list", None)) else {
            return self.peer.list_tools(params).await;
        };
        let send = |params| self.peer.list_tools(Some(params));
        let params = params.unwrap_or_default();
        self.run(Some(running), params, |_| None, send, |_| None)
            .await
    }

    /// Returns the version of the protocol that client and server agreed on.
    fn protocol(&self) -> Option<rmcp::model::ProtocolVersion> {
        let info = self.peer.peer_info()?;
        Some(info.protocol_version.clone())
    }

    /// Starts the span of a request; `None` if it is not recorded.
    fn start(&self, request: Request) -> Option<Running> {
        let start = Start {
            kind: SpanKind::Client,
            remote_parent: None,
            attributes: Vec::new(),
        };
        let request = request.with_protocol(self.protocol());
        Running::start(
            self.layer.as_ref()?,
            request,
            start,
            self.durations.as_ref(),
        )
    }

    async fn run<P, T, F>(
        &self,
        running: Option<Running>,
        mut params: P,
        arguments: impl FnOnce(&P) -> Option<JsonObject>,
        send: impl FnOnce(P) -> F,
        result: ToolResult<T>,
    ) -> Result<T, ServiceError>
    where
        P: RequestParamsMeta,
        F: Future<Output = Result<T, ServiceError>>,
    {
        let Some(mut running) = running else {
            return send(params).await;
        };
        running.arguments(|| arguments(&params));
        inject(&running.context(), &mut params);
        let answer = running.inside(send(params)).await;
        running.end(Outcome::sent(&answer, result));
        answer
    }
}
