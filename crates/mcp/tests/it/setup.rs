//! A client and a server of rmcp, each with a layer of its own, as in two processes.

use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{CallToolRequestParams, CallToolResult, ContentBlock, object};
use rmcp::service::{RequestContext, RunningService};
use rmcp::{ErrorData, RoleClient, RoleServer, ServiceExt as _, tool, tool_router};
use serde_json::json;
use spanloom_instrumentation::{Content, GenAiLayer, GenAiLayerBuilder, Recorder};
use spanloom_mcp::{MonitoredClient, MonitoredServer};
use spanloom_testkit::SpanRecorder;

/// One process.
pub(crate) struct Side {
    pub(crate) layer: GenAiLayer,
    pub(crate) spans: SpanRecorder,
    /// Ends the spans when it is dropped.
    _provider: SdkTracerProvider,
}

impl Side {
    pub(crate) fn of(settings: impl FnOnce(GenAiLayerBuilder) -> GenAiLayerBuilder) -> Self {
        let spans = SpanRecorder::new();
        let provider = spans.provider();
        let layer = GenAiLayer::builder(&Recorder::start().unwrap());
        let layer = settings(layer.with_tracer_provider(&provider)).build();
        Self {
            layer,
            spans,
            _provider: provider,
        }
    }

    /// Returns the one span with this name.
    pub(crate) fn span(&self, name: &str) -> SpanData {
        let spans = self.spans.spans();
        let mut named = spans.iter().filter(|span| span.name == name);
        let span = named.next().unwrap_or_else(|| panic!("{name}: {spans:#?}"));
        assert!(named.next().is_none(), "{name}: {spans:#?}");
        span.clone()
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
pub(crate) struct Place {
    city: String,
}

/// A server with tools that work, fail and refuse.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    layer: GenAiLayer,
}

impl Weather {
    pub(crate) fn of(layer: &GenAiLayer) -> Self {
        Self {
            layer: layer.clone(),
        }
    }
}

#[tool_router(server_handler)]
impl Weather {
    #[tool(description = "the weather of a city")]
    async fn forecast(
        &self,
        Parameters(Place { city }): Parameters<Place>,
        _context: RequestContext<RoleServer>,
    ) -> Result<String, ErrorData> {
        // What the server does meanwhile is inside its span.
        let lookup = self.layer.retrieval("stations").run_infallible(async {});
        lookup.await;
        Ok(format!("rain in {city}"))
    }

    #[tool(description = "returns its argument twice, as data and as text")]
    async fn echo(&self, Parameters(Place { city }): Parameters<Place>) -> CallToolResult {
        CallToolResult::structured(json!({"city": city}))
    }

    #[tool(description = "fails")]
    async fn storm(&self) -> CallToolResult {
        CallToolResult::error(vec![ContentBlock::text("no station")])
    }

    #[tool(description = "refuses")]
    async fn refuse(&self) -> Result<String, ErrorData> {
        let key = ["sk-proj-", "abcdefghijklmnop0123456789"].concat();
        Err(ErrorData::internal_error(format!("no {key}"), None))
    }
}

/// Returns the call of a tool that works.
pub(crate) fn bonn() -> CallToolRequestParams {
    CallToolRequestParams::new("forecast").with_arguments(object(json!({"city": "Bonn"})))
}

/// A client, connected to a server.
pub(crate) struct Setup {
    pub(crate) client: MonitoredClient,
    pub(crate) running: RunningService<RoleClient, ()>,
    pub(crate) here: Side,
    pub(crate) there: Side,
}

impl Setup {
    pub(crate) async fn with(content: Content) -> Self {
        let side = || Side::of(|layer| layer.with_content(content));
        Self::connect(side(), side()).await
    }

    pub(crate) async fn connect(here: Side, there: Side) -> Self {
        let (near, far) = tokio::io::duplex(4096);
        let server = MonitoredServer::new(&there.layer, Weather::of(&there.layer));
        tokio::spawn(async move { server.serve(far).await.unwrap().waiting().await });
        let running = ().serve(near).await.unwrap();
        let client = MonitoredClient::new(&here.layer, running.peer().clone());
        Self {
            client,
            running,
            here,
            there,
        }
    }
}
