//! A running operation: its span, from start to end.

use std::any::type_name;
use std::fmt::Display;
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
    pub(super) ended: bool,
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
        context.with_value(Enclosing::new(&self.config, own, around, agent))
    }

    /// Records content under the policy, if content is recorded.
    pub(super) fn content(
        &self,
        name: &'static str,
        place: Place,
        value: &(impl Serialize + ?Sized),
    ) {
        let attribute = match Content::of(&self.config, place, value) {
            Content::Text(text) => KeyValue::new(name, text),
            Content::TooLarge(bytes) => {
                let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
                KeyValue::new(names::SPANLOOM_CONTENT_DROPPED_BYTES, bytes)
            }
            Content::None => return,
        };
        self.context.span().set_attribute(attribute);
    }

    pub(super) fn complete(&mut self) {
        self.end(Outcome::Completed, None);
    }

    pub(super) fn fail<E: Display + ?Sized>(&mut self, error: &E) {
        let message = error.to_string();
        let policy = &self.config.content.policy;
        let status = Status::error(policy.text(&message).into_owned());
        self.context.span().set_status(status);
        self.end(Outcome::Error, Some(type_name::<E>()));
    }

    fn end(&mut self, outcome: Outcome, error: Option<&'static str>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        self.config.recorder.queue().operation_ended(&self.context);
        let span = self.context.span();
        if let Some(kind) = error {
            span.set_attribute(KeyValue::new(names::ERROR_TYPE, kind));
        }
        span.set_attribute(KeyValue::new(names::SPANLOOM_OUTCOME, outcome.as_str()));
        span.end();
        self.measure(error);
    }

    fn measure(&self, error: Option<&'static str>) {
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
        self.end(Outcome::Cancelled, None);
    }
}
