//! The operations around the current code, carried by OpenTelemetry's context.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use spanloom_core::semconv as names;

use super::config::Config;
use super::parent::{ParentKind, ParentPolicy};
use crate::recorder::{Ending, Recorder};

/// An operation that is running, for what is inside it.
#[derive(Clone, Debug)]
pub(crate) struct Enclosing {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Arc<Config>,
    /// The context with the operation's span.
    context: Context,
    /// The span around the operation; `None` if the operation's own span is current inside it.
    around: Option<SpanId>,
    agent: Option<Arc<AgentRun>>,
    /// The name of the tool, if the operation is the call of one.
    tool: Option<String>,
    outer: Option<Enclosing>,
    ending: Arc<Ending>,
}

/// One run of an agent.
#[derive(Debug, Default)]
pub(crate) struct AgentRun {
    pub(crate) name: String,
    inference_calls: AtomicU64,
    tool_calls: AtomicU64,
}

impl AgentRun {
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn attribute(&self) -> Option<KeyValue> {
        let name = Some(self.name.clone()).filter(|name| !name.is_empty());
        name.map(|name| KeyValue::new(names::GEN_AI_AGENT_NAME, name))
    }

    pub(crate) fn count_tool(&self) {
        self.tool_calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_inference(&self) {
        self.inference_calls.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the number of calls to models, and of tools.
    pub(crate) fn counts(&self) -> [u64; 2] {
        [&self.inference_calls, &self.tool_calls].map(|count| count.load(Ordering::Relaxed))
    }
}

impl Enclosing {
    pub(crate) fn new(
        config: &Arc<Config>,
        context: Context,
        around: Option<SpanId>,
        agent: Option<Arc<AgentRun>>,
        ending: Arc<Ending>,
        tool: Option<String>,
    ) -> Self {
        // A task that outlives its operation and begins others must not carry all of them.
        let mut outer = Self::current();
        while let Some(ended) = outer.as_ref().filter(|outer| outer.has_ended()) {
            outer = ended.inner.outer.clone();
        }
        Self {
            inner: Arc::new(Inner {
                config: Arc::clone(config),
                context,
                around,
                agent,
                tool,
                outer,
                ending,
            }),
        }
    }

    /// Returns the innermost operation around the current code, of any monitor.
    pub(crate) fn current() -> Option<Self> {
        Context::map_current(|context| context.get::<Self>().cloned())
    }

    /// Returns the innermost operation that `is_wanted`.
    fn innermost(is_wanted: impl Fn(&Inner) -> bool) -> Option<Self> {
        let mut found = Self::current();
        while let Some(enclosing) = &found {
            if is_wanted(&enclosing.inner) {
                break;
            }
            found = enclosing.inner.outer.clone();
        }
        found
    }

    /// Returns the innermost operation of a recorder: other monitors have operations of their own.
    pub(crate) fn of(recorder: &Recorder) -> Option<Self> {
        Self::innermost(|inner| Arc::ptr_eq(inner.config.recorder.queue(), recorder.queue()))
    }

    fn has_ended(&self) -> bool {
        self.inner.ending.is_over()
    }

    pub(crate) fn config(&self) -> &Arc<Config> {
        &self.inner.config
    }

    /// Returns the context of the operation's span, and its end, if the operation is the running call of this tool.
    pub(crate) fn tool(&self, name: &str) -> Option<(Context, Arc<Ending>)> {
        let is_it = self.inner.tool.as_deref() == Some(name) && !self.has_ended();
        is_it.then(|| (self.inner.context.clone(), Arc::clone(&self.inner.ending)))
    }

    /// Returns the agent whose run this is, or is part of.
    pub(crate) fn agent(&self) -> Option<&Arc<AgentRun>> {
        self.inner.agent.as_ref()
    }
}

/// Returns the parent of what starts now in `around`: the operation around it, unless a span of the same destination was
/// entered since.
pub(crate) fn parent(policy: &dyn ParentPolicy, around: Context) -> Context {
    if policy.makes_current() {
        // An operation of the same destination is the current span.
        return around;
    }
    let is_own =
        |span: &SpanContext| span.is_valid() && policy.parent_kind(span) == ParentKind::Parent;
    let is_operation = |inner: &Inner| is_own(inner.context.span().span_context());
    let Some(Enclosing { inner }) = Enclosing::innermost(is_operation) else {
        return around;
    };
    let Some(id) = inner.around else {
        return around;
    };
    let current = around.span().span_context().clone();
    match is_own(&current) && current.span_id() != id {
        true => around,
        false => inner.context.clone(),
    }
}
