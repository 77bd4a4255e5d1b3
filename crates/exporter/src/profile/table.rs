//! The names that W&B's mapping reads, and those it should read.

use spanloom_core::semconv as names;

/// The part of the names below a name that is read with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Below {
    /// Nothing.
    Nothing,
    /// Elements of a list: `gen_ai.prompt.0.role`, not `gen_ai.prompt.name`.
    Elements,
    /// All.
    Everything,
}

/// Only this name and [`OUTPUT`] are unpacked: their values become the call's inputs and output, without the name.
pub(super) const INPUT: &str = "input";
/// See [`INPUT`].
pub(super) const OUTPUT: &str = "output";

/// The names searched for a call's inputs; the first one present hides the rest.
pub(super) const INPUTS: &[(&str, Below)] = &[
    ("ai.prompt", Below::Everything),
    ("gen_ai.prompt", Below::Elements),
    ("input.value", Below::Everything),
    ("mlflow.spanInputs", Below::Everything),
    (names::GEN_AI_INPUT_MESSAGES, Below::Everything),
    ("pydantic_ai.all_messages", Below::Everything),
    ("traceloop.entity.input", Below::Everything),
    ("gcp.vertex.agent.tool_call_args", Below::Everything),
    ("gcp.vertex.agent.llm_request", Below::Everything),
    (INPUT, Below::Nothing),
    ("inputs", Below::Nothing),
];

/// The names searched for a call's output, in the same way.
pub(super) const OUTPUTS: &[(&str, Below)] = &[
    ("ai.response", Below::Everything),
    ("gen_ai.completion", Below::Elements),
    ("output.value", Below::Everything),
    (names::GEN_AI_OUTPUT_MESSAGES, Below::Everything),
    ("mlflow.spanOutputs", Below::Everything),
    ("final_result", Below::Everything),
    ("gen_ai.content.completion", Below::Everything),
    ("traceloop.entity.output", Below::Everything),
    ("gcp.vertex.agent.tool_response", Below::Everything),
    ("gcp.vertex.agent.llm_response", Below::Everything),
    (OUTPUT, Below::Nothing),
    ("outputs", Below::Nothing),
];

/// The names of content that a body contains as well.
pub(super) const WITH_INPUTS: &[&str] = &[
    names::GEN_AI_SYSTEM_INSTRUCTIONS,
    names::GEN_AI_TOOL_DEFINITIONS,
];

/// All other names that are read. The token counts are of one family only: counts under another name are added to it.
pub(super) const READ: &[(&str, Below)] = &[
    (names::GEN_AI_USAGE_INPUT_TOKENS, Below::Nothing),
    (names::GEN_AI_USAGE_OUTPUT_TOKENS, Below::Nothing),
    (CACHE_WRITE_TOKENS, Below::Nothing),
    (names::GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS, Below::Nothing),
    ("llm.usage.total_tokens", Below::Nothing),
    ("llm.token_count.total", Below::Nothing),
    (names::GEN_AI_SYSTEM_INSTRUCTIONS, Below::Everything),
    ("gen_ai.system", Below::Nothing),
    ("llm.system", Below::Nothing),
    (KIND, Below::Nothing),
    ("traceloop.span.kind", Below::Nothing),
    ("openinference.span.kind", Below::Nothing),
    (names::GEN_AI_RESPONSE_MODEL, Below::Nothing),
    (names::GEN_AI_REQUEST_MODEL, Below::Nothing),
    ("llm.model_name", Below::Nothing),
    ("ai.model.id", Below::Nothing),
    (names::GEN_AI_PROVIDER_NAME, Below::Nothing),
    ("llm.provider", Below::Nothing),
    ("ai.model.provider", Below::Nothing),
    ("gen_ai.request", Below::Everything),
    ("llm.invocation_parameters", Below::Everything),
    (names::GEN_AI_OPERATION_NAME, Below::Nothing),
    (names::GEN_AI_RESPONSE_ID, Below::Nothing),
    (names::GEN_AI_RESPONSE_FINISH_REASONS, Below::Everything),
    (AGENT_NAME, Below::Nothing),
    ("gen_ai.agent.id", Below::Nothing),
    (DISPLAY_NAME, Below::Nothing),
    (names::GEN_AI_CONVERSATION_ID, Below::Nothing),
    (VERTEX_SESSION, Below::Nothing),
    (THREAD, Below::Nothing),
    (IS_TURN, Below::Nothing),
    ("wandb.wb_run_id", Below::Nothing),
    ("wandb.wb_run_step", Below::Nothing),
    ("wandb.wb_run_step_end", Below::Nothing),
    ("langfuse.startTime", Below::Nothing),
    ("langfuse.endTime", Below::Nothing),
];

/// The names of token counts that are read, with the other names for each in order of preference.
pub(super) const COUNTS: &[(&str, &[&str])] = &[
    (
        names::GEN_AI_USAGE_INPUT_TOKENS,
        &[
            "gen_ai.usage.prompt_tokens",
            "llm.token_count.prompt",
            "ai.usage.promptTokens",
        ],
    ),
    (
        names::GEN_AI_USAGE_OUTPUT_TOKENS,
        &[
            "gen_ai.usage.completion_tokens",
            "llm.token_count.completion",
            "ai.usage.completionTokens",
        ],
    ),
    (
        CACHE_WRITE_TOKENS,
        &[
            names::GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
            "gen_ai.usage.cache_creation_input_tokens",
            "llm.token_count.prompt_details.cache_write",
        ],
    ),
    (
        names::GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
        &[
            "gen_ai.usage.cache_read_input_tokens",
            "llm.token_count.prompt_details.cache_read",
        ],
    ),
    (
        names::GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
        &[
            "gen_ai.usage.reasoning_tokens",
            "llm.token_count.completion_details.reasoning",
        ],
    ),
];

/// The names searched for a conversation's id, and for the session that takes its place if there is none.
pub(super) const CONVERSATIONS: &[&str] = &[names::GEN_AI_CONVERSATION_ID, VERTEX_SESSION, THREAD];

/// The names of a span's entity, project and stream.
pub(super) const ROUTING: [&[&str]; 3] = [
    &[names::SPANLOOM_ENTITY, ENTITY],
    &[names::SPANLOOM_PROJECT, PROJECT],
    &[names::SPANLOOM_STREAM, "wandb.stream"],
];

/// The ids that people group by, at the root of a call's attributes.
pub(super) const IDS: &[(&str, &[&str])] = &[
    ("tenant", &[names::SPANLOOM_TENANT]),
    ("session", &[names::SESSION_ID]),
    ("user", &[names::USER_ID, "enduser.id"]),
];

/// The names that may hold a span's kind. If W&B reads no attribute of a span, it replaces the attributes with the raw
/// ones, so each span is given a kind.
pub(super) const KINDS: &[&str] = &[KIND, "traceloop.span.kind", "openinference.span.kind"];

pub(super) const ENTITY: &str = "wandb.entity";
pub(super) const PROJECT: &str = "wandb.project";
pub(super) const ATTRIBUTES: &str = "wandb.attributes";
pub(super) const DISPLAY_NAME: &str = "wandb.display_name";
pub(super) const THREAD: &str = "wandb.thread_id";
pub(super) const IS_TURN: &str = "wandb.is_turn";
pub(super) const KIND: &str = "weave.span.kind";
pub(super) const STREAM: &str = "stream";
pub(super) const CONVERSATION_NAME: &str = "gen_ai.conversation.name";
/// The name of reasoning tokens in Agent Lens's list; its reader also takes the conventions' name.
pub(super) const REASONING_TOKENS: &str = "gen_ai.usage.reasoning_tokens";
pub(super) const AGENT_NAME: &str = "gen_ai.agent.name";
pub(super) const CACHE_WRITE_TOKENS: &str = "gen_ai.usage.cache_creation.input_tokens";
const VERTEX_SESSION: &str = "gcp.vertex.agent.session_id";

/// Returns whether a name of `table` reads `name`.
pub(super) fn reads(table: &[(&str, Below)], name: &str) -> bool {
    table.iter().any(|(read, below)| {
        let Some(rest) = name.strip_prefix(read) else {
            return false;
        };
        rest.is_empty()
            || rest.strip_prefix('.').is_some_and(|rest| match below {
                Below::Nothing => false,
                Below::Elements => rest.starts_with(|first: char| first.is_ascii_digit()),
                Below::Everything => true,
            })
    })
}
