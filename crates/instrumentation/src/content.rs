//! Which content of prompts and answers is recorded, and where.
//!
//! There are two independent settings: what a span carries ([`Content`]) and whether an operation details event is sent
//! in addition ([`Details`]). The environment sets both, with the values that the Python packages use:
//!
//! | `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` | span | details event |
//! |---|---|---|
//! | `NO_CONTENT`, `false`, unset | no content | none |
//! | `SPAN_ONLY`, `true` | messages | none |
//! | `EVENT_ONLY` | no content | with messages |
//! | `SPAN_AND_EVENT` | messages | with messages |
//!
//! `OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT=true|false` overrides whether the event is sent; an event that it alone
//! enables has no content. Values are case-insensitive. An unknown mode counts as `NO_CONTENT`, with a warning.

use spanloom_core::content::ContentPolicy;
use spanloom_core::semconv::{CAPTURE_MESSAGE_CONTENT, EMIT_EVENT};

use crate::event::Events;

/// The variables that limit the length of attribute values, the more specific one first.
const VALUE_LIMITS: [&str; 2] = [
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
];

/// The content recorded on spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// No prompts and no answers: parameters, tokens, times and outcomes only. The convention's default.
    #[default]
    Off,
    /// Messages, as `gen_ai.input.messages` and `gen_ai.output.messages`.
    Messages,
    /// The provider's own JSON, as `spanloom.request` and `spanloom.response`, for destinations that store records.
    Bodies,
    /// Both messages and bodies.
    Both,
}

/// Whether an operation details event is sent for each inference call, and what it carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Details {
    /// No event. The convention's default.
    #[default]
    Off,
    /// The span's attributes without messages.
    Attributes,
    /// The span's attributes, and the messages as structured values.
    Messages,
}

impl Content {
    /// Returns the span content set by the environment: [`Content::Messages`] if
    /// `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` is `SPAN_ONLY`, `SPAN_AND_EVENT` or the older `true`, in
    /// any letter case, [`Content::Off`] for any other value, and `None` if it is unset.
    #[must_use]
    pub fn from_env() -> Option<Self> {
        Environment::read().content
    }

    pub(crate) fn messages(self) -> bool {
        matches!(self, Self::Messages | Self::Both)
    }

    pub(crate) fn bodies(self) -> bool {
        matches!(self, Self::Bodies | Self::Both)
    }
}

/// The content that a layer records.
#[derive(Debug)]
pub(crate) struct Recording {
    /// The content on spans.
    pub(crate) content: Content,
    /// The content on events.
    pub(crate) details: Details,
    pub(crate) policy: ContentPolicy,
    /// Whether the segments of prompts are hashed.
    pub(crate) prompt_segments: bool,
    /// `None` without a logger provider.
    pub(crate) events: Option<Events>,
}

impl Recording {
    /// Returns whether any signal carries the messages.
    pub(crate) fn messages(&self) -> bool {
        self.content.messages() || self.events.is_some() && self.details == Details::Messages
    }
}

/// The settings in the environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    pub(crate) content: Option<Content>,
    pub(crate) details: Details,
    /// In bytes.
    pub(crate) value_limit: Option<usize>,
}

impl Environment {
    pub(crate) fn read() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let word = |name: &str| {
            variable(name)
                .map(|value| value.trim().to_ascii_uppercase())
                .filter(|value| !value.is_empty())
        };
        let mode = word(CAPTURE_MESSAGE_CONTENT).map(|word| mode(&word));
        let (content, captured) = mode.unwrap_or_default();
        let details = match word(EMIT_EVENT).as_deref() {
            Some("FALSE") => Details::Off,
            Some("TRUE") if captured == Details::Off => Details::Attributes,
            Some("TRUE") | None => captured,
            Some(_) => {
                unknown(EMIT_EVENT, "the capture mode decides");
                captured
            }
        };
        let limit = |name: &&str| {
            let word = word(name)?;
            let limit = word.parse().ok();
            if limit.is_none() {
                unknown(name, "it is as if it were unset");
            }
            limit
        };
        Self {
            content: mode.map(|_| content),
            details,
            value_limit: VALUE_LIMITS.iter().find_map(limit),
        }
    }
}

fn mode(word: &str) -> (Content, Details) {
    match word {
        "NO_CONTENT" | "FALSE" => (Content::Off, Details::Off),
        "SPAN_ONLY" | "TRUE" => (Content::Messages, Details::Off),
        "EVENT_ONLY" => (Content::Off, Details::Messages),
        "SPAN_AND_EVENT" => (Content::Messages, Details::Messages),
        _ => {
            unknown(CAPTURE_MESSAGE_CONTENT, "no content is recorded");
            (Content::Off, Details::Off)
        }
    }
}

/// Logs the variable, never its value: the value may be a secret in the wrong variable.
fn unknown(variable: &str, consequence: &str) {
    tracing::warn!(
        name: "spanloom.config.unknown_value",
        target: "spanloom",
        variable,
        "unknown value in {variable}: {consequence}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(capture: Option<&str>, emit: Option<&str>) -> (Option<Content>, Details) {
        let environment = Environment::of(|name| {
            let value = if name == EMIT_EVENT { emit } else { capture };
            value.map(str::to_owned)
        });
        (environment.content, environment.details)
    }

    #[test]
    fn the_modes_in_any_letter_case() {
        for (value, content, details) in [
            ("NO_CONTENT", Content::Off, Details::Off),
            ("false", Content::Off, Details::Off),
            ("span_only", Content::Messages, Details::Off),
            (" True ", Content::Messages, Details::Off),
            ("Event_Only", Content::Off, Details::Messages),
            ("SPAN_AND_EVENT", Content::Messages, Details::Messages),
            ("everything", Content::Off, Details::Off),
        ] {
            assert_eq!(
                environment(Some(value), None),
                (Some(content), details),
                "{value}"
            );
        }
        for unset in [None, Some(""), Some(" ")] {
            assert_eq!(environment(unset, None), (None, Details::Off));
        }
    }

    #[test]
    fn the_event_can_be_asked_for_and_forbidden_apart() {
        for (capture, emit, details) in [
            (None, "true", Details::Attributes),
            (Some("SPAN_ONLY"), "TRUE", Details::Attributes),
            (Some("NO_CONTENT"), "true", Details::Attributes),
            (Some("EVENT_ONLY"), "true", Details::Messages),
            (Some("SPAN_AND_EVENT"), "False", Details::Off),
            (Some("EVENT_ONLY"), "perhaps", Details::Messages),
            (None, "perhaps", Details::Off),
        ] {
            assert_eq!(
                environment(capture, Some(emit)).1,
                details,
                "{capture:?} {emit}"
            );
        }
    }
}
