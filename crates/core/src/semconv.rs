//! The names that spans and metrics carry. Every attribute name of the project is defined here, once.
//!
//! Source: OpenTelemetry GenAI semantic conventions, commit `fe5608e249` (2026-08-03) with the renames merged since;
//! `spanloom.*` is our own and declared in `semconv/spanloom.yaml` next to this crate's manifest.

/// The schema that the names follow.
pub const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev";

/// Declares attribute names as constants, with the name as documentation.
macro_rules! names {
    ($($constant:ident = $name:literal;)*) => {
        $(#[doc = concat!("`", $name, "`")] pub const $constant: &str = $name;)*
        /// Every name declared in this module, for conformance checks.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

names! {
    GEN_AI_OPERATION_NAME = "gen_ai.operation.name";
    GEN_AI_PROVIDER_NAME = "gen_ai.provider.name";
    GEN_AI_CONVERSATION_ID = "gen_ai.conversation.id";
    GEN_AI_CONVERSATION_COMPACTED = "gen_ai.conversation.compacted";
    GEN_AI_AGENT_NAME = "gen_ai.agent.name";
    GEN_AI_AGENT_ID = "gen_ai.agent.id";
    GEN_AI_AGENT_DESCRIPTION = "gen_ai.agent.description";
    GEN_AI_AGENT_VERSION = "gen_ai.agent.version";
    GEN_AI_WORKFLOW_NAME = "gen_ai.workflow.name";
    GEN_AI_DATA_SOURCE_ID = "gen_ai.data_source.id";
    GEN_AI_RETRIEVAL_TOP_K = "gen_ai.retrieval.top_k";
    GEN_AI_RETRIEVAL_QUERY_TEXT = "gen_ai.retrieval.query.text";
    GEN_AI_RETRIEVAL_DOCUMENTS = "gen_ai.retrieval.documents";
    GEN_AI_TOOL_NAME = "gen_ai.tool.name";
    GEN_AI_TOOL_TYPE = "gen_ai.tool.type";
    GEN_AI_TOOL_DESCRIPTION = "gen_ai.tool.description";
    GEN_AI_TOOL_CALL_ID = "gen_ai.tool.call.id";
    GEN_AI_TOOL_CALL_ARGUMENTS = "gen_ai.tool.call.arguments";
    GEN_AI_TOOL_CALL_RESULT = "gen_ai.tool.call.result";
    GEN_AI_PROMPT_NAME = "gen_ai.prompt.name";
    GEN_AI_PROMPT_VERSION = "gen_ai.prompt.version";
    GEN_AI_EVALUATION_NAME = "gen_ai.evaluation.name";
    GEN_AI_EVALUATION_SCORE_VALUE = "gen_ai.evaluation.score.value";
    GEN_AI_EVALUATION_SCORE_LABEL = "gen_ai.evaluation.score.label";
    GEN_AI_EVALUATION_EXPLANATION = "gen_ai.evaluation.explanation";
    GEN_AI_OUTPUT_TYPE = "gen_ai.output.type";
    GEN_AI_REQUEST_MODEL = "gen_ai.request.model";
    GEN_AI_REQUEST_CHOICE_COUNT = "gen_ai.request.choice.count";
    GEN_AI_REQUEST_ENCODING_FORMATS = "gen_ai.request.encoding_formats";
    GEN_AI_REQUEST_FREQUENCY_PENALTY = "gen_ai.request.frequency_penalty";
    GEN_AI_REQUEST_MAX_TOKENS = "gen_ai.request.max_tokens";
    GEN_AI_REQUEST_PRESENCE_PENALTY = "gen_ai.request.presence_penalty";
    GEN_AI_REQUEST_PREVIOUS_RESPONSE_ID = "gen_ai.request.previous_response.id";
    GEN_AI_REQUEST_REASONING_LEVEL = "gen_ai.request.reasoning.level";
    GEN_AI_REQUEST_SEED = "gen_ai.request.seed";
    GEN_AI_REQUEST_STOP_SEQUENCES = "gen_ai.request.stop_sequences";
    GEN_AI_REQUEST_STREAM = "gen_ai.request.stream";
    GEN_AI_REQUEST_STREAM_CURSOR = "gen_ai.request.stream_cursor";
    GEN_AI_REQUEST_TEMPERATURE = "gen_ai.request.temperature";
    GEN_AI_REQUEST_TOP_P = "gen_ai.request.top_p";
    GEN_AI_RESPONSE_FINISH_REASONS = "gen_ai.response.finish_reasons";
    GEN_AI_RESPONSE_ID = "gen_ai.response.id";
    GEN_AI_RESPONSE_MODEL = "gen_ai.response.model";
    GEN_AI_RESPONSE_STATUS = "gen_ai.response.status";
    GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK = "gen_ai.response.time_to_first_chunk";
    GEN_AI_EMBEDDINGS_DIMENSION_COUNT = "gen_ai.embeddings.dimension.count";
    GEN_AI_USAGE_INPUT_TOKENS = "gen_ai.usage.input_tokens";
    GEN_AI_USAGE_OUTPUT_TOKENS = "gen_ai.usage.output_tokens";
    GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS = "gen_ai.usage.cache_read.input_tokens";
    GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS = "gen_ai.usage.cache_write.input_tokens";
    GEN_AI_USAGE_REASONING_OUTPUT_TOKENS = "gen_ai.usage.reasoning.output_tokens";
    GEN_AI_USAGE_TEXT_INPUT_TOKENS = "gen_ai.usage.text.input_tokens";
    GEN_AI_USAGE_TEXT_OUTPUT_TOKENS = "gen_ai.usage.text.output_tokens";
    GEN_AI_USAGE_TEXT_CACHE_READ_INPUT_TOKENS = "gen_ai.usage.text.cache_read.input_tokens";
    GEN_AI_USAGE_IMAGE_INPUT_TOKENS = "gen_ai.usage.image.input_tokens";
    GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS = "gen_ai.usage.image.output_tokens";
    GEN_AI_USAGE_IMAGE_CACHE_READ_INPUT_TOKENS = "gen_ai.usage.image.cache_read.input_tokens";
    GEN_AI_USAGE_AUDIO_INPUT_TOKENS = "gen_ai.usage.audio.input_tokens";
    GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS = "gen_ai.usage.audio.output_tokens";
    GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS = "gen_ai.usage.audio.cache_read.input_tokens";
    GEN_AI_SYSTEM_INSTRUCTIONS = "gen_ai.system_instructions";
    GEN_AI_TOOL_DEFINITIONS = "gen_ai.tool.definitions";
    GEN_AI_INPUT_MESSAGES = "gen_ai.input.messages";
    GEN_AI_OUTPUT_MESSAGES = "gen_ai.output.messages";
    OPENAI_API_TYPE = "openai.api.type";
    OPENAI_REQUEST_SERVICE_TIER = "openai.request.service_tier";
    OPENAI_RESPONSE_SERVICE_TIER = "openai.response.service_tier";
    OPENAI_RESPONSE_SYSTEM_FINGERPRINT = "openai.response.system_fingerprint";
    ERROR_TYPE = "error.type";
    EXCEPTION_TYPE = "exception.type";
    EXCEPTION_MESSAGE = "exception.message";
    SERVER_ADDRESS = "server.address";
    SERVER_PORT = "server.port";
    HTTP_REQUEST_METHOD = "http.request.method";
    HTTP_RESPONSE_STATUS_CODE = "http.response.status_code";
    URL_FULL = "url.full";
    MCP_METHOD_NAME = "mcp.method.name";
    MCP_PROTOCOL_VERSION = "mcp.protocol.version";
    MCP_RESOURCE_URI = "mcp.resource.uri";
    MCP_SESSION_ID = "mcp.session.id";
    JSONRPC_REQUEST_ID = "jsonrpc.request.id";
    RPC_RESPONSE_STATUS_CODE = "rpc.response.status_code";
    NETWORK_TRANSPORT = "network.transport";
    NETWORK_PROTOCOL_NAME = "network.protocol.name";
    SESSION_ID = "session.id";
    USER_ID = "user.id";
    SPANLOOM_ENTITY = "spanloom.entity";
    SPANLOOM_CONVERSATION_NAME = "spanloom.conversation.name";
    SPANLOOM_TENANT = "spanloom.tenant";
    SPANLOOM_PROMPT_HASH = "spanloom.prompt.hash";
    SPANLOOM_PROJECT = "spanloom.project";
    SPANLOOM_STREAM = "spanloom.stream";
    SPANLOOM_ATTRIBUTES = "spanloom.attributes";
    GEN_AI_TOKEN_TYPE = "gen_ai.token.type";
    SPANLOOM_REQUEST = "spanloom.request";
    SPANLOOM_RESPONSE = "spanloom.response";
    SPANLOOM_OUTCOME = "spanloom.outcome";
    SPANLOOM_ATTEMPTS = "spanloom.attempts";
    SPANLOOM_CONTENT_DROPPED_BYTES = "spanloom.content.dropped_bytes";
    SPANLOOM_CONTENT_SAMPLED_OUT = "spanloom.content.sampled_out";
    SPANLOOM_OUTER_SPAN_ID = "spanloom.outer_span_id";
    SPANLOOM_USAGE_SOURCE = "spanloom.usage.source";
    SPANLOOM_USAGE_CACHE_WRITE_1H_INPUT_TOKENS = "spanloom.usage.cache_write_1h.input_tokens";
    SPANLOOM_USAGE_UNNAMED_OUTPUT_TOKENS = "spanloom.usage.unnamed_output_tokens";
    SPANLOOM_COST_TOTAL_USD = "spanloom.cost.total_usd";
    SPANLOOM_COST_INPUT_USD = "spanloom.cost.input_usd";
    SPANLOOM_COST_OUTPUT_USD = "spanloom.cost.output_usd";
    SPANLOOM_COST_SOURCE = "spanloom.cost.source";
    SPANLOOM_PRICE_DATE = "spanloom.price.date";
    SPANLOOM_PRICE_SOURCE = "spanloom.price.source";
    SPANLOOM_PROMPT_CACHE_COMPARISON_RESPONSE_ID = "spanloom.prompt_cache.comparison_response_id";
    SPANLOOM_PROMPT_CACHE_RESULT = "spanloom.prompt_cache.result";
    SPANLOOM_PROMPT_CACHE_MISS_REASON = "spanloom.prompt_cache.miss_reason";
    SPANLOOM_PROMPT_CACHE_MISSED_TOKENS = "spanloom.prompt_cache.missed_tokens";
    SPANLOOM_PROMPT_CACHE_REUSABLE_TOKENS = "spanloom.prompt_cache.reusable_tokens";
    SPANLOOM_PROMPT_CACHE_MISSED_USD = "spanloom.prompt_cache.missed_usd";
    SPANLOOM_PROMPT_CACHE_SEGMENTS = "spanloom.prompt_cache.segments";
}

/// The prefix of the attributes for a prompt's variables; the variable's own name follows.
pub const GEN_AI_PROMPT_VARIABLE: &str = "gen_ai.prompt.variable.";

/// The prefix of the attributes for headers of an answer; the header's name follows, in small letters.
pub const HTTP_RESPONSE_HEADER: &str = "http.response.header.";

/// Number of input and output tokens used.
pub const GEN_AI_CLIENT_TOKEN_USAGE: &str = "gen_ai.client.token.usage";
/// The duration of a call, in seconds.
pub const GEN_AI_CLIENT_OPERATION_DURATION: &str = "gen_ai.client.operation.duration";
/// Seconds to the first chunk of a streamed answer.
pub const GEN_AI_CLIENT_OPERATION_TIME_TO_FIRST_CHUNK: &str =
    "gen_ai.client.operation.time_to_first_chunk";
/// Seconds from one chunk of a streamed answer to the next.
pub const GEN_AI_CLIENT_OPERATION_TIME_PER_OUTPUT_CHUNK: &str =
    "gen_ai.client.operation.time_per_output_chunk";

/// The duration of one run of an agent, in seconds.
pub const GEN_AI_INVOKE_AGENT_DURATION: &str = "gen_ai.invoke_agent.duration";
/// The calls to models that one run of an agent made itself.
pub const GEN_AI_INVOKE_AGENT_INFERENCE_CALLS: &str = "gen_ai.invoke_agent.inference_calls";
/// The tools that one run of an agent called itself.
pub const GEN_AI_INVOKE_AGENT_TOOL_CALLS: &str = "gen_ai.invoke_agent.tool_calls";
/// The duration of one call of a tool, in seconds.
pub const GEN_AI_EXECUTE_TOOL_DURATION: &str = "gen_ai.execute_tool.duration";
/// The duration of one run of a workflow, in seconds.
pub const GEN_AI_INVOKE_WORKFLOW_DURATION: &str = "gen_ai.invoke_workflow.duration";

/// The duration of an MCP request as its client sees it, in seconds.
pub const MCP_CLIENT_OPERATION_DURATION: &str = "mcp.client.operation.duration";
/// The duration of an MCP request as its server sees it, in seconds.
pub const MCP_SERVER_OPERATION_DURATION: &str = "mcp.server.operation.duration";

/// The instrumentation scope of this project's own spans for calls.
pub const SCOPE: &str = "spanloom";

/// The log event with everything that a span of an inference call has, with content as structured values.
pub const GEN_AI_CLIENT_INFERENCE_OPERATION_DETAILS: &str =
    "gen_ai.client.inference.operation.details";
/// The log event of an evaluation of a call, correlated with the call's span.
pub const GEN_AI_EVALUATION_RESULT: &str = "gen_ai.evaluation.result";
/// The log event of a failed call.
pub const GEN_AI_CLIENT_OPERATION_EXCEPTION: &str = "gen_ai.client.operation.exception";

/// The environment variable, following the Python packages, that controls whether the details event is sent.
pub const EMIT_EVENT: &str = "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT";
/// The environment variable, following the Python packages, that controls where message content goes.
pub const CAPTURE_MESSAGE_CONTENT: &str = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";

#[cfg(test)]
mod tests {
    use super::ALL;

    /// A conformance checker reads the registry, which must match the code.
    #[test]
    fn our_own_names_are_declared() {
        let registry = include_str!("../semconv/spanloom.yaml");
        let declared = registry.match_indices("id: spanloom.").count();
        let ours = ALL.iter().filter(|name| name.starts_with("spanloom."));
        assert_eq!(ours.clone().count(), declared);
        for name in ours {
            let declaration = registry
                .split(['{', '\n'])
                .any(|line| line.contains(&format!("id: {name}")));
            assert!(declaration, "{name}");
        }
    }

    /// W&B's reader builds a tree from dotted names and rejects a span in which a name is both a leaf and a branch.
    #[test]
    fn no_name_is_a_dotted_parent_of_another() {
        for name in ALL {
            let branch = format!("{name}.");
            assert!(
                !ALL.iter().any(|other| other.starts_with(&branch)),
                "{name}"
            );
        }
    }
}
