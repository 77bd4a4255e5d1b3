//! The attributes of a call without its content.

use opentelemetry::{Array, KeyValue, StringValue, Value};
use spanloom_core::content::ContentPolicy;
use spanloom_core::{Call, Cost, Usage, semconv as names};

use crate::rate_limits::RateLimits;

/// The attributes collected so far. Content and every other external text pass the policy when they are added.
pub(super) struct Attributes<'p> {
    pub(super) list: Vec<KeyValue>,
    pub(super) policy: &'p ContentPolicy,
    /// Texts the user's redactor failed on.
    pub(super) withheld: u64,
}

impl<'p> Attributes<'p> {
    pub(super) fn new(policy: &'p ContentPolicy, room: usize) -> Self {
        Self {
            list: Vec::with_capacity(room),
            policy,
            withheld: 0,
        }
    }

    /// Adds a number, or one of our own words.
    pub(super) fn set<V: Into<Value>>(&mut self, name: &'static str, value: Option<V>) {
        if let Some(value) = value {
            self.list.push(KeyValue::new(name, value));
        }
    }

    /// Adds a text that is not content, such as a name or an id: secrets do not belong there either.
    pub(super) fn text(&mut self, name: &'static str, value: Option<&str>) {
        let text = value.map(|value| StringValue::from(self.policy.text(value).into_owned()));
        self.set(name, text);
    }

    pub(super) fn texts(&mut self, name: &'static str, values: &[String]) {
        if !values.is_empty() {
            let texts = values.iter().map(|value| self.policy.text(value));
            let texts = texts.map(|text| StringValue::from(text.into_owned()));
            let texts = Array::String(texts.collect());
            self.set(name, Some(Value::Array(texts)));
        }
    }

    pub(super) fn count(&mut self, name: &'static str, value: Option<u64>) {
        self.set(name, value.and_then(|value| i64::try_from(value).ok()));
    }

    pub(super) fn request(&mut self, call: &Call) {
        let request = &call.request;
        self.set(names::GEN_AI_REQUEST_STREAM, request.stream.then_some(true));
        self.set(names::GEN_AI_REQUEST_TEMPERATURE, request.temperature);
        self.set(names::GEN_AI_REQUEST_TOP_P, request.top_p);
        self.set(
            names::GEN_AI_REQUEST_FREQUENCY_PENALTY,
            request.frequency_penalty,
        );
        self.set(
            names::GEN_AI_REQUEST_PRESENCE_PENALTY,
            request.presence_penalty,
        );
        self.set(names::GEN_AI_REQUEST_MAX_TOKENS, request.max_tokens);
        self.set(names::GEN_AI_REQUEST_SEED, request.seed);
        self.set(
            names::GEN_AI_REQUEST_CHOICE_COUNT,
            request.choice_count.filter(|count| *count != 1),
        );
        self.texts(
            names::GEN_AI_REQUEST_STOP_SEQUENCES,
            &request.stop_sequences,
        );
        self.text(
            names::GEN_AI_REQUEST_REASONING_LEVEL,
            request.reasoning_level.as_deref(),
        );
        self.text(
            names::OPENAI_REQUEST_SERVICE_TIER,
            request
                .service_tier
                .as_deref()
                .filter(|tier| *tier != "auto"),
        );
        self.set(names::GEN_AI_OUTPUT_TYPE, request.output_type);
        self.texts(
            names::GEN_AI_REQUEST_ENCODING_FORMATS,
            request.encoding_format.as_slice(),
        );
        self.set(names::OPENAI_API_TYPE, call.endpoint.api_type());
        self.conversation(call);
    }

    /// Adds the links of a call: a conversation, a prompt, a previous answer.
    pub(super) fn conversation(&mut self, call: &Call) {
        let request = &call.request;
        let fetch = request.fetch.as_ref();
        for (name, value) in [
            (names::GEN_AI_CONVERSATION_ID, &request.conversation_id),
            (names::GEN_AI_PROMPT_NAME, &request.prompt_name),
            (names::GEN_AI_PROMPT_VERSION, &request.prompt_version),
            (
                names::GEN_AI_REQUEST_PREVIOUS_RESPONSE_ID,
                &request.previous_response_id,
            ),
        ] {
            self.text(name, value.as_deref());
        }
        let compacted = request.compacted || call.response.compacted;
        self.set(
            names::GEN_AI_CONVERSATION_COMPACTED,
            (compacted && fetch.is_none()).then_some(true),
        );
        self.text(
            names::GEN_AI_REQUEST_STREAM_CURSOR,
            fetch.and_then(|fetch| fetch.stream_cursor.as_deref()),
        );
        self.text(
            names::GEN_AI_RESPONSE_STATUS,
            fetch.and(call.response.status.as_deref()),
        );
    }

    pub(super) fn response(&mut self, call: &Call) {
        let response = &call.response;
        self.text(names::GEN_AI_RESPONSE_ID, response.id.as_deref());
        self.text(names::GEN_AI_RESPONSE_MODEL, response.model.as_deref());
        self.texts(
            names::GEN_AI_RESPONSE_FINISH_REASONS,
            &response.finish_reasons,
        );
        self.text(
            names::OPENAI_RESPONSE_SERVICE_TIER,
            response.service_tier.as_deref(),
        );
        self.text(
            names::OPENAI_RESPONSE_SYSTEM_FINGERPRINT,
            response.system_fingerprint.as_deref(),
        );
        let first_chunk = call.time_to_first_chunk.map(|time| time.as_secs_f64());
        self.set(names::GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK, first_chunk);
        self.text(
            names::ERROR_TYPE,
            call.failure.as_ref().map(|failure| failure.kind.as_str()),
        );
    }

    pub(super) fn usage(&mut self, usage: &Usage) {
        for (name, count) in usage.counts() {
            self.count(name, Some(count));
        }
        self.set(
            names::SPANLOOM_USAGE_SOURCE,
            usage.source.map(|source| source.as_str()),
        );
    }

    /// Adds what the provider states about the reuse of a cached prompt.
    pub(super) fn prompt_cache(&mut self, call: &Call) {
        let compared = call.request.comparison_response_id.as_deref();
        self.text(
            names::SPANLOOM_PROMPT_CACHE_COMPARISON_RESPONSE_ID,
            compared,
        );
        let Some(cache) = &call.response.prompt_cache else {
            return;
        };
        self.text(names::SPANLOOM_PROMPT_CACHE_RESULT, Some(&cache.result));
        self.text(
            names::SPANLOOM_PROMPT_CACHE_MISS_REASON,
            cache.miss_reason.as_deref(),
        );
        self.count(
            names::SPANLOOM_PROMPT_CACHE_MISSED_TOKENS,
            cache.missed_tokens,
        );
        self.count(
            names::SPANLOOM_PROMPT_CACHE_REUSABLE_TOKENS,
            cache.reusable_tokens,
        );
        let missed = cache.missed_cost.map(|cost| cost.as_dollars());
        self.set(names::SPANLOOM_PROMPT_CACHE_MISSED_USD, missed);
    }

    /// Adds the headers of rate limits, under the names that the HTTP conventions give to headers.
    pub(super) fn rate_limits(&mut self, limits: &RateLimits) {
        for (name, value) in limits.iter() {
            let value = StringValue::from(self.policy.text(value).into_owned());
            let name = format!("{}{name}", names::HTTP_RESPONSE_HEADER);
            let values = Value::Array(Array::String(vec![value]));
            self.list.push(KeyValue::new(name, values));
        }
    }

    pub(super) fn cost(&mut self, cost: Option<&Cost>) {
        let Some(cost) = cost else { return };
        self.set(
            names::SPANLOOM_COST_TOTAL_USD,
            Some(cost.total.as_dollars()),
        );
        self.set(
            names::SPANLOOM_COST_INPUT_USD,
            cost.input.map(|usd| usd.as_dollars()),
        );
        self.set(
            names::SPANLOOM_COST_OUTPUT_USD,
            cost.output.map(|usd| usd.as_dollars()),
        );
        self.set(names::SPANLOOM_COST_SOURCE, Some(cost.source.as_str()));
        self.text(names::SPANLOOM_PRICE_DATE, cost.price_date.as_deref());
        self.set(
            names::SPANLOOM_PRICE_SOURCE,
            cost.price_source.map(|source| source.as_str()),
        );
    }

    pub(super) fn spanloom(&mut self, call: &Call, dropped_bytes: u64) {
        let dropped = i64::try_from(dropped_bytes).ok().filter(|bytes| *bytes > 0);
        self.set(names::SPANLOOM_CONTENT_DROPPED_BYTES, dropped);
        self.set(names::SPANLOOM_OUTCOME, Some(call.outcome.as_str()));
        self.set(names::SPANLOOM_ATTEMPTS, Some(i64::from(call.attempts)));
    }
}
