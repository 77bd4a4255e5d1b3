//! The server.

use std::borrow::Cow;
use std::future::Future;

use http::request::Parts;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use rmcp::RoleServer;
use rmcp::handler::server::ServerHandler;
#[expect(deprecated, reason = "the handler's own method still runs")]
use rmcp::model::SetLevelRequestParams;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CancelTaskParams, CancelledNotificationParam,
    CompleteRequestParams, CompleteResult, CustomNotification, CustomRequest, CustomResult,
    DiscoverResult, ErrorData, GetPromptRequestParams, GetPromptResponse, GetSkillRequestParams,
    GetSkillResult, GetTaskParams, GetTaskResult, InitializeRequestParams, InitializeResult,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListSkillsResult,
    ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion,
    ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult, ReadResourceRequestParams,
    ReadResourceResponse, ServerConfig, SubscribeRequestParams, SubscriptionFilter, Tool,
    UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use spanloom_core::semconv as names;
use spanloom_instrumentation::GenAiLayer;

use crate::metrics::{Durations, Side};
use crate::outcome::{Outcome, ToolResult, of_response};
use crate::request::Request;
use crate::running::{Running, Start};
use crate::trace_context::extract;

/// The header with the id of a session over streamable HTTP.
const SESSION: &str = "mcp-session-id";

/// A server whose requests are spans: a [`ServerHandler`] around yours, for every transport.
#[derive(Clone, Debug)]
pub struct MonitoredServer<H> {
    handler: H,
    /// `None` if nothing is recorded.
    layer: Option<GenAiLayer>,
    durations: Option<Durations>,
    are_foreign: bool,
}

impl<H: ServerHandler> MonitoredServer<H> {
    /// Monitors the requests to a handler. Without a layer, as when a monitor is disabled, nothing is recorded.
    pub fn new<'a>(layer: impl Into<Option<&'a GenAiLayer>>, handler: H) -> Self {
        let layer = layer.into();
        Self {
            handler,
            durations: layer.and_then(|layer| Durations::of(layer, Side::Server)),
            layer: layer.cloned(),
            are_foreign: false,
        }
    }

    /// Returns the handler.
    pub fn handler(&self) -> &H {
        &self.handler
    }

    /// Records requests as roots of their own, for clients that record elsewhere: the caller's span, which these records could
    /// not find, is in `spanloom.outer_span_id`. They keep the trace. Default: the caller's span is the parent.
    #[must_use]
    pub fn with_foreign_clients(mut self) -> Self {
        self.are_foreign = true;
        self
    }

    /// Starts the span of a request.
    fn start(&self, request: Request, context: &RequestContext<RoleServer>) -> Option<Running> {
        let layer = self.layer.as_ref()?;
        // Before the session has begun, the version is only what the client asks for.
        let request = match request.begins_session() {
            true => request,
            false => request.with_protocol(context.protocol_version()),
        };
        let remote_parent = extract(&context.meta);
        let id = context.id.to_string();
        let mut attributes = vec![KeyValue::new(names::JSONRPC_REQUEST_ID, id)];
        attributes.extend(of_http(context.extensions.get::<Parts>()));
        if let Some(parent) = remote_parent.as_ref().filter(|_| self.are_foreign) {
            let id = parent.span_id().to_string();
            attributes.push(KeyValue::new(names::SPANLOOM_OUTER_SPAN_ID, id));
        }
        let start = Start {
            kind: SpanKind::Server,
            remote_parent,
            attributes,
        };
        Running::start(layer, request, start, self.durations.as_ref())
    }

    /// Runs the handler's method as a request.
    async fn run<T>(
        running: Option<Running>,
        answer: impl Future<Output = Result<T, ErrorData>>,
        result: ToolResult<T>,
    ) -> Result<T, ErrorData> {
        let Some(running) = running else {
            return answer.await;
        };
        let answer = running.inside(answer).await;
        running.end(Outcome::received(&answer, result));
        answer
    }
}

/// Returns what is known of the transport of a request that came over HTTP.
fn of_http(parts: Option<&Parts>) -> Vec<KeyValue> {
    let Some(parts) = parts else {
        return Vec::new();
    };
    let session = parts.headers.get(SESSION).and_then(|id| id.to_str().ok());
    let session = session.map(|id| KeyValue::new(names::MCP_SESSION_ID, id.to_owned()));
    let transport = [
        KeyValue::new(names::NETWORK_TRANSPORT, "tcp"),
        KeyValue::new(names::NETWORK_PROTOCOL_NAME, "http"),
    ];
    transport.into_iter().chain(session).collect()
}

/// Methods of [`ServerHandler`] that answer a request: its span, then the handler's method.
macro_rules! requests {
    ($($name:ident($($params:ident: $type:ty)?) -> $answer:ty: $request:expr;)*) => {$(
        async fn $name(
            &self,
            $($params: $type,)?
            context: RequestContext<RoleServer>,
        ) -> Result<$answer, ErrorData> {
            let running = self.start($request, &context);
            let answer = self.handler.$name($($params,)? context);
            Self::run(running, answer, |_| None).await
        }
    )*};
}

/// Methods of [`ServerHandler`] that have no span.
macro_rules! notifications {
    ($($name:ident($($params:ident: $type:ty)?);)*) => {$(
        async fn $name(&self, $($params: $type,)? context: NotificationContext<RoleServer>) {
            self.handler.$name($($params,)? context).await;
        }
    )*};
}

/// All methods of the trait are here, also those with a default: one that is missing would hide the handler's own. A test
/// compares the two lists.
#[expect(
    deprecated,
    reason = "the handler's own methods of these names still run"
)]
impl<H: ServerHandler> ServerHandler for MonitoredServer<H> {
    requests! {
        initialize(request: InitializeRequestParams) -> InitializeResult: Request::of("initialize", None);
        discover() -> DiscoverResult: Request::of("server/discover", None);
        complete(request: CompleteRequestParams) -> CompleteResult: Request::of("completion/complete", None);
        set_level(request: SetLevelRequestParams) -> (): Request::of("logging/setLevel", None);
        get_prompt(request: GetPromptRequestParams) -> GetPromptResponse: Request::prompt(&request.name);
        list_prompts(request: Option<PaginatedRequestParams>) -> ListPromptsResult: Request::of("prompts/list", None);
        list_resources(request: Option<PaginatedRequestParams>) -> ListResourcesResult: Request::of("resources/list", None);
        list_resource_templates(request: Option<PaginatedRequestParams>) -> ListResourceTemplatesResult:
            Request::of("resources/templates/list", None);
        read_resource(request: ReadResourceRequestParams) -> ReadResourceResponse:
            Request::resource("resources/read", &request.uri);
        subscribe(request: SubscribeRequestParams) -> (): Request::resource("resources/subscribe", &request.uri);
        unsubscribe(request: UnsubscribeRequestParams) -> (): Request::resource("resources/unsubscribe", &request.uri);
        list_tools(request: Option<PaginatedRequestParams>) -> ListToolsResult: Request::of("tools/list", None);
        get_task(request: GetTaskParams) -> GetTaskResult: Request::of("tasks/get", None);
        update_task(request: UpdateTaskParams) -> (): Request::of("tasks/update", None);
        cancel_task(request: CancelTaskParams) -> (): Request::of("tasks/cancel", None);
        list_skills(request: Option<PaginatedRequestParams>) -> ListSkillsResult: Request::of("skills/list", None);
        get_skill(request: GetSkillRequestParams) -> GetSkillResult: Request::of("skills/get", None);
        read_resource_directory(request: ReadResourceDirectoryRequestParams) -> ReadResourceDirectoryResult:
            Request::resource("resources/directory/read", &request.uri);
        on_custom_request(request: CustomRequest) -> CustomResult: Request::custom(&request.method);
    }

    notifications! {
        on_cancelled(notification: CancelledNotificationParam);
        on_progress(notification: ProgressNotificationParam);
        on_initialized();
        on_roots_list_changed();
        on_custom_notification(notification: CustomNotification);
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut running = self.start(Request::tool(&request.name), &context);
        if let Some(running) = &mut running {
            running.arguments(|| request.arguments.clone());
        }
        let answer = self.handler.call_tool(request, context);
        Self::run(running, answer, of_response).await
    }

    async fn ping(&self, context: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        self.handler.ping(context).await
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.handler.listen(context).await
    }

    fn negotiate_initialize(
        &self,
        request: &InitializeRequestParams,
    ) -> Result<InitializeResult, ErrorData> {
        self.handler.negotiate_initialize(request)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        self.handler.supported_protocol_versions()
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        self.handler.accepted_subscription_filter(requested)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.handler.get_tool(name)
    }

    fn get_info(&self) -> ServerConfig {
        self.handler.get_info()
    }
}
