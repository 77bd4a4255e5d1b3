//! What a call puts on its span.
//!
//! | file | what |
//! |---|---|
//! | `starting` | which of the spans that start are ours |
//! | `call_attributes` | parameters, tokens, cost, outcome |
//! | `content` | messages, bodies and monitor attributes, as the content policy lets them through |

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
use crate::content::Details;
use crate::event::Event;
use crate::observation::Observation;
use crate::parsed_call::ParsedCall;

/// Everything a span still needs when its call has ended. Contents are shared, so cloning is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpanEnd {
    name: Option<String>,
    attributes: Vec<KeyValue>,
    status: Status,
    end: Option<SystemTime>,
}

/// What leaves a call beside its span.
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
        // A span that was started with the model's name has it, and a key may stand on a span once.
        let model = call.request.model.as_deref();
        let model = model.filter(|_| observation.model.is_none());
        attributes.text(names::GEN_AI_REQUEST_MODEL, model);
        attributes.request(call);
        attributes.response(call);
        attributes.usage(&call.usage);
        attributes.cost(call.cost.as_ref());
        attributes.spanloom(call, observation.dropped_bytes());
        attributes.set(names::GEN_AI_EMBEDDINGS_DIMENSION_COUNT, reading.dimensions);
        attributes.monitor(observation);
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

/// The events of a call, where a logger provider takes them.
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

/// `{operation} {model}`, as the convention names spans.
pub(crate) fn name(endpoint: Endpoint, model: &str) -> String {
    [endpoint.operation(), " ", model].concat()
}
