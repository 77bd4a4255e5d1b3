//! One recorded call.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};
use spanloom_core::{CallInfo, Record, StatusCode, Summary, Usd};

/// The groups of a record's attributes that spanloom adds, not the service.
const OUR_GROUPS: &[&str] = &[CallInfo::GROUP, Record::OTHERS];

/// One model call with its tokens, cost and latency. An unknown value is absent, and never 0.
///
/// `Display` writes one line with the figures, as the messages of failed budgets list it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RecordedCall {
    /// The operation's name, such as `openai.chat.completions.create`; for another library's call, the span's name.
    pub op_name: String,
    /// The operation: `chat`, `embeddings` and so on.
    pub operation: Option<String>,
    /// The provider, such as `openai`.
    pub provider: Option<String>,
    /// The model that answered, or else the requested model.
    pub model: Option<String>,
    /// The requested model.
    pub request_model: Option<String>,
    /// Tokens of the prompt, including cached tokens.
    pub input_tokens: Option<u64>,
    /// Tokens of the answer, including reasoning tokens.
    pub output_tokens: Option<u64>,
    /// Prompt and answer tokens together.
    pub total_tokens: Option<u64>,
    /// Tokens of the prompt that the provider read from its cache.
    pub cached_tokens: Option<u64>,
    /// Tokens of the answer that went into reasoning.
    pub reasoning_tokens: Option<u64>,
    /// The source of the token counts: `reported` by the provider or `estimated` by a tokenizer.
    pub usage_source: Option<String>,
    /// The cost in US dollars.
    pub cost_usd: Option<f64>,
    /// The source of the cost: `reported`, `priced` or `estimated`.
    pub cost_source: Option<String>,
    /// The date of the price list that the cost was computed from, such as `2026-11-01`.
    pub price_date: Option<String>,
    /// The time from the start of the request to the end of the answer.
    pub latency: Option<Duration>,
    /// The time from the start of the request to the first chunk; streams only.
    pub time_to_first_chunk: Option<Duration>,
    /// `completed`, `cancelled` or `error`; for another library's call, derived from the span's status.
    pub outcome: String,
    /// The kind and the message of the error.
    pub error: Option<String>,
    /// The reasons why the model stopped, such as `stop`; one for each choice.
    pub finish_reasons: Vec<String>,
    /// The number of requests made, including retries.
    pub attempts: Option<u64>,
    /// The service's own attributes (`monitor_attributes`).
    pub attributes: Map<String, Value>,
    /// The request in the provider's format, if content was recorded.
    pub inputs: Option<Value>,
    /// The answer in the provider's format, with streams assembled, if content was recorded.
    pub output: Option<Value>,
}

impl RecordedCall {
    /// Reads a record; `None` if it is not a model call.
    pub(crate) fn of(record: Record) -> Option<Self> {
        let info = record.info();
        let summary = Summary::from_map(&record.summary);
        let usage = summary.usage.into_values().next();
        // Some instrumentations report tokens but no operation.
        let is_call = match info.operation {
            Some(_) => info.is_model_call(),
            None => usage.is_some(),
        };
        let usage = usage.unwrap_or_default();
        let cost = summary.cost;
        let seconds = |seconds: Option<f64>| Duration::try_from_secs_f64(seconds?).ok();
        let outcome = match (info.outcome.clone(), summary.status_code) {
            (Some(outcome), _) => outcome,
            (None, StatusCode::Error) => "error".to_owned(),
            (None, StatusCode::Success) => "completed".to_owned(),
            (None, StatusCode::Unset) => "cancelled".to_owned(),
        };
        is_call.then(|| Self {
            op_name: record.op_name,
            model: info.model().map(str::to_owned),
            outcome,
            input_tokens: usage.prompt_tokens,
            output_tokens: usage.completion_tokens,
            total_tokens: usage.total_tokens,
            cached_tokens: usage.cache_read_input_tokens,
            reasoning_tokens: usage.reasoning_tokens,
            usage_source: info.usage_source,
            cost_usd: cost.as_ref().map(|cost| cost.total_usd),
            cost_source: cost.as_ref().map(|cost| cost.source.clone()),
            price_date: cost.and_then(|cost| cost.price_date),
            latency: seconds(summary.latency_s),
            time_to_first_chunk: seconds(summary.time_to_first_chunk_s),
            error: record.exception,
            finish_reasons: info.finish_reasons,
            attempts: info.attempts.and_then(|count| u64::try_from(count).ok()),
            attributes: without_our_groups(record.attributes),
            inputs: content(record.inputs.as_str()),
            output: record.output.and_then(|output| content(output.as_str())),
            operation: info.operation,
            provider: info.provider,
            request_model: info.request_model,
        })
    }
}

fn without_our_groups(mut attributes: Map<String, Value>) -> Map<String, Value> {
    attributes.retain(|name, _| !OUR_GROUPS.contains(&name.as_str()));
    attributes
}

/// Parses content; an empty object or null means that content was not recorded.
fn content(json: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(json).ok()?;
    let is_empty = value.is_null() || value.as_object().is_some_and(Map::is_empty);
    (!is_empty).then_some(value)
}

/// Writes `chat gpt-4o-mini: $0.000123, 512 in + 40 out tokens, 1.2s, completed (prices of 2026-11-01)`.
impl fmt::Display for RecordedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.operation.as_deref().unwrap_or(&self.op_name);
        let model = self.model.as_deref().unwrap_or("an unknown model");
        let cost = self.cost_usd.and_then(Usd::from_dollars);
        let cost = cost.map_or("cost unknown".to_owned(), |cost| cost.to_string());
        let count = |tokens: Option<u64>| tokens.map_or("?".to_owned(), |it| it.to_string());
        let (input, output) = (count(self.input_tokens), count(self.output_tokens));
        write!(
            f,
            "{operation} {model}: {cost}, {input} in + {output} out tokens"
        )?;
        if let Some(cached) = self.cached_tokens.filter(|cached| *cached > 0) {
            write!(f, " ({cached} cached)")?;
        }
        if let Some(latency) = self.latency {
            write!(f, ", {latency:?}")?;
        }
        write!(f, ", {}", self.outcome)?;
        if let Some(date) = &self.price_date {
            write!(f, " (prices of {date})")?;
        }
        self.error
            .as_ref()
            .map_or(Ok(()), |error| write!(f, " [{error}]"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(operation: &str, server: Option<&str>) -> Option<RecordedCall> {
        let record = json!({"project_id": "e/p", "id": "1", "op_name": "f", "started_at": "2026-11-22T10:00:00Z",
            "attributes": {"spanloom": {"operation": operation, "server_address": server}}});
        RecordedCall::of(serde_json::from_value(record).unwrap())
    }

    #[test]
    fn what_counts_as_a_call_is_what_the_board_counts() {
        for call in ["chat", "embeddings", "generate_content"] {
            assert!(of(call, None).is_some(), "{call}");
        }
        for around in [
            "invoke_agent",
            "execute_tool",
            "plan",
            "retrieval",
            "search_memory",
        ] {
            assert!(of(around, None).is_none(), "{around}");
        }
        // A remote agent looks like a model call from here.
        assert!(of("invoke_agent", Some("agents.example.com")).is_some());
    }
}
