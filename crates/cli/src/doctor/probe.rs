//! The made-up call, and the check of what came back.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::{Value, json};
use spanloom::{Monitor, MonitorAttributes, MonitorAttributesExt as _, Monitored as _};
use spanloom_testkit::{Latency, ModelServer};

use super::finding::Finding;
use crate::error::Error;

/// Long enough to be cut by a server that cuts texts.
const PROMPT_BYTES: usize = 20_000;

/// The fields that are checked: their JSON pointer and their name for people.
type Fields = [(&'static str, &'static str)];

/// The fields of a record.
pub(super) const RECORD: [(&str, &str); 14] = [
    ("/op_name", "operation"),
    ("/display_name", "name"),
    ("/started_at", "start"),
    ("/ended_at", "end"),
    ("/inputs/model", "model asked for"),
    ("/inputs/messages/0/content", "prompt"),
    ("/output/model", "model that answered"),
    ("/output/choices/0/message/content", "answer"),
    ("/summary/usage", "tokens"),
    ("/summary/cost/total_usd", "cost"),
    ("/attributes/stream", "stream"),
    ("/attributes/params/temperature", "attributes, nested"),
    ("/thread_id", "conversation"),
    ("/trace_id", "trace"),
];

/// The fields of a span's attributes.
pub(super) const SPAN: [(&str, &str); 12] = [
    ("/gen_ai.operation.name", "operation"),
    ("/gen_ai.request.model", "model asked for"),
    ("/gen_ai.response.model", "model that answered"),
    ("/gen_ai.input.messages", "prompt"),
    ("/gen_ai.output.messages", "answer"),
    ("/gen_ai.usage.input_tokens", "tokens of the prompt"),
    ("/gen_ai.usage.output_tokens", "tokens of the answer"),
    ("/spanloom.cost.total_usd", "cost"),
    ("/spanloom.attributes", "attributes"),
    ("/gen_ai.conversation.id", "conversation"),
    ("/spanloom.request", "request as it was sent"),
    ("/spanloom.response", "answer as it came"),
];

pub(super) struct Probe {
    mark: String,
    prompt: String,
}

impl Probe {
    pub(super) fn new() -> Self {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        let mark = format!("doctor-{}-{}", std::process::id(), now.as_nanos());
        let mut prompt = format!("{mark}: what is 2+2? ");
        prompt.extend(std::iter::repeat_n('x', PROMPT_BYTES - prompt.len()));
        Self { mark, prompt }
    }

    pub(super) fn mark(&self) -> &str {
        &self.mark
    }

    /// Calls a model server with made-up answers, as a service would call its own.
    /// The call has the attributes `around` it.
    pub(super) async fn call(
        &self,
        monitor: &Monitor,
        around: &MonitorAttributes,
    ) -> Result<(), Error> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::failed(format!("the made-up call failed: {error}"))
        };
        let model = ModelServer::builder().with_latency(Latency::None);
        let model = model.start().await.map_err(|error| failed(&error))?;
        let config = OpenAIConfig::new()
            .with_api_base(model.base_url())
            .with_api_key("made-up");
        // The model server is on this machine, where no proxy finds it.
        let http = reqwest::Client::builder().no_proxy().build();
        let http = http.map_err(|error| failed(&error))?;
        let client = Client::with_config(config).monitored_with(monitor, http);
        let request = serde_json::from_value(json!({
            "model": "gpt-4o-mini", "messages": [{"role": "user", "content": self.prompt}],
        }))
        .map_err(|error| failed(&error))?;
        let attributes =
            MonitorAttributes::from(json!({"doctor": self.mark, "params": {"temperature": 0.5}}));
        let attributes = attributes.conversation(self.mark.as_str()).over(around);
        let chat = client.chat();
        let call = chat.create(request).monitor_attributes(attributes).await;
        call.map(drop).map_err(|error| failed(&error))
    }

    /// Compares the call field by field.
    pub(super) fn compare(
        &self,
        check: &str,
        fields: &Fields,
        read: Option<&Value>,
    ) -> Vec<Finding> {
        let Some(call) = read else {
            let detail = "the call was accepted, but cannot be found";
            let finding = Finding::failed("read back", detail);
            return vec![
                finding.with_remedy("some servers need longer: open the link in a minute"),
            ];
        };
        fields
            .iter()
            .map(|(place, name)| self.field(check, call, place, name))
            .collect()
    }

    fn field(&self, check: &str, call: &Value, place: &str, name: &str) -> Finding {
        let value = call.pointer(place).filter(|value| !value.is_null());
        match (value, place) {
            (None, "/summary/cost/total_usd") if call.pointer("/summary/weave/costs").is_some() => {
                Finding::passed(check, format!("{name} (computed by the server)"))
            }
            (None, "/spanloom.request" | "/spanloom.response") => Finding::passed(
                check,
                format!("{name} is not sent to collectors: its messages are"),
            ),
            (None, _) => {
                Finding::warned(check, format!("{name} is dropped")).with_remedy(remedy(place))
            }
            (Some(Value::String(text)), "/inputs/messages/0/content") if *text != self.prompt => {
                let detail = format!(
                    "{name} is cut: {} of {} bytes",
                    text.len(),
                    self.prompt.len()
                );
                Finding::warned(check, detail)
                    .with_remedy("a content policy, or a limit of the server")
            }
            (Some(_), _) => Finding::passed(check, name),
        }
    }
}

/// Returns what to check if a field is missing.
fn remedy(place: &str) -> &'static str {
    match place {
        "/inputs/messages/0/content"
        | "/output/choices/0/message/content"
        | "/gen_ai.input.messages"
        | "/gen_ai.output.messages" => {
            "check whether content is switched off (OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT) or dropped on the way"
        }
        _ => "the server does not keep it, or a processor on the way drops it",
    }
}
