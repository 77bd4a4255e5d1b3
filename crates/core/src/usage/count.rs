//! The counts of a call, and their names.

use super::Usage;
use crate::semconv as names;

/// Selects one count of [`Usage`].
pub(crate) type Field = fn(&mut Usage) -> &mut Option<u64>;

/// One count of [`Usage`] on a span.
pub(crate) struct Count {
    /// Span attributes that report the count, in order of preference: the convention's, then those of other dialects.
    ///
    /// Source: GenAI semantic conventions; OpenInference 0.1.24, OpenLLMetry 0.33 to 0.62, Vercel AI SDK 4 to 6,
    /// pydantic-ai, Strands, Microsoft.Extensions.AI.
    pub(crate) attributes: &'static [&'static str],
    pub(crate) of: Field,
}

const fn count(attributes: &'static [&'static str], of: Field) -> Count {
    Count { attributes, of }
}

const INPUT_TOKENS: Field = |usage| &mut usage.input_tokens;
const OUTPUT_TOKENS: Field = |usage| &mut usage.output_tokens;
const CACHE_READ_TOKENS: Field = |usage| &mut usage.cache_read_tokens;
const CACHE_WRITE_TOKENS: Field = |usage| &mut usage.cache_write_tokens;
const REASONING_TOKENS: Field = |usage| &mut usage.reasoning_tokens;
const CACHE_WRITE_1H_TOKENS: Field = |usage| &mut usage.cache_write_1h_tokens;
const UNNAMED_OUTPUT_TOKENS: Field = |usage| &mut usage.unnamed_output_tokens;
const TEXT_INPUT_TOKENS: Field = |usage| &mut usage.text_input_tokens;
const IMAGE_INPUT_TOKENS: Field = |usage| &mut usage.image_input_tokens;
const AUDIO_INPUT_TOKENS: Field = |usage| &mut usage.audio_input_tokens;
const TEXT_OUTPUT_TOKENS: Field = |usage| &mut usage.text_output_tokens;
const IMAGE_OUTPUT_TOKENS: Field = |usage| &mut usage.image_output_tokens;
const AUDIO_OUTPUT_TOKENS: Field = |usage| &mut usage.audio_output_tokens;
const TEXT_CACHE_READ_TOKENS: Field = |usage| &mut usage.text_cache_read_tokens;
const IMAGE_CACHE_READ_TOKENS: Field = |usage| &mut usage.image_cache_read_tokens;
const AUDIO_CACHE_READ_TOKENS: Field = |usage| &mut usage.audio_cache_read_tokens;

pub(crate) const COUNTS: [Count; 16] = [
    count(
        &[
            names::GEN_AI_USAGE_INPUT_TOKENS,
            "gen_ai.usage.prompt_tokens",
            "llm.token_count.prompt",
            "gen_ai.response.input_tokens",
            "ai.usage.promptTokens",
            "ai.usage.inputTokens",
        ],
        INPUT_TOKENS,
    ),
    count(
        &[
            names::GEN_AI_USAGE_OUTPUT_TOKENS,
            "gen_ai.usage.completion_tokens",
            "llm.token_count.completion",
            "gen_ai.response.output_tokens",
            "ai.usage.completionTokens",
            "ai.usage.outputTokens",
        ],
        OUTPUT_TOKENS,
    ),
    count(
        &[
            names::GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.details.cache_read_tokens",
            "gen_ai.usage.details.cached_tokens",
            "llm.token_count.prompt_details.cache_read",
            "llm.token_count.prompt_details.cache_input",
            "ai.usage.cachedInputTokens",
            "ai.usage.inputTokenDetails.cacheReadTokens",
        ],
        CACHE_READ_TOKENS,
    ),
    count(
        &[
            names::GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.cache_write_input_tokens",
            "gen_ai.usage.details.cache_write_tokens",
            "ai.usage.inputTokenDetails.cacheWriteTokens",
            "llm.token_count.prompt_details.cache_write",
        ],
        CACHE_WRITE_TOKENS,
    ),
    count(
        &[
            names::GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
            "gen_ai.usage.reasoning_tokens",
            "gen_ai.usage.details.reasoning_tokens",
            "gen_ai.usage.details.thoughts_tokens",
            "llm.token_count.completion_details.reasoning",
            "ai.usage.outputTokenDetails.reasoningTokens",
            "ai.usage.reasoningTokens",
        ],
        REASONING_TOKENS,
    ),
    count(
        &[names::SPANLOOM_USAGE_CACHE_WRITE_1H_INPUT_TOKENS],
        CACHE_WRITE_1H_TOKENS,
    ),
    count(
        &[names::SPANLOOM_USAGE_UNNAMED_OUTPUT_TOKENS],
        UNNAMED_OUTPUT_TOKENS,
    ),
    count(&[names::GEN_AI_USAGE_TEXT_INPUT_TOKENS], TEXT_INPUT_TOKENS),
    count(
        &[names::GEN_AI_USAGE_IMAGE_INPUT_TOKENS],
        IMAGE_INPUT_TOKENS,
    ),
    count(
        &[names::GEN_AI_USAGE_AUDIO_INPUT_TOKENS],
        AUDIO_INPUT_TOKENS,
    ),
    count(
        &[names::GEN_AI_USAGE_TEXT_OUTPUT_TOKENS],
        TEXT_OUTPUT_TOKENS,
    ),
    count(
        &[names::GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS],
        IMAGE_OUTPUT_TOKENS,
    ),
    count(
        &[names::GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS],
        AUDIO_OUTPUT_TOKENS,
    ),
    count(
        &[names::GEN_AI_USAGE_TEXT_CACHE_READ_INPUT_TOKENS],
        TEXT_CACHE_READ_TOKENS,
    ),
    count(
        &[names::GEN_AI_USAGE_IMAGE_CACHE_READ_INPUT_TOKENS],
        IMAGE_CACHE_READ_TOKENS,
    ),
    count(
        &[names::GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS],
        AUDIO_CACHE_READ_TOKENS,
    ),
];

/// Members of a body's `usage`, in order of preference: chat completions count `prompt_tokens` and `completion_tokens`,
/// the Responses API `input_tokens` and `output_tokens`. The providers of the other names are in `providers.md`.
pub(super) const TOP: [(&str, Field); 11] = [
    ("prompt_tokens", INPUT_TOKENS),
    ("input_tokens", INPUT_TOKENS),
    ("completion_tokens", OUTPUT_TOKENS),
    ("output_tokens", OUTPUT_TOKENS),
    ("cached_tokens", CACHE_READ_TOKENS),
    ("prompt_cache_hit_tokens", CACHE_READ_TOKENS),
    ("num_cached_tokens", CACHE_READ_TOKENS),
    ("cache_read_input_tokens", CACHE_READ_TOKENS),
    ("cache_creation_input_tokens", CACHE_WRITE_TOKENS),
    ("cache_write_tokens", CACHE_WRITE_TOKENS),
    ("reasoning_tokens", REASONING_TOKENS),
];

/// Members in the words of other APIs (Gemini, Bedrock, Ollama) and of instrumentations; read where the names above are
/// missing.
pub(super) const OTHER_WORDS: [(&str, Field); 25] = [
    ("input", INPUT_TOKENS),
    ("inputTokens", INPUT_TOKENS),
    ("promptTokenCount", INPUT_TOKENS),
    ("prompt_token_count", INPUT_TOKENS),
    ("promptTokens", INPUT_TOKENS),
    ("prompt_eval_count", INPUT_TOKENS),
    ("output", OUTPUT_TOKENS),
    ("outputTokens", OUTPUT_TOKENS),
    ("candidatesTokenCount", OUTPUT_TOKENS),
    ("candidates_token_count", OUTPUT_TOKENS),
    ("completionTokens", OUTPUT_TOKENS),
    ("eval_count", OUTPUT_TOKENS),
    ("cacheReadInputTokens", CACHE_READ_TOKENS),
    ("cachedContentTokenCount", CACHE_READ_TOKENS),
    ("cached_content_token_count", CACHE_READ_TOKENS),
    ("cachedInputTokens", CACHE_READ_TOKENS),
    ("input_cache_read", CACHE_READ_TOKENS),
    ("input_cached_tokens", CACHE_READ_TOKENS),
    ("cacheWriteInputTokens", CACHE_WRITE_TOKENS),
    ("input_cache_creation", CACHE_WRITE_TOKENS),
    ("thoughtsTokenCount", REASONING_TOKENS),
    ("thoughts_token_count", REASONING_TOKENS),
    ("reasoningTokens", REASONING_TOKENS),
    ("output_reasoning", REASONING_TOKENS),
    ("output_reasoning_tokens", REASONING_TOKENS),
];

/// Members of the details of the input.
pub(super) const INPUT: [(&str, Field); 8] = [
    ("cached_tokens", CACHE_READ_TOKENS),
    ("cache_write_tokens", CACHE_WRITE_TOKENS),
    ("cache_write_12h_tokens", CACHE_WRITE_1H_TOKENS),
    ("cache_creation_tokens", CACHE_WRITE_TOKENS),
    ("cache_creation_input_tokens", CACHE_WRITE_TOKENS),
    ("text_tokens", TEXT_INPUT_TOKENS),
    ("image_tokens", IMAGE_INPUT_TOKENS),
    ("audio_tokens", AUDIO_INPUT_TOKENS),
];

/// Members of the details of the cached part of the input.
pub(super) const CACHED: [(&str, Field); 3] = [
    ("text_tokens", TEXT_CACHE_READ_TOKENS),
    ("image_tokens", IMAGE_CACHE_READ_TOKENS),
    ("audio_tokens", AUDIO_CACHE_READ_TOKENS),
];

/// Members of the details of the output.
pub(super) const OUTPUT: [(&str, Field); 5] = [
    ("reasoning_tokens", REASONING_TOKENS),
    ("thinking_tokens", REASONING_TOKENS),
    ("text_tokens", TEXT_OUTPUT_TOKENS),
    ("image_tokens", IMAGE_OUTPUT_TOKENS),
    ("audio_tokens", AUDIO_OUTPUT_TOKENS),
];

/// Members of Anthropic's `cache_creation`, and of `LiteLLM`'s copy of it, by the lifetime of the entries.
pub(super) const LIFETIMES: [(&str, Field); 1] =
    [("ephemeral_1h_input_tokens", CACHE_WRITE_1H_TOKENS)];

/// Members of llama.cpp's `timings`, next to the usage.
pub(super) const TIMINGS: [(&str, Field); 1] = [("cache_n", CACHE_READ_TOKENS)];
