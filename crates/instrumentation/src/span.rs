//! What a call puts on its span.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{SpanRef, Status};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;
use spanloom_core::{Call, Cost, Operation, Usage, openai, secret, semconv as names};

use crate::observation::Observation;
use crate::recorder::Reading;

/// Marks, on the context a span is started in, that the span is ours and a recorder will finish it.
#[derive(Debug)]
pub(crate) struct OurSpan;

/// Everything a span still needs when its call has ended. Contents are shared, so cloning is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finish {
    name: Option<String>,
    attributes: Vec<KeyValue>,
    status: Status,
    end: Option<SystemTime>,
}

impl Finish {
    pub(crate) fn of(reading: &Reading<'_>, observation: &Observation) -> Self {
        let call = &reading.call;
        let mut attributes = Attributes(Vec::with_capacity(32));
        attributes.model(call, observation);
        attributes.request(call);
        attributes.response(call);
        attributes.usage(&call.usage);
        attributes.cost(call.cost.as_ref());
        attributes.spanloom(call, observation);
        attributes.content(reading, observation);
        attributes.set(names::GEN_AI_EMBEDDINGS_DIMENSION_COUNT, reading.dimensions);
        let status = call.failure.as_ref().map_or(Status::Unset, |failure| {
            Status::error(masked(failure.message.clone()))
        });
        Self {
            name: call
                .request
                .model
                .as_ref()
                .map(|model| name(call.operation, model)),
            attributes: attributes.0,
            status,
            end: Some(call.ended_at.as_system_time()),
        }
    }

    /// Puts it on a live span and ends it.
    pub(crate) fn apply(self, span: &SpanRef<'_>) {
        if let Some(name) = self.name {
            span.update_name(name);
        }
        span.set_attributes(self.attributes);
        span.set_status(self.status);
        match self.end {
            Some(end) => span.end_with_timestamp(end),
            None => span.end(),
        }
    }

    /// Puts it on the data of a span that was refused.
    pub(crate) fn complete(self, data: &mut SpanData) {
        if let Some(name) = self.name {
            data.name = name.into();
        }
        data.attributes.extend(self.attributes);
        data.status = self.status;
        data.end_time = self.end.unwrap_or(data.start_time);
    }
}

/// Known secrets have no place in a span, whoever wrote them there.
fn masked(text: String) -> String {
    match secret::mask(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(masked) => masked,
    }
}

/// `{operation} {model}`, as the convention names spans.
pub(crate) fn name(operation: Operation, model: &str) -> String {
    format!("{} {model}", operation.as_str())
}

struct Attributes(Vec<KeyValue>);

impl Attributes {
    fn set<V: Into<Value>>(&mut self, name: &'static str, value: Option<V>) {
        if let Some(value) = value {
            self.0.push(KeyValue::new(name, value));
        }
    }

    fn text(&mut self, name: &'static str, value: Option<&str>) {
        self.set(name, value.map(|value| StringValue::from(value.to_owned())));
    }

    fn texts(&mut self, name: &'static str, values: &[String]) {
        let array = || Array::String(values.iter().cloned().map(StringValue::from).collect());
        self.set(name, (!values.is_empty()).then(array).map(Value::Array));
    }

    fn count(&mut self, name: &'static str, value: Option<u64>) {
        self.set(name, value.and_then(|value| i64::try_from(value).ok()));
    }

    /// Not again what the span was started with: a key may stand on a span once.
    fn model(&mut self, call: &Call, observation: &Observation) {
        let model = call.request.model.as_deref();
        let started_with = openai::model(&observation.request);
        let news = model.filter(|model| started_with.as_deref() != Some(*model));
        self.text(names::GEN_AI_REQUEST_MODEL, news);
    }

    fn request(&mut self, call: &Call) {
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
        self.set(names::OPENAI_API_TYPE, call.operation.api_type());
    }

    fn response(&mut self, call: &Call) {
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

    fn usage(&mut self, usage: &Usage) {
        self.count(names::GEN_AI_USAGE_INPUT_TOKENS, usage.input_tokens);
        self.count(names::GEN_AI_USAGE_OUTPUT_TOKENS, usage.output_tokens);
        self.count(
            names::GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
            usage.cache_read_tokens,
        );
        self.count(
            names::GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
            usage.cache_write_tokens,
        );
        self.count(
            names::GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
            usage.reasoning_tokens,
        );
        self.count(
            names::GEN_AI_USAGE_AUDIO_INPUT_TOKENS,
            usage.audio_input_tokens,
        );
        self.count(
            names::GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS,
            usage.audio_output_tokens,
        );
        self.set(
            names::SPANLOOM_USAGE_SOURCE,
            usage.source.map(|source| source.as_str()),
        );
    }

    fn cost(&mut self, cost: Option<&Cost>) {
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
    }

    fn spanloom(&mut self, call: &Call, observation: &Observation) {
        self.set(names::SPANLOOM_OUTCOME, Some(call.outcome.as_str()));
        self.set(names::SPANLOOM_ATTEMPTS, Some(i64::from(call.attempts)));
        self.set(
            names::SPANLOOM_ATTRIBUTES,
            observation.attributes.to_json().map(masked),
        );
    }

    fn content(&mut self, reading: &Reading<'_>, observation: &Observation) {
        let response = reading.response_body.as_deref();
        if observation.content.messages() {
            let output = response.and_then(|body| openai::output_messages(body.as_bytes()));
            self.shared(
                names::GEN_AI_INPUT_MESSAGES,
                openai::input_messages(&observation.request),
            );
            self.shared(names::GEN_AI_OUTPUT_MESSAGES, output);
        }
        if observation.content.bodies() {
            let request = std::str::from_utf8(&observation.request)
                .ok()
                .filter(|body| !body.is_empty());
            self.shared(names::SPANLOOM_REQUEST, request.map(str::to_owned));
            self.shared(names::SPANLOOM_RESPONSE, response.map(str::to_owned));
        }
    }

    /// A long text, held once however many processors the provider has.
    fn shared(&mut self, name: &'static str, text: Option<String>) {
        self.set(
            name,
            text.map(|text| StringValue::from(Arc::<str>::from(masked(text)))),
        );
    }
}
