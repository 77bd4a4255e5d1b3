//! What a call puts on its span.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{SpanRef, Status, TraceContextExt as _};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;
use spanloom_core::content::{ContentPolicy, Place};
use spanloom_core::{Call, Cost, Endpoint, Usage, openai, semconv as names};

use crate::content::Details;
use crate::event::Event;
use crate::observation::Observation;
use crate::recorder::Reading;

thread_local! {
    static STARTING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `start`, which starts a span of ours that a recorder will finish: processors may ask [`is_starting`]. The
/// context could say it too, but a value there costs two allocations for each call.
pub(crate) fn starting<T>(start: impl FnOnce() -> T) -> T {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            STARTING.set(false);
        }
    }
    STARTING.set(true);
    // A sampler or processor of the service's may panic.
    let _reset = Reset;
    start()
}

/// Whether the span that is being started on this thread is one of ours.
pub(crate) fn is_starting() -> bool {
    STARTING.get()
}

/// Everything a span still needs when its call has ended. Contents are shared, so cloning is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finish {
    name: Option<String>,
    attributes: Vec<KeyValue>,
    status: Status,
    end: Option<SystemTime>,
}

/// What leaves a call beside its span.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    pub(crate) events: Vec<Event>,
    /// Texts the user's redactor failed on.
    pub(crate) withheld: u64,
}

impl Finish {
    pub(crate) fn of(reading: &Reading<'_>, observation: &Observation) -> (Self, Beside) {
        let call = &reading.call;
        let recording = &*observation.content;
        let mut filter = Filter::new(&recording.policy);
        let mut attributes = Attributes(Vec::with_capacity(32));
        attributes.model(call, observation);
        attributes.request(call);
        attributes.response(call);
        attributes.usage(&call.usage);
        attributes.cost(call.cost.as_ref());
        attributes.spanloom(call);
        attributes.set(names::GEN_AI_EMBEDDINGS_DIMENSION_COUNT, reading.dimensions);
        // Whatever text stands among them, and whoever put it there.
        filter.plain(&mut attributes.0);
        attributes.monitor(observation, &mut filter);
        let mut messages = Attributes(Vec::new());
        if recording.messages() {
            messages.messages(reading, observation, &mut filter);
        }
        let events = events(reading, observation, &attributes.0, &messages.0);
        if recording.content.messages() {
            attributes.0.append(&mut messages.0);
        }
        if recording.content.bodies() {
            attributes.bodies(reading, observation, &mut filter);
        }
        let status = call.failure.as_ref().map_or(Status::Unset, |failure| {
            Status::error(failure.message.clone())
        });
        let finish = Self {
            name: call
                .request
                .model
                .as_ref()
                .map(|model| name(call.endpoint, model)),
            attributes: attributes.0,
            status,
            end: Some(call.ended_at.as_system_time()),
        };
        let beside = Beside {
            events,
            withheld: filter.withheld,
        };
        (finish, beside)
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

/// The events of a call, where somebody gets them.
fn events(
    reading: &Reading<'_>,
    observation: &Observation,
    attributes: &[KeyValue],
    messages: &[KeyValue],
) -> Vec<Event> {
    if observation.content.events.is_none() {
        return Vec::new();
    }
    let call = &reading.call;
    let span = observation.span.span().span_context().clone();
    let details = match observation.content.details {
        Details::Off => None,
        Details::Attributes => Event::details(call, &span, attributes, &[]),
        Details::Messages => Event::details(call, &span, attributes, messages),
    };
    details
        .into_iter()
        .chain(Event::exception(call, &span))
        .collect()
}

/// `{operation} {model}`, as the convention names spans.
pub(crate) fn name(endpoint: Endpoint, model: &str) -> String {
    [endpoint.operation(), " ", model].concat()
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
        self.set(names::OPENAI_API_TYPE, call.endpoint.api_type());
        self.conversation(call);
    }

    /// What the call belongs to beside itself: a conversation, a prompt, an answer before it.
    fn conversation(&mut self, call: &Call) {
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
        for (name, count) in [
            (
                names::GEN_AI_USAGE_TEXT_INPUT_TOKENS,
                usage.text_input_tokens,
            ),
            (
                names::GEN_AI_USAGE_IMAGE_INPUT_TOKENS,
                usage.image_input_tokens,
            ),
            (
                names::GEN_AI_USAGE_AUDIO_INPUT_TOKENS,
                usage.audio_input_tokens,
            ),
            (
                names::GEN_AI_USAGE_TEXT_OUTPUT_TOKENS,
                usage.text_output_tokens,
            ),
            (
                names::GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS,
                usage.image_output_tokens,
            ),
            (
                names::GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS,
                usage.audio_output_tokens,
            ),
            (
                names::GEN_AI_USAGE_TEXT_CACHE_READ_INPUT_TOKENS,
                usage.text_cache_read_tokens,
            ),
            (
                names::GEN_AI_USAGE_IMAGE_CACHE_READ_INPUT_TOKENS,
                usage.image_cache_read_tokens,
            ),
            (
                names::GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS,
                usage.audio_cache_read_tokens,
            ),
        ] {
            self.count(name, count);
        }
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
        self.set(
            names::SPANLOOM_PRICE_SOURCE,
            cost.price_source.map(|source| source.as_str()),
        );
    }

    fn spanloom(&mut self, call: &Call) {
        self.set(names::SPANLOOM_OUTCOME, Some(call.outcome.as_str()));
        self.set(names::SPANLOOM_ATTEMPTS, Some(i64::from(call.attempts)));
    }

    fn monitor(&mut self, observation: &Observation, filter: &mut Filter<'_>) {
        let json = observation.attributes.to_json();
        self.content(
            names::SPANLOOM_ATTRIBUTES,
            Place::Attributes,
            json.as_deref(),
            filter,
        );
    }

    fn messages(
        &mut self,
        reading: &Reading<'_>,
        observation: &Observation,
        filter: &mut Filter<'_>,
    ) {
        let response = reading.response_body.as_deref();
        let endpoint = observation.endpoint;
        let answer = response.unwrap_or_default().as_bytes();
        // A fetched response repeats what it was asked with.
        let asked = match endpoint.is_inference() {
            true => openai::asked(endpoint, &observation.request),
            false => openai::asked(endpoint, answer),
        };
        let instructions = asked.system_instructions;
        let output = openai::output_messages(endpoint, answer);
        for (name, place, json) in [
            (
                names::GEN_AI_SYSTEM_INSTRUCTIONS,
                Place::SystemInstructions,
                instructions,
            ),
            (
                names::GEN_AI_INPUT_MESSAGES,
                Place::InputMessages,
                asked.input_messages,
            ),
            (names::GEN_AI_OUTPUT_MESSAGES, Place::OutputMessages, output),
            (
                names::GEN_AI_TOOL_DEFINITIONS,
                Place::ToolDefinitions,
                asked.tool_definitions,
            ),
        ] {
            self.content(name, place, json.as_deref(), filter);
        }
    }

    fn bodies(
        &mut self,
        reading: &Reading<'_>,
        observation: &Observation,
        filter: &mut Filter<'_>,
    ) {
        let request = std::str::from_utf8(&observation.request)
            .ok()
            .filter(|body| !body.is_empty());
        let response = reading.response_body.as_deref();
        self.content(names::SPANLOOM_REQUEST, Place::Request, request, filter);
        self.content(names::SPANLOOM_RESPONSE, Place::Response, response, filter);
    }

    /// A long text, filtered, and held once however many processors the provider has.
    fn content(
        &mut self,
        name: &'static str,
        place: Place,
        json: Option<&str>,
        filter: &mut Filter<'_>,
    ) {
        let text = json.map(|json| StringValue::from(filter.json(place, json)));
        self.set(name, text);
    }
}

/// The content policy at work on one call.
struct Filter<'a> {
    policy: &'a ContentPolicy,
    withheld: u64,
}

impl<'a> Filter<'a> {
    fn new(policy: &'a ContentPolicy) -> Self {
        Self {
            policy,
            withheld: 0,
        }
    }

    fn json(&mut self, place: Place, json: &str) -> Arc<str> {
        let filtered = self.policy.apply(place, json);
        self.withheld = self.withheld.saturating_add(filtered.withheld);
        Arc::from(filtered.json)
    }

    /// Texts that are no content, such as names and ids: known secrets have no place there either.
    fn plain(&self, attributes: &mut [KeyValue]) {
        for attribute in attributes {
            match &mut attribute.value {
                Value::String(text) => self.text(text),
                Value::Array(Array::String(texts)) => {
                    texts.iter_mut().for_each(|text| self.text(text))
                }
                _ => {}
            }
        }
    }

    fn text(&self, text: &mut StringValue) {
        if let Cow::Owned(masked) = self.policy.text(text.as_str()) {
            *text = masked.into();
        }
    }
}
