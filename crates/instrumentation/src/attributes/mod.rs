//! Data a service attaches to calls: attributes of any shape, conversation, user, session, tenant and prompt template.
//!
//! The data is a value in the OpenTelemetry context of the task that makes the call, next to the active span: no header
//! is sent, no request is changed, and every client works the same way. Scopes are linked, not merged: the recorder
//! merges them, once per call.
//!
//! | file | contents |
//! |---|---|
//! | `scope` | entering attributes: on a thread, in a future, in a spawned task |
//! | `scope_chain` | the list of scopes |
//! | `merge` | merging nested scopes into one object, within limits |

mod merge;
mod scope;
mod scope_chain;

use std::sync::Arc;

pub(crate) use merge::Merged;
use opentelemetry::Context;
use opentelemetry::trace::SpanContext;
pub use scope::{AttributesGuard, InScope, MonitorAttributesExt, WithMonitorAttributes};
use scope_chain::Scope;
use serde_json::{Map, Value};

use crate::prompt::Prompt;
use crate::recorded_call::RecordedCall;

/// Attribute with a prompt's template.
const PROMPT_TEMPLATE: &str = "prompt_template";
/// Attribute with a prompt's variables.
const PARAMS: &str = "params";

/// Attributes of the calls made in a scope. Cloning is cheap.
///
/// Scopes nest, and the inner scope wins: attribute keys are replaced, not merged deeply. The recorder's thread
/// enforces limits with a mark and never with an error: 64 KiB of JSON, 128 keys at the root, 64 levels, 16 KiB per
/// text. A truncated text is marked with its length; `spanloom_truncated` counts the values that were left out. Any key
/// is valid; `spanloom`, `otel` and `stream` are reserved in a record, where the user's keys get an underscore
/// (`stream_`). An empty identifier counts as unset.
///
/// ```
/// use serde_json::json;
/// use spanloom_instrumentation::MonitorAttributes;
///
/// let attributes = MonitorAttributes::new(json!({"experiment": "b"})).conversation("c-42").user("u-7").tenant("acme");
/// let _scope = attributes.enter(); // until the end of this block
/// ```
#[derive(Clone, Debug, Default)]
pub struct MonitorAttributes {
    scope: Option<Arc<Scope>>,
}

/// The attributes of one scope.
#[derive(Debug, Default)]
struct ScopeAttributes {
    attributes: Map<String, Value>,
    conversation: Option<Arc<str>>,
    conversation_name: Option<Arc<str>>,
    user: Option<Arc<str>>,
    session: Option<Arc<str>>,
    tenant: Option<Arc<str>>,
    prompt: Option<Prompt>,
    recorded_as: Option<RecordedCall>,
}

impl MonitorAttributes {
    /// Creates attributes from an object; any other JSON is stored under the key `value`, and `null` is empty.
    #[must_use]
    pub fn new(attributes: Value) -> Self {
        let attributes = match attributes {
            Value::Object(map) => map,
            Value::Null => Map::new(),
            value => Map::from_iter([("value".to_owned(), value)]),
        };
        Self::default().update(|scope| scope.attributes = attributes)
    }

    /// Sets the conversation or thread of the calls: `gen_ai.conversation.id`, `thread_id` in a record. It overrides a
    /// conversation that the request names.
    #[must_use]
    pub fn conversation(self, id: impl Into<Arc<str>>) -> Self {
        self.update(|scope| scope.conversation = self::id(id))
    }

    /// Sets the name of the conversation for people, such as its title: `spanloom.conversation.name`, attribute
    /// `spanloom.conversation_name` in a record. Where an inner scope has another conversation, the name stays with the
    /// outer one.
    #[must_use]
    pub fn conversation_name(self, name: impl Into<Arc<str>>) -> Self {
        self.update(|scope| scope.conversation_name = id(name))
    }

    /// Sets the user that the calls are made for: `user.id`, `wb_user_id` in a record.
    #[must_use]
    pub fn user(self, id: impl Into<Arc<str>>) -> Self {
        self.update(|scope| scope.user = self::id(id))
    }

    /// Sets the session of the calls: `session.id`, attribute `session` in a record, and its `thread_id` if no
    /// conversation is known.
    #[must_use]
    pub fn session(self, id: impl Into<Arc<str>>) -> Self {
        self.update(|scope| scope.session = self::id(id))
    }

    /// Sets the tenant that the calls are made for: `spanloom.tenant`, since the conventions have no name for it;
    /// attribute `tenant` in a record.
    #[must_use]
    pub fn tenant(self, id: impl Into<Arc<str>>) -> Self {
        self.update(|scope| scope.tenant = self::id(id))
    }

    /// Sets the prompt template of the calls; see [`Prompt`] for the recorded data.
    #[must_use]
    pub fn prompt(self, prompt: &Prompt) -> Self {
        self.update(|scope| scope.prompt = Some(prompt.clone()))
    }

    /// Has `call` name the call that is made in this scope, so that it can be [evaluated](crate::GenAiLayer::evaluate).
    #[must_use]
    pub fn recorded_as(self, call: &RecordedCall) -> Self {
        self.update(|scope| scope.recorded_as = Some(call.clone()))
    }

    /// Names the call that starts now with this span.
    pub(crate) fn name_call(&self, span: &SpanContext) {
        let mut scopes = self.scopes();
        if let Some(call) = scopes.find_map(|scope| scope.recorded_as.as_ref()) {
            call.set(span);
        }
    }

    /// Returns the attributes in force on this thread.
    #[must_use]
    pub fn current() -> Self {
        Context::map_current(|context| context.get::<Self>().cloned()).unwrap_or_default()
    }

    /// Nests these attributes inside `outer`: where both have a value, the inner one wins.
    #[must_use]
    pub fn over(self, outer: &Self) -> Self {
        let scope = match (self.scope, &outer.scope) {
            (Some(inner), Some(outer)) => Some(Scope::over(&inner, outer)),
            (inner, outer) => inner.or_else(|| outer.clone()),
        };
        Self { scope }
    }

    /// Returns whether there are no attributes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.merged().is_empty()
    }

    fn update(self, change: impl FnOnce(&mut ScopeAttributes)) -> Self {
        let scope = Scope::update(self.scope.unwrap_or_default(), change);
        Self { scope: Some(scope) }
    }

    /// Returns the attributes of each scope, innermost first.
    fn scopes(&self) -> impl Iterator<Item = &ScopeAttributes> {
        self.scope.iter().flat_map(|scope| scope.layers())
    }
}

impl ScopeAttributes {
    /// Overrides these attributes with those of an inner scope.
    fn take_over(&mut self, inner: &Self) {
        if inner.conversation.is_some() || inner.conversation_name.is_some() {
            self.conversation_name.clone_from(&inner.conversation_name);
        }
        let ids = [
            (&mut self.conversation, &inner.conversation),
            (&mut self.user, &inner.user),
            (&mut self.session, &inner.session),
            (&mut self.tenant, &inner.tenant),
        ];
        for (id, inner) in ids {
            *id = inner.clone().or(id.take());
        }
        if let Some(prompt) = &inner.prompt {
            // In the inner scope these keys come from the prompt.
            for key in [PROMPT_TEMPLATE, PARAMS] {
                self.attributes.remove(key);
            }
            self.prompt = Some(prompt.clone());
        }
        let attributes = inner.attributes.iter();
        let attributes = attributes.map(|(key, value)| (key.clone(), value.clone()));
        self.attributes.extend(attributes);
    }
}

/// Returns an identifier, or `None` for the empty text.
fn id(id: impl Into<Arc<str>>) -> Option<Arc<str>> {
    Some(id.into()).filter(|id| !id.is_empty())
}

impl From<Value> for MonitorAttributes {
    fn from(attributes: Value) -> Self {
        Self::new(attributes)
    }
}

impl From<&Prompt> for MonitorAttributes {
    fn from(prompt: &Prompt) -> Self {
        Self::default().prompt(prompt)
    }
}
