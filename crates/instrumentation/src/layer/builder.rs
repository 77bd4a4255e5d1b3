//! The builder of a layer.

use std::fmt;
use std::sync::Arc;

use async_openai::middleware::ReqwestService;
use async_openai::middleware::retry::{OpenAIRetry, OpenAIRetryLayer};
use opentelemetry::global::{self, BoxedTracer, ObjectSafeTracerProvider};
use opentelemetry::logs::LoggerProvider;
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry::{InstrumentationScope, StringValue};
use spanloom_core::content::ContentPolicy;
use spanloom_core::semconv;
use tower::Layer;

use super::config::Config;
use super::enclosing::Enclosing;
use super::parent::{Member, ParentPolicy};
use super::service::GenAiService;
use crate::attributes::MonitorAttributes;
use crate::content::{Content, Details, Environment, Recording};
use crate::event::Events;
use crate::metrics::Instruments;
use crate::prices::PriceBook;
use crate::recorder::Recorder;

/// A [`tower::Layer`] that gives every model call a span. Clones share the same settings.
#[derive(Clone, Debug)]
pub struct GenAiLayer {
    config: Arc<Config>,
}

/// The service returned by [`GenAiLayer::stack`]: ours around async-openai's own default services.
pub type Stack = GenAiService<OpenAIRetry<ReqwestService>>;

impl GenAiLayer {
    /// Returns a builder for a layer whose calls `recorder` reads.
    pub fn builder(recorder: &Recorder) -> GenAiLayerBuilder {
        GenAiLayerBuilder {
            recorder: recorder.clone(),
            tracer: None,
            content: None,
            details: None,
            without_messages: false,
            content_policy: ContentPolicy::default(),
            events: None,
            provider: None,
            policy: Box::new(Member),
            meter: Some(global::meter_with_scope(scope())),
            attributes: MonitorAttributes::default(),
            request_usage: false,
            prompt_segments: false,
            trace_hosts: Vec::new(),
            http_spans: false,
            prices: PriceBook::default(),
        }
    }

    /// Returns the layer of the innermost [operation](crate::operation) around the current code.
    #[must_use]
    pub fn current() -> Option<Self> {
        Enclosing::current().map(|enclosing| Self {
            config: Arc::clone(enclosing.config()),
        })
    }

    pub(crate) fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Returns the whole stack for [`Client::with_http_service`](async_openai::Client::with_http_service): this layer
    /// around async-openai's default retries around `http`. That method removes the default retries, so a custom stack
    /// should add [`OpenAIRetryLayer`] inside this layer.
    #[must_use]
    pub fn stack(&self, http: reqwest::Client) -> Stack {
        self.layer(OpenAIRetryLayer::default().layer(ReqwestService::new(http)))
    }
}

impl<S> Layer<S> for GenAiLayer {
    type Service = GenAiService<S>;

    fn layer(&self, inner: S) -> GenAiService<S> {
        GenAiService::new(inner, Arc::clone(&self.config))
    }
}

/// The settings of a [`GenAiLayer`].
#[must_use = "nothing is observed until `build` and a client that uses the layer"]
pub struct GenAiLayerBuilder {
    recorder: Recorder,
    tracer: Option<BoxedTracer>,
    content: Option<Content>,
    details: Option<Details>,
    without_messages: bool,
    content_policy: ContentPolicy,
    events: Option<Events>,
    provider: Option<StringValue>,
    policy: Box<dyn ParentPolicy>,
    meter: Option<Meter>,
    attributes: MonitorAttributes,
    request_usage: bool,
    prompt_segments: bool,
    trace_hosts: Vec<String>,
    http_spans: bool,
    prices: PriceBook,
}

impl GenAiLayerBuilder {
    /// Sets the service's tracer provider. Default: the global provider at the time the layer is built.
    pub fn with_tracer_provider(mut self, provider: &impl ObjectSafeTracerProvider) -> Self {
        self.tracer = Some(BoxedTracer::new(provider.boxed_tracer(scope())));
        self
    }

    /// Sets the service's meter provider, which receives the convention's client metrics: `gen_ai.client.token.usage`,
    /// `gen_ai.client.operation.duration`, `.time_to_first_chunk` and `.time_per_output_chunk`. Default: the global
    /// provider at the time this builder is created.
    ///
    /// Only tokens the provider reported are counted, never estimates.
    pub fn with_meter_provider(mut self, provider: &impl MeterProvider) -> Self {
        self.meter = Some(provider.meter_with_scope(scope()));
        self
    }

    /// Disables metrics, even if there is a global meter provider.
    pub fn without_metrics(mut self) -> Self {
        self.meter = None;
        self
    }

    /// Sets the service's logger provider, which receives the convention's events: `gen_ai.client.operation.exception`
    /// for every failed call, and `gen_ai.client.inference.operation.details` if [`GenAiLayerBuilder::with_details`] or
    /// the environment enables it. Default: none, and no events; OpenTelemetry has no global logger provider.
    ///
    /// Events are sent from the recorder's thread: flush the recorder before the logger provider.
    pub fn with_logger_provider<P>(mut self, provider: &P) -> Self
    where
        P: LoggerProvider,
        P::Logger: Send + Sync + 'static,
    {
        self.events = Some(Events::new(provider, scope()));
        self
    }

    /// Sets whether an operation details event is sent to the logger provider for each inference call, sampled or not.
    /// Default: as set by `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` and
    /// `OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT`, else [`Details::Off`].
    pub fn with_details(mut self, details: Details) -> Self {
        self.details = Some(details);
        self
    }

    /// Sets which recorded content is kept, and in which form. Default: all content, with secrets of known shapes
    /// masked and texts cut at the policy's value limit: the limit set in code, else
    /// `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` or `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`, else
    /// [`ContentPolicy::DEFAULT_VALUE_LIMIT`].
    pub fn with_content_policy(mut self, policy: ContentPolicy) -> Self {
        self.content_policy = policy;
        self
    }

    /// Sets which content goes on spans. Default: as set by `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`, else
    /// [`Content::Off`].
    pub fn with_content(mut self, content: Content) -> Self {
        self.content = Some(content);
        self
    }

    /// Disables prompts and answers on spans and events, whatever the environment sets.
    pub fn without_content(mut self) -> Self {
        self.content = Some(Content::Off);
        self.without_messages = true;
        self
    }

    /// Sets `gen_ai.provider.name`, such as `ollama`. Default: recognised by the request's host, else `openai`.
    pub fn with_provider(mut self, provider: &str) -> Self {
        // Shared: each call has it on its span.
        self.provider = Some(Arc::<str>::from(provider).into());
        self
    }

    /// Sets how a call's span relates to the surrounding span. Default: calls are members of the service's traces.
    pub fn with_parent_policy(mut self, policy: impl ParentPolicy + 'static) -> Self {
        self.policy = Box::new(policy);
        self
    }

    /// Sets the attributes of every call of this layer. They are outside all scopes: scopes win.
    pub fn with_attributes(mut self, attributes: impl Into<MonitorAttributes>) -> Self {
        self.attributes = attributes.into();
        self
    }

    /// Requests the usage of streamed completions (`stream_options.include_usage`) if the request does not set it.
    /// Default: requests are never changed; without usage the tokens of a stream are estimated.
    ///
    /// The provider then sends one more chunk, with usage and without choices, which the caller receives: code that
    /// expects a first choice in every chunk must handle it. The check costs the caller's thread one pass over the
    /// request's body.
    pub fn with_requested_usage(mut self) -> Self {
        self.request_usage = true;
        self
    }

    /// Records a hash of each segment of a prompt (tools, instructions, each message) in `spanloom.prompt_cache.segments`,
    /// whether content is recorded or not: the first that differs between two calls is where the provider's cache of the
    /// prompt ends. At most 256 segments. Default: none.
    ///
    /// Set a key with [`ContentPolicy::with_hash_key`]: without one, a short text can be found by brute force. Hashing
    /// happens on the recorder's thread.
    pub fn with_prompt_segments(mut self) -> Self {
        self.prompt_segments = true;
        self
    }

    /// Sends the W3C headers `traceparent` and `tracestate` of the call's span to these hosts, names without a port,
    /// such as your own gateway that continues the trace. Default: to no host; a provider has no use for your trace
    /// ids. Headers already on the request stay.
    pub fn with_traceparent_to<H: Into<String>>(
        mut self,
        hosts: impl IntoIterator<Item = H>,
    ) -> Self {
        self.trace_hosts = hosts.into_iter().map(Into::into).collect();
        self
    }

    /// Gives calls to other endpoints (files, images, audio, …) a plain HTTP client span: method, address and status, from
    /// the request to the head of the answer. Their bodies are not touched. Default: no span.
    pub fn with_http_spans(mut self) -> Self {
        self.http_spans = true;
        self
    }

    /// Sets the service's own prices, which override the built-in list but not a cost that the provider states. The
    /// service may keep a clone and replace the prices while it runs. Default: the built-in list alone.
    pub fn with_prices(mut self, prices: PriceBook) -> Self {
        self.prices = prices;
        self
    }

    /// Builds the layer.
    #[must_use]
    pub fn build(self) -> GenAiLayer {
        let environment = Environment::read();
        let recording = Recording {
            content: self.content.or(environment.content).unwrap_or_default(),
            details: match self.details.unwrap_or(environment.details) {
                Details::Messages if self.without_messages => Details::Attributes,
                details => details,
            },
            policy: self.content_policy.or_value_limit(environment.value_limit),
            prompt_segments: self.prompt_segments,
            events: self.events,
        };
        let config = Config {
            tracer: self
                .tracer
                .unwrap_or_else(|| global::tracer_with_scope(scope())),
            recorder: self.recorder,
            content: Arc::new(recording),
            provider: self.provider,
            policy: self.policy,
            instruments: self
                .meter
                .as_ref()
                .map(|meter| Arc::new(Instruments::new(meter))),
            meter: self.meter,
            attributes: self.attributes,
            request_usage: self.request_usage,
            trace_hosts: self.trace_hosts,
            http_spans: self.http_spans,
            prices: self.prices,
        };
        GenAiLayer {
            config: Arc::new(config),
        }
    }
}

impl fmt::Debug for GenAiLayerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenAiLayerBuilder")
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}

fn scope() -> InstrumentationScope {
    InstrumentationScope::builder(semconv::SCOPE)
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_schema_url(semconv::SCHEMA_URL)
        .build()
}
