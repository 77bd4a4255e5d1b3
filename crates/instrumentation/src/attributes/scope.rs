//! Entering attributes: on a thread, in a future, in a spawned task.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll};

use opentelemetry::{Context, ContextGuard};
use pin_project_lite::pin_project;
use tracing::Span;

use super::MonitorAttributes;

impl MonitorAttributes {
    /// Enters these attributes on this thread until the guard is dropped, inside the attributes already in force.
    ///
    /// Use this in synchronous code and in the closure of a `spawn_blocking`; across `await`, use
    /// [`MonitorAttributesExt::monitor_attributes`] on the future.
    pub fn enter(self) -> AttributesGuard {
        AttributesGuard {
            _guard: self.in_context().attach(),
        }
    }

    fn in_context(self) -> Context {
        let scopes = self.over(&Self::current());
        Context::map_current(|context| context.with_value(scopes))
    }
}

/// A guard that keeps monitor attributes in force on the thread that entered them.
#[must_use = "the attributes are in force until this guard is dropped"]
#[derive(Debug)]
pub struct AttributesGuard {
    _guard: ContextGuard,
}

/// An extension trait that adds monitor attributes to the calls in a future.
pub trait MonitorAttributesExt: Future + Sized {
    /// Records `attributes` on every call made in this future, nested in the scopes around it: JSON, a
    /// [`Prompt`](crate::Prompt), or [`MonitorAttributes`] with a conversation, a user and more.
    ///
    /// ```no_run
    /// use async_openai::types::chat::CreateChatCompletionRequest;
    /// use serde_json::json;
    /// use spanloom_instrumentation::{MonitorAttributes, MonitorAttributesExt as _};
    ///
    /// # async fn f(client: async_openai::Client<async_openai::config::OpenAIConfig>, request: CreateChatCompletionRequest)
    /// # -> Result<(), async_openai::error::OpenAIError> {
    /// let chat = client.chat();
    /// let answer = chat.create(request.clone()).monitor_attributes(json!({"experiment": "b"})).await?;
    /// let attributes = MonitorAttributes::default().conversation("c-42").user("u-7");
    /// let answer = chat.create(request).monitor_attributes(attributes).await?;
    /// # drop(answer); Ok(()) }
    /// ```
    fn monitor_attributes(
        self,
        attributes: impl Into<MonitorAttributes>,
    ) -> WithMonitorAttributes<Self> {
        WithMonitorAttributes {
            future: self,
            attributes: attributes.into(),
        }
    }

    /// Carries the current scope into a spawned task: attributes, the active OpenTelemetry span and the current
    /// `tracing` span, which stays open as long as the future lives.
    ///
    /// ```
    /// use serde_json::json;
    /// use spanloom_instrumentation::{MonitorAttributes, MonitorAttributesExt as _};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let _scope = MonitorAttributes::new(json!({"job": 7})).enter();
    /// let task = tokio::spawn(async { MonitorAttributes::current().is_empty() }.in_current_scope());
    /// assert_eq!(task.await.unwrap(), false);
    /// # }
    /// ```
    fn in_current_scope(self) -> InScope<Self> {
        InScope {
            future: self,
            context: Context::current(),
            span: Span::current(),
        }
    }
}

impl<F: Future> MonitorAttributesExt for F {}

pin_project! {
    /// A future with monitor attributes; created by [`MonitorAttributesExt::monitor_attributes`].
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
        // The attributes are entered on each poll, inside the current context: the active span may have changed.
        let _guard = this.attributes.clone().enter();
        this.future.poll(cx)
    }
}

pin_project! {
    /// A future that runs in the scope of its creation; created by [`MonitorAttributesExt::in_current_scope`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct InScope<F> {
        #[pin]
        future: F,
        context: Context,
        span: Span,
    }
}

impl<F: Future> Future for InScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        // The context is attached second: entering a span may attach the span's own context, without the attributes.
        let _span = this.span.enter();
        let _context = this.context.clone().attach();
        this.future.poll(cx)
    }
}
