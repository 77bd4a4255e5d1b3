//! What the user says of calls: attributes of any shape, conversation, user, session and tenant, the prompt's template.
//!
//! It rides on the OpenTelemetry context of the task that makes the call, as a value beside the active span: no header
//! is sent, no request is changed, and the same works for every client. Scopes are linked, not merged: that is done by
//! the recorder, once per call.
//!
//! | file | what |
//! |---|---|
//! | `scope` | putting them in force: on a thread, in a future, in a spawned task |
//! | `merge` | one object out of nested scopes, within limits |

mod merge;
mod scope;

use std::sync::Arc;

pub(crate) use merge::Merged;
use opentelemetry::Context;
pub use scope::{AttributesGuard, InScope, MonitorAttributesExt, WithMonitorAttributes};
use serde_json::{Map, Value};

use crate::prompt::Prompt;

/// What is said of the calls made in a scope. Cloning is cheap.
///
/// Scopes nest, and the inner one wins: keys of the attributes are replaced, not merged in depth. Limits are kept on the
/// recorder's thread, with a mark and never with an error: 64 KiB of JSON, 128 keys at the root, 64 levels, 16 KiB per
/// text. What is cut says so and gives its length; how many values were left out stands under `spanloom_truncated`.
///
/// ```
/// use serde_json::json;
/// use spanloom_instrumentation::MonitorAttributes;
///
/// let said = MonitorAttributes::new(json!({"experiment": "b"})).conversation("c-42").user("u-7").tenant("acme");
/// let _scope = said.enter(); // until the end of this block
/// ```
#[derive(Clone, Debug, Default)]
pub struct MonitorAttributes {
    scope: Option<Arc<Scope>>,
}

/// One scope, inside another.
#[derive(Debug, Default)]
struct Scope {
    said: Arc<Said>,
    outer: Option<Arc<Scope>>,
}

/// What one scope says itself.
#[derive(Clone, Debug, Default)]
struct Said {
    attributes: Map<String, Value>,
    conversation: Option<Arc<str>>,
    user: Option<Arc<str>>,
    session: Option<Arc<str>>,
    tenant: Option<Arc<str>>,
    prompt: Option<Prompt>,
}

impl MonitorAttributes {
    /// Takes an object as it is; any other JSON stands under the key `value`, `null` is nothing.
    #[must_use]
    pub fn new(attributes: Value) -> Self {
        let attributes = match attributes {
            Value::Object(map) => map,
            Value::Null => Map::new(),
            value => Map::from_iter([("value".to_owned(), value)]),
        };
        Self::default().say(|said| said.attributes = attributes)
    }

    /// The conversation or thread the calls belong to: `gen_ai.conversation.id`, `thread_id` of a record. Goes before
    /// one the request names itself.
    #[must_use]
    pub fn conversation(self, id: impl Into<Arc<str>>) -> Self {
        self.say(|said| said.conversation = Some(id.into()))
    }

    /// The user the calls are made for: `user.id`, `wb_user_id` of a record.
    #[must_use]
    pub fn user(self, id: impl Into<Arc<str>>) -> Self {
        self.say(|said| said.user = Some(id.into()))
    }

    /// The session they are made in: `session.id`.
    #[must_use]
    pub fn session(self, id: impl Into<Arc<str>>) -> Self {
        self.say(|said| said.session = Some(id.into()))
    }

    /// The tenant they are made for: `spanloom.tenant`, since the conventions have no name for it; attribute `tenant` of
    /// a record.
    #[must_use]
    pub fn tenant(self, id: impl Into<Arc<str>>) -> Self {
        self.say(|said| said.tenant = Some(id.into()))
    }

    /// The template they were prompted with; see [`Prompt`] for what is recorded of it.
    #[must_use]
    pub fn prompt(self, prompt: &Prompt) -> Self {
        self.say(|said| said.prompt = Some(prompt.clone()))
    }

    /// Those in force on this thread.
    #[must_use]
    pub fn current() -> Self {
        Context::map_current(|context| context.get::<Self>().cloned()).unwrap_or_default()
    }

    /// These inside `outer`.
    #[must_use]
    pub fn over(self, outer: &Self) -> Self {
        match (&self.scope, &outer.scope) {
            (_, None) => self,
            (None, _) => outer.clone(),
            (Some(inner), Some(_)) => {
                // Usually one scope; one that was itself put together is linked anew.
                let rest = Self {
                    scope: inner.outer.clone(),
                };
                let scope = Scope {
                    said: Arc::clone(&inner.said),
                    outer: rest.over(outer).scope,
                };
                Self {
                    scope: Some(Arc::new(scope)),
                }
            }
        }
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.merged().is_empty()
    }

    fn say(self, change: impl FnOnce(&mut Said)) -> Self {
        let (said, outer) = match self.scope {
            Some(scope) => (Arc::clone(&scope.said), scope.outer.clone()),
            None => Default::default(),
        };
        let mut said = Arc::unwrap_or_clone(said);
        change(&mut said);
        let scope = Scope {
            said: Arc::new(said),
            outer,
        };
        Self {
            scope: Some(Arc::new(scope)),
        }
    }

    /// What each scope says, the innermost first.
    fn scopes(&self) -> impl Iterator<Item = &Said> {
        let first = self.scope.as_deref();
        std::iter::successors(first, |scope| scope.outer.as_deref()).map(|scope| &*scope.said)
    }
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
