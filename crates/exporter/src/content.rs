//! What of the content a destination gets.

use std::sync::Arc;

use opentelemetry::{KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;
use spanloom_core::content::{ContentPolicy, Place};
use spanloom_core::semconv as names;

/// Attributes that hold somebody's words, and where in a call they stand.
const CONTENT: [(&str, Place); 6] = [
    (names::GEN_AI_INPUT_MESSAGES, Place::InputMessages),
    (names::GEN_AI_OUTPUT_MESSAGES, Place::OutputMessages),
    (names::GEN_AI_SYSTEM_INSTRUCTIONS, Place::SystemInstructions),
    (names::GEN_AI_TOOL_DEFINITIONS, Place::ToolDefinitions),
    (names::SPANLOOM_REQUEST, Place::Request),
    (names::SPANLOOM_RESPONSE, Place::Response),
];

/// What a destination gets of the content that spans carry.
#[derive(Clone, Debug, Default)]
pub(crate) enum DestinationContent {
    /// All of it.
    #[default]
    Whole,
    /// What a policy leaves of it.
    Filtered(Arc<ContentPolicy>),
    /// None.
    Without,
}

impl DestinationContent {
    pub(crate) fn apply(&self, span: &mut SpanData) {
        let place = |attribute: &KeyValue| {
            let named = |(name, _): &&(&str, Place)| *name == attribute.key.as_str();
            CONTENT.iter().find(named).map(|(_, place)| *place)
        };
        match self {
            Self::Whole => {}
            Self::Without => span
                .attributes
                .retain(|attribute| place(attribute).is_none()),
            Self::Filtered(policy) => {
                for attribute in &mut span.attributes {
                    if let Some(place) = place(attribute)
                        && let Value::String(text) = &attribute.value
                    {
                        let filtered = policy.apply(place, text.as_str()).json.into_owned();
                        attribute.value = Value::String(StringValue::from(filtered));
                    }
                }
            }
        }
    }
}
