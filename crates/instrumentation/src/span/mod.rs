//! The data that a call or an operation puts on its span.
//!
//! | file | contents |
//! |---|---|
//! | `starting` | whether a starting span is ours |
//! | `call_attributes` | parameters, tokens, cost, outcome |
//! | `content` | messages, bodies and monitor attributes, filtered by the content policy |

mod call_attributes;
mod content;
mod starting;

use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanRef, Status, TraceContextExt as _};
use opentelemetry_sdk::trace::SpanData;
use spanloom_core::{Endpoint, semconv as names};

use self::call_attributes::Attributes;
pub(crate) use self::starting::{is_starting, starting};
use crate::attributes::Merged;
use crate::content::{Details, Recording};
use crate::event::Event;
use crate::observation::Observation;
use crate::parsed_call::ParsedCall;
use crate::prompt_segments::prompt_segments;

/// Everything that a span still needs when its call has ended. Contents are shared, so cloning is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpanEnd {
    name: Option<String>,
    attributes: Vec<KeyValue>,
    status: Status,
    end: Option<SystemTime>,
}

/// The signals of a call in addition to its span.
#[derive(Debug, Default)]
pub(crate) struct SideSignals {
    pub(crate) events: Vec<Event>,
    /// Texts the user's redactor failed on.
    pub(crate) withheld: u64,
}

impl SpanEnd {
    pub(crate) fn of(reading: &ParsedCall<'_>, observation: &Observation) -> (Self, SideSignals) {
        let call = &reading.call;
        let recording = &*observation.content;
        let mut attributes = Attributes::new(&recording.policy, 32);
        // A span that was started with the model's name already has it, and a key may appear on a span only once.
        let model = call.request.model.as_deref();
        let model = model.filter(|_| observation.model.is_none());
        attributes.text(names::GEN_AI_REQUEST_MODEL, model);
        attributes.request(call);
        attributes.response(call);
        attributes.usage(&call.usage);
        attributes.cost(call.cost.as_ref());
        attributes.prompt_cache(call);
        attributes.rate_limits(&observation.answer.rate_limits);
        if recording.prompt_segments {
            let segments = prompt_segments(reading.request, &recording.policy);
            attributes.texts(names::SPANLOOM_PROMPT_CACHE_SEGMENTS, &segments);
        }
        attributes.spanloom(call, observation.dropped_bytes());
        attributes.set(names::GEN_AI_EMBEDDINGS_DIMENSION_COUNT, reading.dimensions);
        attributes.monitor(&observation.attributes(), recording);
        let mut messages = Attributes::new(&recording.policy, 0);
        if recording.messages() {
            messages.messages(reading, observation);
        }
        let events = events(reading, observation, &attributes.list, &messages.list);
        if recording.content.messages() {
            attributes.list.append(&mut messages.list);
        }
        if recording.content.bodies() {
            attributes.bodies(reading);
        }
        let status = call.failure.as_ref().map_or(Status::Unset, |failure| {
            Status::error(failure.message.clone())
        });
        let finish = Self {
            name: model.map(|model| name(call.endpoint, model)),
            attributes: attributes.list,
            status,
            end: Some(call.ended_at.as_system_time()),
        };
        let signals = SideSignals {
            events,
            withheld: attributes.withheld.saturating_add(messages.withheld),
        };
        (finish, signals)
    }

    /// Returns the data of something that ends now.
    pub(crate) fn now(attributes: Vec<KeyValue>, status: Status) -> Self {
        Self {
            name: None,
            attributes,
            status,
            end: Some(SystemTime::now()),
        }
    }

    /// Applies the data to a live span and ends the span.
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

    /// Applies the data to a refused span.
    pub(crate) fn complete(self, data: &mut SpanData) {
        if let Some(name) = self.name {
            data.name = name.into();
        }
        data.attributes.extend(self.attributes);
        data.status = self.status;
        data.end_time = self.end.unwrap_or(data.start_time);
    }
}

/// Returns the attributes of the scopes around an operation, with its conversation.
pub(crate) fn of_scopes(recording: &Recording, scopes: &Merged<'_>) -> Vec<KeyValue> {
    let mut attributes = Attributes::new(&recording.policy, 8);
    let conversation = scopes.conversation();
    attributes.text(names::GEN_AI_CONVERSATION_ID, conversation.map(|id| &**id));
    attributes.monitor(scopes, recording);
    attributes.list
}

/// Returns the events of a call, if a logger provider takes them.
fn events(
    reading: &ParsedCall<'_>,
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

/// Returns `{operation} {model}`, the convention's span name.
pub(crate) fn name(endpoint: Endpoint, model: &str) -> String {
    [endpoint.operation(), " ", model].concat()
}
