//! Agents, workflows, tools and retrievals around model calls.
//!
//! An [`Operation`] is a span with the names of the GenAI conventions. What is called inside is its child: calls to models,
//! other operations, in any order, and in spawned tasks by
//! [`in_current_scope`](crate::MonitorAttributesExt::in_current_scope). The conversation, the user and the other monitor
//! attributes of the code around go on it as they go on calls. An operation that is still running when the recorder, or a
//! provider with its [drain](crate::Recorder::drain), shuts down is recorded with the outcome `unknown`.
//!
//! ```
//! # use opentelemetry_sdk::trace::SdkTracerProvider;
//! # use spanloom_instrumentation::{Content, GenAiLayer, Recorder};
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! # let (recorder, provider) = (Recorder::start()?, SdkTracerProvider::default());
//! # async fn forecast(city: &str) -> Result<String, std::io::Error> { Ok(format!("rain in {city}")) }
//! let layer = GenAiLayer::builder(&recorder).with_tracer_provider(&provider).build();
//! let answer = layer.agent("planner").run(async {
//!     // calls to models, and
//!     layer.tool("forecast").call_id("call_1").arguments(r#"{"city":"Bonn"}"#).run(forecast("Bonn")).await
//! }).await?;
//! # drop(answer); Ok(()) }
//! ```
//!
//! | file | what |
//! |---|---|
//! | `kind` | the kinds of operations, and what each may have |
//! | `content` | arguments, results, queries and documents |
//! | `open` | a running operation |
//! | `adapter` | spans of adapters for other protocols |
//! | `tool_call` | the call of a tool in a model's answer |
//! | `guard` | operations in code that is no future |

#[doc(hidden)]
pub mod adapter;
mod content;
mod guard;
mod kind;
mod open;
mod tool_call;

use std::fmt::{self, Display};
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Instant;

use opentelemetry::trace::{
    FutureExt as _, Link, SpanContext, SpanKind, TraceContextExt as _, Tracer as _,
};
use opentelemetry::{Context, KeyValue, Value};
use serde::Serialize;
use spanloom_core::content::Place;
use spanloom_core::semconv as names;

use self::content::Content;
pub use self::guard::OperationGuard;
pub use self::kind::{Agent, OperationKind, Plan, Retrieval, Tool, Workflow};
use self::kind::{Role, Spec};
use self::open::{OpenOperation, ToolFacts};
pub use self::tool_call::ToolCall;
use crate::attributes::MonitorAttributes;
use crate::layer::{AgentRun, Config, Enclosing, GenAiLayer, ParentPolicy, outer_span, parent};
use crate::recorder::Ending;
use crate::span::{of_scopes, starting};

/// Returns whether content is recorded on spans.
pub(crate) fn records_content(config: &Config) -> bool {
    Content::is_recorded(config)
}

/// Returns the parent of a span that starts in `around`, for layers that record spans of another kind: the operation around
/// it, unless a span that the policy knows was entered since.
#[doc(hidden)]
#[must_use]
pub fn parent_of(policy: &dyn ParentPolicy, around: Context) -> Context {
    parent(policy, around)
}

impl GenAiLayer {
    /// Returns one run of an agent, to be run.
    pub fn agent(&self, name: &str) -> Operation<Agent> {
        Operation::new(self, name)
    }

    /// Returns a workflow, to be run.
    pub fn workflow(&self, name: &str) -> Operation<Workflow> {
        Operation::new(self, name)
    }

    /// Returns one call of a tool, to be run.
    pub fn tool(&self, name: &str) -> Operation<Tool> {
        Operation::new(self, name).attribute(names::GEN_AI_TOOL_TYPE, "function")
    }

    /// Returns a search in a data source, to be run.
    pub fn retrieval(&self, data_source: &str) -> Operation<Retrieval> {
        Operation::new(self, data_source)
    }

    /// Returns a plan of the agent around it, to be run.
    pub fn plan(&self) -> Operation<Plan> {
        Operation::new(self, "")
    }
}

/// An operation around model calls that has not begun. See the [module](self).
#[must_use = "nothing is recorded until it is run or entered"]
pub struct Operation<K> {
    /// `None` if nothing is recorded.
    config: Option<Arc<Config>>,
    name: String,
    attributes: Vec<KeyValue>,
    dropped_bytes: usize,
    kind: PhantomData<K>,
}

impl<K: OperationKind> fmt::Debug for Operation<K> {
    /// Omits the attributes: they hold arguments.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("operation", &K::SPEC.operation)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<K: OperationKind> Operation<K> {
    fn new(layer: &GenAiLayer, name: &str) -> Self {
        let config = Arc::clone(layer.config());
        Self {
            name: config.content.policy.text(name).into_owned(),
            config: Some(config),
            ..Self::unrecorded()
        }
    }

    /// Returns an operation that runs and is not recorded, for services whose monitoring is off.
    pub fn unrecorded() -> Self {
        Self {
            config: None,
            name: String::new(),
            attributes: Vec::new(),
            dropped_bytes: 0,
            kind: PhantomData,
        }
    }

    /// Sets an attribute; the last one of a name counts.
    fn attribute(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.attributes
            .retain(|attribute| attribute.key.as_str() != name);
        self.attributes.push(KeyValue::new(name, value));
        self
    }

    fn text(self, name: &'static str, text: &str) -> Self {
        let Some(config) = &self.config else {
            return self;
        };
        let text = config.content.policy.text(text).into_owned();
        self.attribute(name, text)
    }

    fn content(
        mut self,
        name: &'static str,
        place: Place,
        value: &(impl Serialize + ?Sized),
    ) -> Self {
        let Some(config) = &self.config else {
            return self;
        };
        match Content::of(config, place, value) {
            Content::Text(text) => self.attribute(name, text),
            Content::TooLarge(bytes) => {
                self.dropped_bytes += bytes;
                self
            }
            Content::None => self,
        }
    }

    /// Begins the operation for code that is no future; it ends when the guard is dropped. Inside a future use `run`: a
    /// guard that is held across an `await` leaks into other tasks.
    pub fn enter(self) -> OperationGuard<K> {
        OperationGuard::new(self.start())
    }

    /// Runs a future that cannot fail as the operation, which begins with it. If the future is dropped before its end,
    /// `spanloom.outcome` is `cancelled`.
    pub fn run_infallible<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        // On the heap: futures of operations inside each other would double in size with each.
        let (future, made_in) = (Box::pin(future), Context::current());
        async move {
            let Some(Started { mut open, inside }) = self.start_in(made_in) else {
                return future.await;
            };
            let output = future.with_context(inside).await;
            open.finish();
            output
        }
    }

    fn run_with<F, T, E>(
        self,
        future: F,
        succeeded: impl FnOnce(&mut OpenOperation, &T),
    ) -> impl Future<Output = Result<T, E>>
    where
        F: Future<Output = Result<T, E>>,
        E: Display,
    {
        let (future, made_in) = (Box::pin(future), Context::current());
        async move {
            let Some(Started { mut open, inside }) = self.start_in(made_in) else {
                return future.await;
            };
            let result = future.with_context(inside).await;
            match &result {
                Ok(value) => succeeded(&mut open, value),
                Err(error) => open.fail(error),
            }
            open.finish();
            result
        }
    }

    /// Begins where the future is polled, or, if nothing is around it there, as in a spawned task, where it was made.
    fn start_in(self, made_in: Context) -> Option<Started> {
        let has_span = Context::map_current(Context::has_active_span);
        let has_scope = Enclosing::current().is_some() || !MonitorAttributes::current().is_empty();
        let is_bare = !has_span && !has_scope;
        let _made_in = is_bare.then(|| made_in.attach());
        self.start()
    }

    fn start(self) -> Option<Started> {
        let config = self.config?;
        if config.recorder.queue().is_over() {
            return None;
        }
        let around = config.policy.context();
        let enclosing = Enclosing::of(&config.recorder);
        let agent = enclosing.as_ref().and_then(Enclosing::agent).cloned();
        let of_agent = K::SPEC.name == names::GEN_AI_AGENT_NAME;
        let name = match &agent {
            Some(agent) if of_agent && self.name.is_empty() => agent.name.clone(),
            _ => self.name,
        };
        let mut attributes = self.attributes;
        attributes.push(KeyValue::new(
            names::GEN_AI_OPERATION_NAME,
            K::SPEC.operation,
        ));
        if !name.is_empty() {
            attributes.push(KeyValue::new(K::SPEC.name, name.clone()));
        }
        let run = (K::SPEC.role == Role::Agent).then(|| Arc::new(AgentRun::named(&name)));
        if let Some(agent) = agent.as_ref().filter(|_| K::SPEC.role == Role::Tool) {
            agent.count_tool();
            attributes.extend(agent.attribute());
        }
        let ending = Arc::default();
        let beginning = Beginning::of(&K::SPEC, &name, attributes);
        let open = OpenOperation {
            spec: K::SPEC,
            tool: ToolFacts::of(&beginning.attributes),
            run: run.clone(),
            started_at: Instant::now(),
            context: span(&config, &around, beginning, &ending),
            name,
            config,
            attributes: Vec::new(),
            dropped_bytes: self.dropped_bytes,
            failed: None,
            ending,
            is_over: false,
        };
        let inside = open.inside(&around, run.or(agent));
        Some(Started { open, inside })
    }
}

/// A running operation, and the context for what is inside it.
struct Started {
    open: OpenOperation,
    inside: Context,
}

/// What a span begins with.
struct Beginning {
    title: String,
    kind: SpanKind,
    attributes: Vec<KeyValue>,
    links: Vec<Link>,
    remote_parent: Option<SpanContext>,
}

impl Beginning {
    fn of(spec: &Spec, name: &str, attributes: Vec<KeyValue>) -> Self {
        Self {
            title: match name {
                "" => spec.operation.to_owned(),
                name => [spec.operation, " ", name].concat(),
            },
            kind: spec.span_kind.clone(),
            attributes,
            links: Vec::new(),
            remote_parent: None,
        }
    }
}

/// Starts a span as a child of its remote parent, else of the operation or span around it, and returns its context.
fn span(
    config: &Arc<Config>,
    around: &Context,
    beginning: Beginning,
    ending: &Arc<Ending>,
) -> Context {
    let mut attributes = beginning.attributes;
    let scopes = MonitorAttributes::current();
    let merged = scopes.merged().over(&config.attributes);
    attributes.extend(of_scopes(&config.content, &merged));
    let parent = match beginning.remote_parent {
        Some(remote) => around.with_remote_span_context(remote),
        None => {
            let parent = parent(&*config.policy, around.clone());
            attributes.extend(outer_span(&*config.policy, &parent));
            parent
        }
    };
    let builder = config
        .tracer
        .span_builder(beginning.title)
        .with_kind(beginning.kind)
        .with_links(beginning.links)
        .with_attributes(attributes);
    let span = starting(|| config.tracer.build_with_context(builder, &parent));
    // What is inside a current span keeps what the context around it has.
    let base = match config.policy.makes_current() {
        true => Context::current(),
        false => parent,
    };
    let context = base.with_span(span);
    config.recorder.queue().operation_began(&context, ending);
    context
}

/// A kind whose output is not recorded.
pub trait WithoutResult: OperationKind {}

impl WithoutResult for Agent {}
impl WithoutResult for Workflow {}
impl WithoutResult for Retrieval {}
impl WithoutResult for Plan {}

impl<K: WithoutResult> Operation<K> {
    /// Runs a future as the operation, which begins and ends with it. An error is the operation's: `error.type`
    /// is the name of its type, and the span's status has its text, with secrets masked. If the future is dropped before
    /// its end, `spanloom.outcome` is `cancelled`.
    ///
    /// # Errors
    /// Those of the future.
    pub fn run<F, T, E>(self, future: F) -> impl Future<Output = Result<T, E>>
    where
        F: Future<Output = Result<T, E>>,
        E: Display,
    {
        self.run_with(future, |_, _| {})
    }
}

impl Operation<Tool> {
    /// Runs a future as the call of the tool, as other operations run theirs, and records its result, if content is
    /// recorded.
    ///
    /// # Errors
    /// Those of the future.
    pub fn run<F, T, E>(self, future: F) -> impl Future<Output = Result<T, E>>
    where
        F: Future<Output = Result<T, E>>,
        T: Serialize,
        E: Display,
    {
        self.run_with(future, |open, result| {
            open.content(
                names::GEN_AI_TOOL_CALL_RESULT,
                Place::ToolCallResult,
                result,
            );
        })
    }
}
