//! What a span states about a request, and its span.

use opentelemetry::trace::{SpanContext, SpanKind};
use opentelemetry::{KeyValue, StringValue};
use rmcp::model::{JsonObject, ProtocolVersion};
use spanloom_core::content::Place;
use spanloom_core::semconv as names;
use spanloom_instrumentation::GenAiLayer;
use spanloom_instrumentation::operation::adapter::{AdapterSpan, AdapterStart};

use crate::metrics::Durations;
use crate::outcome::Outcome;

/// The longest name of a method, tool or prompt, in characters: the peer chooses it.
const NAME_CHARS: usize = 100;

/// A request of the protocol.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: StringValue,
    target: Option<Target>,
    protocol: Option<ProtocolVersion>,
}

/// What a request is about.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Tool(String),
    Prompt(String),
    Resource(String),
}

impl Target {
    fn attribute(&self) -> KeyValue {
        match self {
            Self::Tool(name) => KeyValue::new(names::GEN_AI_TOOL_NAME, name.clone()),
            Self::Prompt(name) => KeyValue::new(names::GEN_AI_PROMPT_NAME, name.clone()),
            Self::Resource(uri) => KeyValue::new(names::MCP_RESOURCE_URI, uri.clone()),
        }
    }
}

impl Request {
    /// Returns a request of one of the protocol's own methods.
    pub(crate) fn of(method: &'static str, target: Option<Target>) -> Self {
        Self {
            method: method.into(),
            target,
            protocol: None,
        }
    }

    /// Returns a request of a method that the peer names.
    pub(crate) fn custom(method: &str) -> Self {
        Self {
            method: short(method).into(),
            target: None,
            protocol: None,
        }
    }

    pub(crate) fn tool(name: &str) -> Self {
        Self::of("tools/call", Some(Target::Tool(short(name))))
    }

    pub(crate) fn prompt(name: &str) -> Self {
        Self::of("prompts/get", Some(Target::Prompt(short(name))))
    }

    pub(crate) fn resource(method: &'static str, uri: &str) -> Self {
        Self::of(method, Some(Target::Resource(uri.to_owned())))
    }

    pub(crate) fn with_protocol(mut self, version: Option<ProtocolVersion>) -> Self {
        self.protocol = version;
        self
    }

    /// Returns the name of the tool that the request calls.
    pub(crate) fn tool_name(&self) -> Option<&str> {
        match &self.target {
            Some(Target::Tool(name)) => Some(name),
            _ => None,
        }
    }

    /// Returns the span's name. A resource's address would make too many names.
    fn title(&self) -> String {
        match &self.target {
            Some(Target::Tool(name) | Target::Prompt(name)) => {
                [self.method.as_str(), " ", name].concat()
            }
            _ => self.method.to_string(),
        }
    }

    /// Returns the attributes that span and metric have.
    fn shared(&self) -> Vec<KeyValue> {
        let mut attributes = vec![KeyValue::new(names::MCP_METHOD_NAME, self.method.clone())];
        if let Some(Target::Tool(_)) = &self.target {
            attributes.push(KeyValue::new(names::GEN_AI_OPERATION_NAME, "execute_tool"));
        }
        let protocol = self.protocol.as_ref().map(|it| it.as_str().to_owned());
        attributes.extend(protocol.map(|it| KeyValue::new(names::MCP_PROTOCOL_VERSION, it)));
        attributes
    }

    /// Returns the attributes that the span of a tool's operation gets, if it is the span of the request.
    pub(crate) fn of_tools_span(&self) -> Vec<KeyValue> {
        let is_its_own = |it: &KeyValue| it.key.as_str() == names::GEN_AI_OPERATION_NAME;
        let mut attributes = self.shared();
        attributes.retain(|it| !is_its_own(it));
        attributes
    }
}

/// A running request.
#[derive(Debug)]
pub(crate) struct Running {
    request: Request,
    pub(crate) span: AdapterSpan,
}

impl Running {
    /// Starts the span of a request; `None` once the recording has ended. `more` are the attributes of one side.
    pub(crate) fn start(
        layer: &GenAiLayer,
        request: Request,
        kind: SpanKind,
        remote_parent: Option<SpanContext>,
        more: Vec<KeyValue>,
    ) -> Option<Self> {
        let mut attributes = request.shared();
        attributes.extend(request.target.as_ref().map(Target::attribute));
        attributes.extend(more);
        let start = AdapterStart {
            name: request.title(),
            kind,
            attributes,
            remote_parent,
        };
        let span = layer.adapter_span(start)?;
        Some(Self { request, span })
    }

    /// Records the arguments of a tool, if content is recorded.
    pub(crate) fn arguments(&mut self, arguments: impl FnOnce() -> Option<JsonObject>) {
        if let Some(arguments) = self.span.records_content().then(arguments).flatten() {
            let name = names::GEN_AI_TOOL_CALL_ARGUMENTS;
            self.span
                .content(name, Place::ToolCallArguments, &arguments);
        }
    }

    /// Ends the span with the outcome, and records the duration.
    pub(crate) fn end(mut self, outcome: Outcome<'_>, durations: Option<&Durations>) {
        if let Outcome::Answer {
            result: Some(result),
            ..
        } = outcome
        {
            let name = names::GEN_AI_TOOL_CALL_RESULT;
            self.span.content(name, Place::ToolCallResult, result);
        }
        let failure = outcome.failure();
        let mut attributes = self.request.shared();
        if let Some(failure) = &failure {
            self.span.fail(failure.kind.clone(), &failure.message);
            attributes.push(KeyValue::new(names::ERROR_TYPE, failure.kind.clone()));
            if let Some(code) = failure.status_code() {
                self.span.attribute(code.clone());
                attributes.push(code);
            }
        }
        // A name that the server does not know is the peer's invention: each would be a time series.
        let target = self.request.target.as_ref();
        let target = target.filter(|it| !matches!(it, Target::Resource(_)));
        if !failure.is_some_and(|failure| failure.is_unknown_name()) {
            attributes.extend(target.map(Target::attribute));
        }
        if let Some(durations) = durations {
            durations.record(self.span.elapsed(), &attributes);
        }
        self.span.finish();
    }
}

fn short(name: &str) -> String {
    name.chars().take(NAME_CHARS).collect()
}
