//! Spans of adapters for other protocols, recorded as operations are.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use opentelemetry::metrics::Meter;
use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt as _};
use opentelemetry::{Context, KeyValue, Value};
use serde::Serialize;
use spanloom_core::content::Place;

use super::content::Content;
use super::kind::{Role, Spec};
use super::open::{OpenOperation, ToolFacts};
use super::{Beginning, span};
use crate::layer::{Enclosing, GenAiLayer};
use crate::recorder::{Ending, Failure};

/// The start of a span of an adapter. Texts pass the content policy's scan for secrets.
#[derive(Debug)]
pub struct AdapterStart {
    /// The span's name.
    pub name: String,
    /// The span's kind.
    pub kind: SpanKind,
    /// The span's attributes at its start.
    pub attributes: Vec<KeyValue>,
    /// Whether the agent around calls a tool by it.
    pub is_tool_call: bool,
    /// The parent, if it is a span of another process: what is around is then linked.
    pub remote_parent: Option<SpanContext>,
}

/// A running span of an adapter. If it is dropped before [`AdapterSpan::finish`], it was cancelled.
#[derive(Debug)]
pub struct AdapterSpan {
    open: OpenOperation,
    inside: Context,
}

/// The call of a tool around an adapter's, whose span it shares.
#[derive(Debug)]
pub struct ToolAround {
    layer: GenAiLayer,
    context: Context,
    ending: Arc<Ending>,
}

impl ToolAround {
    /// Returns the context with the tool's span, for propagation.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Notes the error with which the tool's span will end, whatever its future returns, unless a later try goes well.
    pub fn fail(&self, kind: Cow<'static, str>, message: &str, attributes: Vec<KeyValue>) {
        let message = self.layer.masked(message).into_owned();
        self.ending.note(Some(Failure {
            kind,
            message,
            attributes,
        }));
    }

    /// Notes that the tool's call went well: earlier tries do not count.
    pub fn succeed(&self) {
        self.ending.note(None);
    }
}

impl GenAiLayer {
    /// Starts a span of an adapter; `None` once the recording has ended.
    pub fn adapter_span(&self, start: AdapterStart) -> Option<AdapterSpan> {
        let config = Arc::clone(self.config());
        if config.recorder.queue().is_over() {
            return None;
        }
        let around = config.policy.context();
        let enclosing = Enclosing::of(&config.recorder);
        let agent = enclosing.as_ref().and_then(Enclosing::agent).cloned();
        let attributes = start.attributes.into_iter().map(|mut attribute| {
            if let Value::String(text) = &attribute.value
                && let Cow::Owned(masked) = config.content.policy.text(text.as_str())
            {
                attribute.value = masked.into();
            }
            attribute
        });
        let mut attributes: Vec<KeyValue> = attributes.collect();
        if let Some(agent) = agent.as_ref().filter(|_| start.is_tool_call) {
            agent.count_tool();
            attributes.extend(agent.attribute());
        }
        let beginning = Beginning {
            title: config.content.policy.text(&start.name).into_owned(),
            kind: start.kind,
            attributes,
            links: links(start.remote_parent.as_ref(), &around),
            remote_parent: start.remote_parent,
        };
        let ending = Arc::default();
        let open = OpenOperation {
            spec: Spec {
                operation: "",
                name: "",
                span_kind: SpanKind::Internal,
                role: Role::Other,
            },
            tool: ToolFacts::default(),
            run: None,
            started_at: Instant::now(),
            context: span(&config, &around, beginning, &ending),
            name: String::new(),
            config,
            attributes: Vec::new(),
            dropped_bytes: 0,
            failed: None,
            ending,
            is_over: false,
        };
        let inside = open.inside(&around, agent);
        Some(AdapterSpan { open, inside })
    }

    /// Returns a text as the content policy's scan for secrets leaves it.
    #[must_use]
    pub fn masked<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.config().content.policy.text(text)
    }

    /// Returns the meter of the layer's metrics; `None` if it records none.
    #[must_use]
    pub fn meter(&self) -> Option<&Meter> {
        self.config().meter.as_ref()
    }

    /// Returns the call of this tool around the current code.
    #[must_use]
    pub fn tool_around(&self, name: &str) -> Option<ToolAround> {
        let (context, ending) = Enclosing::of(&self.config().recorder)?.tool(name)?;
        let layer = self.clone();
        Some(ToolAround {
            layer,
            context,
            ending,
        })
    }

    /// Returns whether content is recorded on spans.
    #[must_use]
    pub fn records_content(&self) -> bool {
        Content::is_recorded(self.config())
    }
}

/// Returns the link to the span around, if the parent is another.
fn links(remote_parent: Option<&SpanContext>, around: &Context) -> Vec<Link> {
    let around = around.span().span_context().clone();
    match remote_parent {
        Some(_) if around.is_valid() => vec![Link::with_context(around)],
        _ => Vec::new(),
    }
}

impl AdapterSpan {
    /// Returns the context with the span, for propagation.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.open.context
    }

    /// Returns the context for what is called inside.
    #[must_use]
    pub fn inside(&self) -> &Context {
        &self.inside
    }

    /// Adds an attribute at the end of the span.
    pub fn attribute(&mut self, attribute: KeyValue) {
        self.open.attributes.push(attribute);
    }

    /// Records content under the policy, if content is recorded.
    pub fn content(&mut self, name: &'static str, place: Place, value: &(impl Serialize + ?Sized)) {
        self.open.content(name, place, value);
    }

    /// Notes the error with which the span will end: `error.type`, and the status with secrets masked.
    pub fn fail(&mut self, kind: impl Into<Cow<'static, str>>, message: &str) {
        self.open.fail_as(kind.into(), message);
    }

    /// Ends the span.
    pub fn finish(mut self) {
        self.open.finish();
    }
}
