//! Attributes of the user's own, for one call or for everything inside a scope.
//!
//! They ride on the OpenTelemetry context of the task that makes the call, as a value beside the active span: no
//! header is sent, no request is changed, and the same works for every client.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};

use opentelemetry::{Context, ContextGuard};
use pin_project_lite::pin_project;
use serde_json::{Map, Value};

/// A set of monitor attributes: one JSON object. Cloning is cheap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MonitorAttributes(Arc<Map<String, Value>>);

impl MonitorAttributes {
    /// Takes an object as it is; any other JSON stands under the key `value`, `null` is nothing.
    #[must_use]
    pub fn new(attributes: Value) -> Self {
        let map = match attributes {
            Value::Object(map) => map,
            Value::Null => Map::new(),
            value => Map::from_iter([("value".to_owned(), value)]),
        };
        Self(Arc::new(map))
    }

    /// Those in force on this thread, outer scopes first, inner ones winning.
    #[must_use]
    pub fn current() -> Self {
        Context::map_current(|context| context.get::<Self>().cloned()).unwrap_or_default()
    }

    /// Puts them in force on this thread until the guard is dropped, on top of those already in force.
    ///
    /// For synchronous code; across `await` use [`MonitorAttributesExt::monitor_attributes`] on the future.
    pub fn enter(self) -> AttributesGuard {
        let merged = self.over(&Self::current());
        AttributesGuard {
            _guard: Context::map_current(|context| context.with_value(merged)).attach(),
        }
    }

    /// These on top of `outer`: keys are replaced, not merged in depth.
    #[must_use]
    pub fn over(self, outer: &Self) -> Self {
        if outer.0.is_empty() {
            return self;
        }
        if self.0.is_empty() {
            return outer.clone();
        }
        let mut map = (*outer.0).clone();
        map.extend(
            self.0
                .iter()
                .map(|(key, value)| (key.clone(), value.clone())),
        );
        Self(Arc::new(map))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As JSON text; `None` when there are none.
    pub(crate) fn to_json(&self) -> Option<String> {
        (!self.is_empty())
            .then(|| serde_json::to_string(&*self.0).ok())
            .flatten()
    }
}

/// Keeps monitor attributes in force on the thread that entered them.
#[must_use = "the attributes are in force until this guard is dropped"]
#[derive(Debug)]
pub struct AttributesGuard {
    _guard: ContextGuard,
}

/// Adds monitor attributes to whatever a future does.
pub trait MonitorAttributesExt: Future + Sized {
    /// Records `attributes` on every call made inside this future, on top of those of the scopes around it.
    ///
    /// ```no_run
    /// use async_openai::types::chat::CreateChatCompletionRequest;
    /// use serde_json::json;
    /// use spanloom_instrumentation::MonitorAttributesExt as _;
    ///
    /// # async fn f(client: async_openai::Client<async_openai::config::OpenAIConfig>, request: CreateChatCompletionRequest)
    /// # -> Result<(), async_openai::error::OpenAIError> {
    /// let answer = client.chat().create(request).monitor_attributes(json!({"tenant": "acme"})).await?;
    /// # drop(answer); Ok(()) }
    /// ```
    fn monitor_attributes(self, attributes: Value) -> WithMonitorAttributes<Self> {
        WithMonitorAttributes {
            future: self,
            attributes: MonitorAttributes::new(attributes),
        }
    }
}

impl<F: Future> MonitorAttributesExt for F {}

pin_project! {
    /// A future with monitor attributes; made by [`MonitorAttributesExt::monitor_attributes`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct WithMonitorAttributes<F> {
        #[pin]
        future: F,
        attributes: MonitorAttributes,
    }
}

impl<F: Future> Future for WithMonitorAttributes<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        // Entered anew at each poll, on top of what is current then: the active span may have changed in between.
        let _guard = this.attributes.clone().enter();
        this.future.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scopes_nest_and_the_inner_wins() {
        let outer = MonitorAttributes::new(json!({"a": 1, "b": 1})).enter();
        {
            let _inner = MonitorAttributes::new(json!({"b": 2})).enter();
            assert_eq!(
                MonitorAttributes::current(),
                MonitorAttributes::new(json!({"a": 1, "b": 2}))
            );
        }
        assert_eq!(
            MonitorAttributes::current(),
            MonitorAttributes::new(json!({"a": 1, "b": 1}))
        );
        drop(outer);
        assert!(MonitorAttributes::current().is_empty());
    }

    #[test]
    fn any_json_shape_is_taken() {
        assert_eq!(
            MonitorAttributes::new(json!([1])).to_json().as_deref(),
            Some(r#"{"value":[1]}"#)
        );
        assert_eq!(MonitorAttributes::new(Value::Null).to_json(), None);
    }
}
