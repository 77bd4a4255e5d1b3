//! The kinds of operations, and what each may have.
//!
//! Source: GenAI semantic conventions, `gen_ai.{invoke_agent,invoke_workflow,execute_tool,plan}.internal` and
//! `gen_ai.retrieval.client`.

use opentelemetry::trace::SpanKind;
use serde::Serialize;
use spanloom_core::content::Place;
use spanloom_core::semconv as names;

use super::Operation;

/// A kind of operation: [`Agent`], [`Workflow`], [`Tool`], [`Retrieval`] or [`Plan`].
pub trait OperationKind: sealed::Sealed {
    #[doc(hidden)]
    const SPEC: Spec;
}

mod sealed {
    pub trait Sealed {}
}

/// The convention's rules for a kind.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Spec {
    pub(super) operation: &'static str,
    /// The attribute that holds the operation's name.
    pub(super) name: &'static str,
    pub(super) span_kind: SpanKind,
    pub(super) role: Role,
}

/// What an operation is for the agent around it and for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Agent,
    Workflow,
    Tool,
    Other,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $operation:literal, $name:expr, $span_kind:ident, $role:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub enum $kind {}

            impl sealed::Sealed for $kind {}

            impl OperationKind for $kind {
                const SPEC: Spec = Spec {
                    operation: $operation,
                    name: $name,
                    span_kind: SpanKind::$span_kind,
                    role: Role::$role,
                };
            }
        )*
    };
}

kinds! {
    /// One run of an agent in this process: span `invoke_agent {name}`.
    Agent: "invoke_agent", names::GEN_AI_AGENT_NAME, Internal, Agent;
    /// A process of several agents or steps: span `invoke_workflow {name}`.
    Workflow: "invoke_workflow", names::GEN_AI_WORKFLOW_NAME, Internal, Workflow;
    /// One call of a tool that this process runs: span `execute_tool {name}`.
    Tool: "execute_tool", names::GEN_AI_TOOL_NAME, Internal, Tool;
    /// A search for documents: span `retrieval {data source}`.
    Retrieval: "retrieval", names::GEN_AI_DATA_SOURCE_ID, Client, Other;
    /// The step in which an agent decides what to do: span `plan {agent}`.
    Plan: "plan", names::GEN_AI_AGENT_NAME, Internal, Other;
}

impl Operation<Agent> {
    /// Sets `gen_ai.agent.id`.
    pub fn id(self, id: &str) -> Self {
        self.text(names::GEN_AI_AGENT_ID, id)
    }

    /// Sets `gen_ai.agent.description`.
    pub fn description(self, description: &str) -> Self {
        self.text(names::GEN_AI_AGENT_DESCRIPTION, description)
    }

    /// Sets `gen_ai.agent.version`.
    pub fn version(self, version: &str) -> Self {
        self.text(names::GEN_AI_AGENT_VERSION, version)
    }

    /// Sets `gen_ai.request.model`, for an agent with exactly one model.
    pub fn model(self, model: &str) -> Self {
        self.text(names::GEN_AI_REQUEST_MODEL, model)
    }
}

impl Operation<Tool> {
    /// Sets `gen_ai.tool.call.id`: the id of the tool call in the model's answer.
    pub fn call_id(self, id: &str) -> Self {
        self.text(names::GEN_AI_TOOL_CALL_ID, id)
    }

    /// Sets `gen_ai.tool.description`.
    pub fn description(self, description: &str) -> Self {
        self.text(names::GEN_AI_TOOL_DESCRIPTION, description)
    }

    /// Sets `gen_ai.tool.type`: `function` (the default), `extension` or `datastore`.
    pub fn tool_type(self, kind: &str) -> Self {
        self.text(names::GEN_AI_TOOL_TYPE, kind)
    }

    /// Records the arguments, if content is recorded: a value, or a text with JSON as it is in the model's answer.
    pub fn arguments(self, arguments: &(impl Serialize + ?Sized)) -> Self {
        self.content(
            names::GEN_AI_TOOL_CALL_ARGUMENTS,
            Place::ToolCallArguments,
            arguments,
        )
    }
}

impl Operation<Retrieval> {
    /// Sets `gen_ai.retrieval.top_k`: the most documents that are asked for.
    pub fn top_k(self, documents: u32) -> Self {
        self.attribute(names::GEN_AI_RETRIEVAL_TOP_K, i64::from(documents))
    }

    /// Sets `gen_ai.request.model`: the model that embeds the query.
    pub fn model(self, model: &str) -> Self {
        self.text(names::GEN_AI_REQUEST_MODEL, model)
    }

    /// Records the text that is searched for, if content is recorded.
    pub fn query(self, query: &str) -> Self {
        self.content(
            names::GEN_AI_RETRIEVAL_QUERY_TEXT,
            Place::RetrievalQuery,
            query,
        )
    }
}
