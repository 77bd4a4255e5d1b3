//! The counts of a call, and their names.

use super::Usage;
use crate::semconv as names;

/// One count of [`Usage`].
pub(crate) struct Count {
    /// Span attributes that report the count, in order of preference: the convention's, then those of other dialects.
    ///
    /// Source: GenAI semantic conventions; OpenInference 0.1.24, OpenLLMetry (opentelemetry-semantic-conventions-ai 0.4),
    /// Vercel AI SDK 5.
    pub(crate) attributes: &'static [&'static str],
    /// Members of a body's `usage` that report the count; the first that is a number is used.
    ///
    /// They cover both families of names: chat completions count `prompt_tokens` and `completion_tokens`, the Responses
    /// API `input_tokens` and `output_tokens`. Some compatible providers state the cached tokens next to the totals:
    /// Moonshot (`cached_tokens`), DeepSeek (`prompt_cache_hit_tokens`).
    pub(super) members: &'static [(Place, &'static str)],
    pub(crate) of: fn(&mut Usage) -> &mut Option<u64>,
}

/// The place of a count in a body's `usage`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Top,
    /// The details of the input.
    Input,
    /// The details of the cached part of the input.
    Cached,
    /// The details of the output.
    Output,
}

impl Count {
    /// Creates a count with an attribute only in the convention and with one place in a body.
    const fn part(
        attribute: &'static [&'static str],
        member: &'static [(Place, &'static str)],
        of: fn(&mut Usage) -> &mut Option<u64>,
    ) -> Self {
        Self {
            attributes: attribute,
            members: member,
            of,
        }
    }
}

pub(crate) const COUNTS: [Count; 14] = [
    Count {
        attributes: &[
            names::GEN_AI_USAGE_INPUT_TOKENS,
            "gen_ai.usage.prompt_tokens",
            "llm.token_count.prompt",
            "ai.usage.promptTokens",
            "ai.usage.inputTokens",
        ],
        members: &[(Place::Top, "prompt_tokens"), (Place::Top, "input_tokens")],
        of: |usage| &mut usage.input_tokens,
    },
    Count {
        attributes: &[
            names::GEN_AI_USAGE_OUTPUT_TOKENS,
            "gen_ai.usage.completion_tokens",
            "llm.token_count.completion",
            "ai.usage.completionTokens",
            "ai.usage.outputTokens",
        ],
        members: &[
            (Place::Top, "completion_tokens"),
            (Place::Top, "output_tokens"),
        ],
        of: |usage| &mut usage.output_tokens,
    },
    Count {
        attributes: &[
            names::GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
            "gen_ai.usage.cache_read_input_tokens",
            "llm.token_count.prompt_details.cache_read",
            "ai.usage.cachedInputTokens",
        ],
        members: &[
            (Place::Input, "cached_tokens"),
            (Place::Top, "cached_tokens"),
            (Place::Top, "prompt_cache_hit_tokens"),
        ],
        of: |usage| &mut usage.cache_read_tokens,
    },
    Count {
        attributes: &[
            names::GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "llm.token_count.prompt_details.cache_write",
        ],
        members: &[(Place::Input, "cache_write_tokens")],
        of: |usage| &mut usage.cache_write_tokens,
    },
    Count {
        attributes: &[
            names::GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
            "gen_ai.usage.reasoning_tokens",
            "llm.token_count.completion_details.reasoning",
            "ai.usage.reasoningTokens",
        ],
        members: &[(Place::Output, "reasoning_tokens")],
        of: |usage| &mut usage.reasoning_tokens,
    },
    Count::part(
        &[names::GEN_AI_USAGE_TEXT_INPUT_TOKENS],
        &[(Place::Input, "text_tokens")],
        |usage| &mut usage.text_input_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_IMAGE_INPUT_TOKENS],
        &[(Place::Input, "image_tokens")],
        |usage| &mut usage.image_input_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_AUDIO_INPUT_TOKENS],
        &[(Place::Input, "audio_tokens")],
        |usage| &mut usage.audio_input_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_TEXT_OUTPUT_TOKENS],
        &[(Place::Output, "text_tokens")],
        |usage| &mut usage.text_output_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS],
        &[(Place::Output, "image_tokens")],
        |usage| &mut usage.image_output_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS],
        &[(Place::Output, "audio_tokens")],
        |usage| &mut usage.audio_output_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_TEXT_CACHE_READ_INPUT_TOKENS],
        &[(Place::Cached, "text_tokens")],
        |usage| &mut usage.text_cache_read_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_IMAGE_CACHE_READ_INPUT_TOKENS],
        &[(Place::Cached, "image_tokens")],
        |usage| &mut usage.image_cache_read_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS],
        &[(Place::Cached, "audio_tokens")],
        |usage| &mut usage.audio_cache_read_tokens,
    ),
];
