//! One recorded call.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};
use spanloom_core::{CallInfo, Record, StatusCode, Summary, Usd};

/// Groups of a record's attributes that are ours, not the service's.
const OUR_GROUPS: &[&str] = &[CallInfo::GROUP, Record::OTHERS];

/// One model call: what it was, what it took, what it cost. What is not known is absent, and never 0.
///
/// `Display` is one line with the numbers, as the failing messages of the budgets have it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RecordedCall {
    /// What was called, such as `openai.chat.completions.create`; the span's name where it is no call of ours.
    pub op_name: String,
    /// `chat`, `embeddings` and so on.
    pub operation: Option<String>,
    /// Such as `openai`.
    pub provider: Option<String>,
    /// The model that answered, else the one that was asked for.
    pub model: Option<String>,
    /// The model that was asked for.
    pub request_model: Option<String>,
    /// Tokens of the prompt, cached ones included.
    pub input_tokens: Option<u64>,
    /// Tokens of the answer, those of its reasoning included.
    pub output_tokens: Option<u64>,
    /// Both together.
    pub total_tokens: Option<u64>,
    /// Tokens of the prompt that the provider read from its cache.
    pub cached_tokens: Option<u64>,
    /// Tokens of the answer that went into reasoning.
    pub reasoning_tokens: Option<u64>,
    /// `reported` by the provider or `estimated` by a tokenizer.
    pub usage_source: Option<String>,
    /// US dollars.
    pub cost_usd: Option<f64>,
    /// `reported`, `priced` or `estimated`.
    pub cost_source: Option<String>,
    /// The day of the price list that the cost was computed from, such as `2026-11-01`.
    pub price_date: Option<String>,
    /// From the request's start to the answer's end.
    pub latency: Option<Duration>,
    /// From the request's start to the first chunk; of streams only.
    pub time_to_first_chunk: Option<Duration>,
    /// `completed`, `cancelled` or `error`; what the span's status says, where it is no call of ours.
    pub outcome: String,
    /// Kind and message of the error.
    pub error: Option<String>,
    /// Why the model stopped, such as `stop`, one word for each choice.
    pub finish_reasons: Vec<String>,
    /// Requests that it took, retries included.
    pub attempts: Option<u64>,
    /// The service's own attributes (`monitor_attributes`).
    pub attributes: Map<String, Value>,
    /// The request in the provider's shape, when content was recorded.
    pub inputs: Option<Value>,
    /// The answer in the provider's shape, streams assembled, when content was recorded.
    pub output: Option<Value>,
}

impl RecordedCall {
    /// `None` for what is no model call.
    pub(crate) fn of(record: Record) -> Option<Self> {
        let info = record.info();
        let summary = Summary::from_map(&record.summary);
        let usage = summary.usage.into_values().next();
        // Some instrumentations count tokens and name no operation.
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

/// An empty object or null stands for content that was not recorded.
fn content(json: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(json).ok()?;
    let is_empty = value.is_null() || value.as_object().is_some_and(Map::is_empty);
    (!is_empty).then_some(value)
}

/// `chat gpt-4o-mini: $0.000123, 512 in + 40 out tokens, 1.2s, completed (prices of 2026-11-01)`.
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
        // An agent that runs elsewhere is a call of a model, as far as anybody here sees.
        assert!(of("invoke_agent", Some("agents.example.com")).is_some());
    }
}
