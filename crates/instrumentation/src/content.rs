//! Whether prompts and answers are recorded.

use spanloom_core::semconv::CAPTURE_MESSAGE_CONTENT;

/// Which content goes on spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// No prompts and no answers: parameters, tokens, times and outcomes only. The convention's default.
    #[default]
    Off,
    /// As `gen_ai.input.messages` and `gen_ai.output.messages`.
    Messages,
    /// As `spanloom.request` and `spanloom.response`, the provider's own JSON, for destinations that store records.
    Bodies,
    /// Both.
    Both,
}

impl Content {
    /// What the environment says: `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` is `SPAN_ONLY`,
    /// `SPAN_AND_EVENT` or the older `true` for content on spans, anything else for none; `None` when it is unset.
    #[must_use]
    pub fn from_env() -> Option<Self> {
        let value = std::env::var(CAPTURE_MESSAGE_CONTENT).ok()?;
        Some(match value.trim().to_ascii_uppercase().as_str() {
            "SPAN_ONLY" | "SPAN_AND_EVENT" | "TRUE" => Self::Messages,
            _ => Self::Off,
        })
    }

    pub(crate) fn messages(self) -> bool {
        matches!(self, Self::Messages | Self::Both)
    }

    pub(crate) fn bodies(self) -> bool {
        matches!(self, Self::Bodies | Self::Both)
    }
}
