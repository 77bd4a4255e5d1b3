//! The content of a call and the user's additions to it, filtered by the content policy.

use std::sync::Arc;

use opentelemetry::{KeyValue, StringValue};
use serde_json::{Map, Value};
use spanloom_core::content::Place;
use spanloom_core::{message, openai, semconv as names};

use super::call_attributes::Attributes;
use crate::attributes::Merged;
use crate::content::Recording;
use crate::observation::Observation;
use crate::parsed_call::ParsedCall;
use crate::prompt::Prompt;

impl Attributes<'_> {
    /// Adds the attributes of the scopes around a call or an operation.
    pub(super) fn monitor(&mut self, attributes: &Merged<'_>, recording: &Recording) {
        let content = recording.messages() || recording.content.bodies();
        for (name, id) in [
            (names::USER_ID, attributes.user()),
            (names::SESSION_ID, attributes.session()),
            (names::SPANLOOM_TENANT, attributes.tenant()),
            (
                names::SPANLOOM_CONVERSATION_NAME,
                attributes.conversation_name(),
            ),
        ] {
            self.text(name, id.map(|id| &**id));
        }
        if let Some(prompt) = attributes.prompt() {
            let hash = format!("{:016x}", prompt.hash());
            self.set(names::SPANLOOM_PROMPT_HASH, Some(hash));
            if content {
                self.variables(prompt);
            }
        }
        let json = attributes.to_json(content);
        self.content(
            names::SPANLOOM_ATTRIBUTES,
            Place::Attributes,
            json.as_deref(),
        );
    }

    /// Adds a prompt's variables, under the rules for `params`, their place in the monitor attributes.
    fn variables(&mut self, prompt: &Prompt) {
        let variables = prompt
            .variables()
            .map(|(name, value)| (name.to_owned(), Value::from(value)));
        let params = Map::from_iter([("params".to_owned(), variables.collect())]);
        let Ok(json) = serde_json::to_string(&params) else {
            return;
        };
        let filtered = self.filtered(Place::Attributes, &json);
        let filtered: Map<String, Value> = serde_json::from_str(&filtered).unwrap_or_default();
        let params = filtered.get("params").and_then(Value::as_object);
        for (name, value) in params.into_iter().flatten() {
            if let Some(value) = value.as_str() {
                let key = [names::GEN_AI_PROMPT_VARIABLE, name].concat();
                self.list.push(KeyValue::new(key, value.to_owned()));
            }
        }
    }

    pub(super) fn messages(&mut self, reading: &ParsedCall<'_>, observation: &Observation) {
        let endpoint = observation.endpoint;
        // A fetched response repeats its own request.
        let asked = match endpoint.is_inference() {
            true => openai::prompt_content(endpoint, reading.request),
            false => openai::prompt_content(endpoint, reading.response),
        };
        let output = openai::output_messages(endpoint, reading.response);
        for (name, place, json) in [
            (
                names::GEN_AI_SYSTEM_INSTRUCTIONS,
                Place::SystemInstructions,
                message::parts_json(&asked.system_instructions),
            ),
            (
                names::GEN_AI_INPUT_MESSAGES,
                Place::InputMessages,
                message::to_json(&asked.input_messages),
            ),
            (
                names::GEN_AI_OUTPUT_MESSAGES,
                Place::OutputMessages,
                message::to_json(&output),
            ),
            (
                names::GEN_AI_TOOL_DEFINITIONS,
                Place::ToolDefinitions,
                message::tools_json(&asked.tool_definitions),
            ),
        ] {
            self.content(name, place, json.as_deref());
        }
    }

    pub(super) fn bodies(&mut self, reading: &ParsedCall<'_>) {
        for (name, place, body) in [
            (
                names::SPANLOOM_REQUEST,
                Place::Request,
                reading.request_body,
            ),
            (
                names::SPANLOOM_RESPONSE,
                Place::Response,
                reading.response_body,
            ),
        ] {
            let body = body.map(openai::without_credentials);
            let body = body.as_deref().filter(|body| !body.is_empty());
            self.content(name, place, body);
        }
    }

    /// Adds a long text, filtered, and stored once however many processors the provider has.
    pub(super) fn content(&mut self, name: &'static str, place: Place, json: Option<&str>) {
        let text = json.map(|json| StringValue::from(self.filtered(place, json)));
        self.set(name, text);
    }

    fn filtered(&mut self, place: Place, json: &str) -> Arc<str> {
        let filtered = self.policy.apply(place, json);
        self.withheld = self.withheld.saturating_add(filtered.withheld);
        Arc::from(filtered.json)
    }
}
