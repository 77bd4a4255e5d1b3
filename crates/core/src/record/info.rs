//! What is known about a model call apart from its content: the attribute group `spanloom` of a record.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The group `spanloom` of a record's attributes. A field that is not known is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    missing_docs,
    reason = "the fields carry the names of the span attributes they come from"
)]
pub struct CallInfo {
    /// `gen_ai.operation.name`, or the equivalent of another instrumentation's word for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub finish_reasons: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub streamed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<i64>,
    /// The bytes of the request and of the answer that were dropped at a size limit: their content is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_dropped_bytes: Option<u64>,
    /// Whether the content was left out by a rule of sampling.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub content_sampled_out: bool,
    /// Whether the store could not read the call's content, so that only its numbers are left.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub damaged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_source: Option<String>,
    /// Whether request or answer were rebuilt from a span's messages, because the span did not hold the provider's own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rebuilt: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_port: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_response_id: Option<String>,
    /// The conversation's name for people; its id is the record's `thread_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outer_span_id: Option<String>,
}

/// Operations around or between model calls: agents, workflows, tools, memories.
///
/// Source: `gen_ai.operation.name` of the GenAI semantic conventions.
const AROUND: &[&str] = &[
    "create_agent",
    "invoke_agent",
    "invoke_workflow",
    "open_stream",
    "handle_conversation_turn",
    "execute_tool",
    "plan",
    "retrieval",
    "search_memory",
    "create_memory",
    "update_memory",
    "upsert_memory",
    "delete_memory",
    "create_memory_store",
    "delete_memory_store",
];

impl CallInfo {
    /// Name of the group in a record's attributes.
    pub const GROUP: &str = "spanloom";

    pub(crate) fn of(attributes: &Map<String, Value>) -> Self {
        attributes
            .get(Self::GROUP)
            .and_then(|group| Self::deserialize(group).ok())
            .unwrap_or_default()
    }

    /// Returns whether this call itself called a model, rather than through nested calls. A remote agent counts,
    /// because its own calls are not visible here.
    #[must_use]
    pub fn is_model_call(&self) -> bool {
        let around = |operation: &str| AROUND.contains(&operation) && self.server_address.is_none();
        self.operation.as_deref().is_some_and(|it| !around(it))
    }

    /// Returns the model that answered, else the model that was requested.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.response_model
            .as_deref()
            .or(self.request_model.as_deref())
    }
}
