//! The form of a finished span for each kind of OTLP destination.
//!
//! A collector gets the span as it is, without the bodies that only records need. W&B's two endpoints read some names
//! and overlook, duplicate or refuse other names, so a span is sorted for them first:
//!
//! - `table` lists the names they read, in order, and the other names with the same meaning;
//! - `dotted_names` keeps a name from appearing next to its own dotted child: W&B's reader makes a tree of the names
//!   and refuses the span (an older server, the whole request) if a name is both leaf and branch;
//! - `calls` is the form of `/otel/v1/traces` (Traces and Threads), `agents` that of `/agents/otel/v1/traces`, `turn`
//!   the span that the latter shows around a call of a conversation.
//!
//! Source: the latest mapping that W&B published (PyPI `weave` 0.52.43, `weave/trace_server/opentelemetry` and
//! `agents`); the tests in `tests/real/weave` run it. None of this was ever run against the hosted service.

mod agents;
mod attributes;
mod calls;
mod dotted_names;
mod table;
mod turn;
mod user_attributes;

use opentelemetry::trace::{SpanId, Status};
use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use spanloom_core::{StreamName, semconv as names};

/// A kind of OTLP destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Any collector: the conventions, nothing else.
    Collector,
    /// W&B Weave, where every span becomes a call.
    WandbOtlp,
    /// W&B's Agents view, where every span becomes a row with the conventions' columns and custom attributes.
    WandbAgents,
}

impl Profile {
    /// Returns the path below the destination's base address.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Collector => "/v1/traces",
            Self::WandbOtlp => "/otel/v1/traces",
            Self::WandbAgents => "/agents/otel/v1/traces",
        }
    }

    /// Converts a span to the form for this destination. `stream` is the span's own: see [`stream_of`].
    #[must_use]
    pub fn span(self, mut span: SpanData, stream: &StreamName) -> SpanData {
        if self == Self::Collector {
            let internal = [names::SPANLOOM_REQUEST, names::SPANLOOM_RESPONSE];
            span.attributes
                .retain(|attribute| !internal.contains(&attribute.key.as_str()));
            return span;
        }
        // A call with a parent that was sent elsewhere would not appear in any list of roots.
        if attribute(&span.attributes, names::SPANLOOM_OUTER_SPAN_ID).is_some() {
            span.parent_span_id = SpanId::INVALID;
            span.parent_span_is_remote = false;
        }
        if self == Self::WandbOtlp {
            span.status = status(span.status, &span.attributes);
        }
        let attributes = std::mem::take(&mut span.attributes);
        span.attributes = match self {
            Self::WandbOtlp => calls::attributes(&span.name, attributes, stream),
            Self::WandbAgents => agents::attributes(attributes, stream),
            Self::Collector => attributes,
        };
        for event in &mut span.events.events {
            dotted_names::resolve_prefix_conflicts(&mut event.attributes);
        }
        for link in &mut span.links.links {
            dotted_names::resolve_prefix_conflicts(&mut link.attributes);
        }
        span
    }

    /// Returns the turn of a conversation around a call that has none, and makes it the call's parent. `call` must have
    /// the form for this destination. Only the agents view has turns.
    #[must_use]
    pub fn turn(self, call: &mut SpanData) -> Option<SpanData> {
        match self {
            Self::WandbAgents => turn::around(call),
            Self::Collector | Self::WandbOtlp => None,
        }
    }

    /// Returns the resource of spans that go to `stream`: a request to W&B may hold several, one for each stream.
    #[must_use]
    pub fn resource(self, resource: &Resource, stream: &StreamName) -> Resource {
        if self == Self::Collector {
            return resource.clone();
        }
        let routing = [
            (table::ENTITY, &stream.entity),
            (table::PROJECT, &stream.project),
        ];
        let own = resource
            .iter()
            .filter(|(key, _)| routing.iter().all(|(name, _)| key.as_str() != *name))
            .map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let mut attributes: Vec<KeyValue> = own.collect();
        attributes.extend(routing.map(|(name, part)| KeyValue::new(name, part.clone())));
        dotted_names::resolve_prefix_conflicts(&mut attributes);
        let builder = Resource::builder_empty();
        match resource.schema_url() {
            Some(url) => builder.with_schema_url(attributes, url.to_owned()),
            None => builder.with_attributes(attributes),
        }
        .build()
    }
}

/// Returns the stream of a span: as named by the span, else by its resource, else `default`. W&B takes entity and
/// project from the resource, so spans that differ in them go under different resources.
#[must_use]
pub fn stream_of(span: &SpanData, resource: &Resource, default: &StreamName) -> StreamName {
    let part = |names: &[&str], default: &str| {
        let of_span = names
            .iter()
            .filter_map(|name| attribute(&span.attributes, name));
        let of_resource = names
            .iter()
            .filter_map(|name| resource.get_ref(&Key::from((*name).to_owned())));
        let named = of_span.chain(of_resource).find_map(|value| match value {
            Value::String(text) if StreamName::is_part(text.as_str()) => Some(text.as_str()),
            _ => None,
        });
        named.unwrap_or(default).to_owned()
    };
    let [entity, project, stream] = table::ROUTING;
    StreamName {
        entity: part(entity, &default.entity),
        project: part(project, &default.project),
        stream: part(stream, &default.stream),
    }
}

/// Returns the last attribute of that name, which OTLP readers take.
fn attribute<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a Value> {
    let found = attributes.iter().rev();
    let mut found = found.filter(|attribute| attribute.key.as_str() == name);
    found.next().map(|attribute| &attribute.value)
}

/// Returns the status with type and message in its text, which becomes the call's exception, as in a record.
fn status(status: Status, attributes: &[KeyValue]) -> Status {
    let Status::Error { description } = status else {
        return status;
    };
    let kind = match attribute(attributes, names::ERROR_TYPE) {
        Some(Value::String(kind)) => Some(kind.as_str()),
        _ => None,
    };
    Status::error(match (kind, description.as_ref()) {
        (None, "") => "error".to_owned(),
        (Some(kind), "") => kind.to_owned(),
        (Some(kind), message) => format!("{kind}: {message}"),
        (None, message) => message.to_owned(),
    })
}

#[cfg(test)]
mod tests;
