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
    /// API `input_tokens` and `output_tokens`. The providers of the other names are in `providers.md`.
    pub(super) members: &'static [(Level, &'static str)],
    pub(crate) of: fn(&mut Usage) -> &mut Option<u64>,
}

/// The object that holds a count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// The usage itself.
    Top,
    /// The details of the input.
    Input,
    /// The details of the cached part of the input.
    Cached,
    /// The details of the output.
    Output,
    /// Anthropic's `cache_creation`, by the lifetime of the entries.
    Lifetimes,
    /// llama.cpp's `timings`, next to the usage.
    Timings,
}

impl Count {
    /// Creates a count with an attribute only in the convention and with one place in a body.
    const fn part(
        attribute: &'static [&'static str],
        member: &'static [(Level, &'static str)],
        of: fn(&mut Usage) -> &mut Option<u64>,
    ) -> Self {
        Self {
            attributes: attribute,
            members: member,
            of,
        }
    }
}

pub(crate) const COUNTS: [Count; 16] = [
    Count {
        attributes: &[
            names::GEN_AI_USAGE_INPUT_TOKENS,
            "gen_ai.usage.prompt_tokens",
            "llm.token_count.prompt",
            "gen_ai.response.input_tokens",
            "ai.usage.promptTokens",
            "ai.usage.inputTokens",
        ],
        members: &[
            (Level::Top, "prompt_tokens"),
            (Level::Top, "input_tokens"),
            (Level::Top, "input"),
            (Level::Top, "inputTokens"),
            (Level::Top, "promptTokenCount"),
            (Level::Top, "prompt_token_count"),
            (Level::Top, "promptTokens"),
            (Level::Top, "prompt_eval_count"),
        ],
        of: |usage| &mut usage.input_tokens,
    },
    Count {
        attributes: &[
            names::GEN_AI_USAGE_OUTPUT_TOKENS,
            "gen_ai.usage.completion_tokens",
            "llm.token_count.completion",
            "gen_ai.response.output_tokens",
            "ai.usage.completionTokens",
            "ai.usage.outputTokens",
        ],
        members: &[
            (Level::Top, "completion_tokens"),
            (Level::Top, "output_tokens"),
            (Level::Top, "output"),
            (Level::Top, "outputTokens"),
            (Level::Top, "candidatesTokenCount"),
            (Level::Top, "candidates_token_count"),
            (Level::Top, "completionTokens"),
            (Level::Top, "eval_count"),
        ],
        of: |usage| &mut usage.output_tokens,
    },
    Count {
        attributes: &[
            names::GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.details.cache_read_tokens",
            "gen_ai.usage.details.cached_tokens",
            "llm.token_count.prompt_details.cache_read",
            "llm.token_count.prompt_details.cache_input",
            "ai.usage.cachedInputTokens",
            "ai.usage.inputTokenDetails.cacheReadTokens",
        ],
        members: &[
            (Level::Input, "cached_tokens"),
            (Level::Top, "cached_tokens"),
            (Level::Top, "prompt_cache_hit_tokens"),
            (Level::Top, "num_cached_tokens"),
            (Level::Top, "cache_read_input_tokens"),
            (Level::Top, "cacheReadInputTokens"),
            (Level::Top, "cachedContentTokenCount"),
            (Level::Top, "cached_content_token_count"),
            (Level::Top, "cachedInputTokens"),
            (Level::Top, "input_cache_read"),
            (Level::Top, "input_cached_tokens"),
            (Level::Timings, "cache_n"),
        ],
        of: |usage| &mut usage.cache_read_tokens,
    },
    Count {
        attributes: &[
            names::GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.cache_write_input_tokens",
            "gen_ai.usage.details.cache_write_tokens",
            "ai.usage.inputTokenDetails.cacheWriteTokens",
            "llm.token_count.prompt_details.cache_write",
        ],
        members: &[
            (Level::Input, "cache_write_tokens"),
            (Level::Input, "cache_creation_tokens"),
            (Level::Input, "cache_creation_input_tokens"),
            (Level::Top, "cache_creation_input_tokens"),
            (Level::Top, "cache_write_tokens"),
            (Level::Top, "cacheWriteInputTokens"),
            (Level::Top, "input_cache_creation"),
        ],
        of: |usage| &mut usage.cache_write_tokens,
    },
    Count {
        attributes: &[
            names::GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
            "gen_ai.usage.reasoning_tokens",
            "gen_ai.usage.details.reasoning_tokens",
            "gen_ai.usage.details.thoughts_tokens",
            "llm.token_count.completion_details.reasoning",
            "ai.usage.outputTokenDetails.reasoningTokens",
            "ai.usage.reasoningTokens",
        ],
        members: &[
            (Level::Output, "reasoning_tokens"),
            (Level::Output, "thinking_tokens"),
            (Level::Top, "reasoning_tokens"),
            (Level::Top, "thoughtsTokenCount"),
            (Level::Top, "thoughts_token_count"),
            (Level::Top, "reasoningTokens"),
            (Level::Top, "output_reasoning"),
            (Level::Top, "output_reasoning_tokens"),
        ],
        of: |usage| &mut usage.reasoning_tokens,
    },
    Count::part(
        &[names::SPANLOOM_USAGE_CACHE_WRITE_1H_INPUT_TOKENS],
        &[(Level::Lifetimes, "ephemeral_1h_input_tokens")],
        |usage| &mut usage.cache_write_1h_tokens,
    ),
    Count::part(
        &[names::SPANLOOM_USAGE_UNNAMED_OUTPUT_TOKENS],
        &[],
        |usage| &mut usage.unnamed_output_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_TEXT_INPUT_TOKENS],
        &[(Level::Input, "text_tokens")],
        |usage| &mut usage.text_input_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_IMAGE_INPUT_TOKENS],
        &[(Level::Input, "image_tokens")],
        |usage| &mut usage.image_input_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_AUDIO_INPUT_TOKENS],
        &[(Level::Input, "audio_tokens")],
        |usage| &mut usage.audio_input_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_TEXT_OUTPUT_TOKENS],
        &[(Level::Output, "text_tokens")],
        |usage| &mut usage.text_output_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS],
        &[(Level::Output, "image_tokens")],
        |usage| &mut usage.image_output_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS],
        &[(Level::Output, "audio_tokens")],
        |usage| &mut usage.audio_output_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_TEXT_CACHE_READ_INPUT_TOKENS],
        &[(Level::Cached, "text_tokens")],
        |usage| &mut usage.text_cache_read_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_IMAGE_CACHE_READ_INPUT_TOKENS],
        &[(Level::Cached, "image_tokens")],
        |usage| &mut usage.image_cache_read_tokens,
    ),
    Count::part(
        &[names::GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS],
        &[(Level::Cached, "audio_tokens")],
        |usage| &mut usage.audio_cache_read_tokens,
    ),
];
