//! Which attribute says what, over all dialects: the first name that is present wins.
//!
//! Source: GenAI semantic conventions; the order in which W&B's own OTLP mapper looks (weave 0.52.43).

use crate::semconv as names;

pub(super) const OPERATION: &[&str] = &[names::GEN_AI_OPERATION_NAME];
pub(super) const PROVIDER: &[&str] = &[
    names::GEN_AI_PROVIDER_NAME,
    "gen_ai.system",
    "llm.provider",
    "llm.system",
    "ai.model.provider",
];
pub(super) const REQUEST_MODEL: &[&str] =
    &[names::GEN_AI_REQUEST_MODEL, "llm.model_name", "ai.model.id"];
pub(super) const RESPONSE_MODEL: &[&str] = &[names::GEN_AI_RESPONSE_MODEL, "ai.response.model"];
pub(super) const RESPONSE_ID: &[&str] = &[names::GEN_AI_RESPONSE_ID, "ai.response.id"];
pub(super) const FINISH_REASONS: &[&str] = &[
    names::GEN_AI_RESPONSE_FINISH_REASONS,
    "ai.response.finishReason",
];
pub(super) const INPUT_TOKENS: &[&str] = &[
    names::GEN_AI_USAGE_INPUT_TOKENS,
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "ai.usage.promptTokens",
];
pub(super) const OUTPUT_TOKENS: &[&str] = &[
    names::GEN_AI_USAGE_OUTPUT_TOKENS,
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "ai.usage.completionTokens",
];
pub(super) const CACHE_READ_TOKENS: &[&str] = &[
    names::GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
    "gen_ai.usage.cache_read_input_tokens",
    "llm.token_count.prompt_details.cache_read",
];
pub(super) const CACHE_WRITE_TOKENS: &[&str] = &[
    names::GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "llm.token_count.prompt_details.cache_write",
];
pub(super) const REASONING_TOKENS: &[&str] = &[
    names::GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
    "llm.token_count.completion_details.reasoning",
];
pub(super) const CONVERSATION: &[&str] = &[
    names::GEN_AI_CONVERSATION_ID,
    "session.id",
    "wandb.thread_id",
];
pub(super) const USER: &[&str] = &["user.id", "enduser.id"];
pub(super) const DISPLAY_NAME: &[&str] = &["wandb.display_name"];

/// Inputs and outputs of other instrumentations; kept under the attribute's own name, so that a reader knows the shape.
pub(super) const INPUTS: &[&str] = &[
    names::GEN_AI_INPUT_MESSAGES,
    "gen_ai.prompt",
    "input.value",
    "ai.prompt.messages",
    "ai.prompt",
    "traceloop.entity.input",
];
/// What belongs to the inputs beside their messages.
pub(super) const BESIDE_INPUTS: &[&str] = &[
    names::GEN_AI_SYSTEM_INSTRUCTIONS,
    names::GEN_AI_TOOL_DEFINITIONS,
];
pub(super) const OUTPUTS: &[&str] = &[
    names::GEN_AI_OUTPUT_MESSAGES,
    "gen_ai.completion",
    "output.value",
    "ai.response.text",
    "ai.response",
    "traceloop.entity.output",
];
