//! A running operation: its span, from start to end.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use serde::Serialize;
use spanloom_core::content::Place;
use spanloom_core::{Outcome, semconv as names};

use super::content::Content;
use super::kind::{Role, Spec};
use crate::layer::{AgentRun, Config, Enclosing};
use crate::recorder::{Ending, Failure};
use crate::span::SpanEnd;

/// A running operation. Dropping it ends it: one that is dropped early was abandoned.
#[derive(Debug)]
pub(super) struct OpenOperation {
    pub(super) config: Arc<Config>,
    pub(super) spec: Spec,
    pub(super) name: String,
    pub(super) tool: ToolFacts,
    /// The context with the operation's span.
    pub(super) context: Context,
    pub(super) started_at: Instant,
    /// The run, if the operation is an agent.
    pub(super) run: Option<Arc<AgentRun>>,
    /// What is added when the operation ends.
    pub(super) attributes: Vec<KeyValue>,
    pub(super) dropped_bytes: usize,
    pub(super) failed: Option<Failure>,
    pub(super) ending: Arc<Ending>,
    /// Whether its owner has ended it.
    pub(super) is_over: bool,
}

/// The attributes of a tool's metric besides its name.
#[derive(Debug, Default)]
pub(super) struct ToolFacts(Vec<KeyValue>);

impl ToolFacts {
    pub(super) fn of(attributes: &[KeyValue]) -> Self {
        const NAMES: [&str; 2] = [names::GEN_AI_TOOL_TYPE, names::GEN_AI_AGENT_NAME];
        let facts = attributes.iter();
        let facts = facts.filter(|attribute| NAMES.contains(&attribute.key.as_str()));
        Self(facts.cloned().collect())
    }
}

impl OpenOperation {
    /// Returns the context for what is inside, with the agent whose run that is.
    pub(super) fn inside(&self, around: &Context, agent: Option<Arc<AgentRun>>) -> Context {
        let (context, around) = match self.config.policy.makes_current() {
            true => (self.context.clone(), None),
            false => {
                let around = around.span().span_context().span_id();
                (Context::current(), Some(around))
            }
        };
        let own = self.context.clone();
        let ended = Arc::clone(&self.ending);
        let tool = (self.spec.role == Role::Tool).then(|| self.name.clone());
        let enclosing = Enclosing::new(&self.config, own, around, agent, ended, tool);
        context.with_value(enclosing)
    }

    /// Records content under the policy, if content is recorded. The last one of a name counts.
    pub(super) fn content(
        &mut self,
        name: &'static str,
        place: Place,
        value: &(impl Serialize + ?Sized),
    ) {
        if !self.context.span().is_recording() {
            return;
        }
        match Content::of(&self.config, place, value) {
            Content::Text(text) => {
                self.attributes.retain(|it| it.key.as_str() != name);
                self.attributes.push(KeyValue::new(name, text));
            }
            Content::TooLarge(bytes) => self.dropped_bytes += bytes,
            Content::None => {}
        }
    }

    /// Notes the error with which the operation will end.
    pub(super) fn fail<E: Display + ?Sized>(&mut self, error: &E) {
        // A panic of the user's code must not become one of ours.
        let text = catch_unwind(AssertUnwindSafe(|| error.to_string()));
        let text = text.unwrap_or_else(|_| "the text of the error panicked".to_owned());
        self.fail_as(type_of::<E>().into(), &text);
    }

    pub(super) fn fail_as(&mut self, kind: Cow<'static, str>, message: &str) {
        let message = self.config.content.policy.text(message).into_owned();
        let attributes = Vec::new();
        self.failed = Some(Failure {
            kind,
            message,
            attributes,
        });
    }

    /// Ends the operation: completed, unless it has failed.
    pub(super) fn finish(&mut self) {
        self.end(Outcome::Completed);
    }

    fn end(&mut self, otherwise: Outcome) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let queue = self.config.recorder.queue();
        queue.operation_ended(&self.context);
        let failure = self.ending.take_noted().or_else(|| self.failed.take());
        let (kind, outcome, status, more) = match failure {
            Some(it) => (
                Some(it.kind),
                Outcome::Error,
                Status::error(it.message),
                it.attributes,
            ),
            None => (None, otherwise, Status::Unset, Vec::new()),
        };
        let mut attributes = std::mem::take(&mut self.attributes);
        attributes.extend(more);
        if self.dropped_bytes > 0 {
            let bytes = i64::try_from(self.dropped_bytes).unwrap_or(i64::MAX);
            attributes.push(KeyValue::new(names::SPANLOOM_CONTENT_DROPPED_BYTES, bytes));
        }
        attributes.extend(
            kind.clone()
                .map(|kind| KeyValue::new(names::ERROR_TYPE, kind)),
        );
        attributes.push(KeyValue::new(names::SPANLOOM_OUTCOME, outcome.as_str()));
        // The end of the recording may have ended the span.
        if self.ending.claim() {
            queue.finish(SpanEnd::now(attributes, status), &self.context.span());
        }
        self.measure(kind);
    }

    fn measure(&self, error: Option<Cow<'static, str>>) {
        let Some(instruments) = &self.config.instruments else {
            return;
        };
        let instruments = instruments.operations();
        let elapsed = self.started_at.elapsed();
        let mut attributes = Vec::with_capacity(4);
        if !self.name.is_empty() {
            attributes.push(KeyValue::new(self.spec.name, self.name.clone()));
        }
        if let Some(run) = &self.run {
            instruments.agent_called(run.counts(), &attributes);
        }
        attributes.extend(error.map(|kind| KeyValue::new(names::ERROR_TYPE, kind)));
        match self.spec.role {
            Role::Agent => instruments.agent_ended(elapsed, &attributes),
            Role::Workflow => instruments.workflow_ended(elapsed, &attributes),
            Role::Tool => {
                attributes.extend(self.tool.0.iter().cloned());
                instruments.tool_ended(elapsed, &attributes);
            }
            Role::Other => {}
        }
    }
}

impl Drop for OpenOperation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.fail_as("panic".into(), "the operation panicked");
        }
        self.end(Outcome::Cancelled);
    }
}

/// Returns `error.type` for errors of a type: its name, or the convention's word for a text.
fn type_of<E: ?Sized>() -> &'static str {
    let name = type_name::<E>();
    match name.trim_start_matches('&') {
        "str" | "alloc::string::String" => "_OTHER",
        _ => name,
    }
}
