//! Tables of attribute names by value. A dialect is the names of one instrumentation; of several names for one value, the
//! first that can be read wins.
//!
//! Source: GenAI semantic conventions; the lookup order of W&B's own OTLP mapper (weave 0.52.43).

use crate::semconv as names;

/// Words for the kind of a span, by attribute: the word, in any capitals, and the `gen_ai.operation.name` that it means.
///
/// Source: OpenInference 0.1.24, OpenLLMetry (opentelemetry-semantic-conventions-ai 0.4), Vercel AI SDK 5.
pub(super) const OPERATIONS: &[(&str, &[(&str, &str)])] = &[
    (
        "openinference.span.kind",
        &[
            ("LLM", "chat"),
            ("EMBEDDING", "embeddings"),
            ("TOOL", "execute_tool"),
            ("AGENT", "invoke_agent"),
            ("CHAIN", "invoke_workflow"),
            ("RETRIEVER", "retrieval"),
        ],
    ),
    (
        "llm.request.type",
        &[
            ("chat", "chat"),
            ("completion", "text_completion"),
            ("embedding", "embeddings"),
            ("acompletion", "chat"),
            ("aembedding", "embeddings"),
        ],
    ),
    (
        "traceloop.span.kind",
        &[
            ("tool", "execute_tool"),
            ("agent", "invoke_agent"),
            ("workflow", "invoke_workflow"),
        ],
    ),
    (
        "langfuse.observation.type",
        &[
            ("generation", "chat"),
            ("embedding", "embeddings"),
            ("tool", "execute_tool"),
            ("agent", "invoke_agent"),
            ("chain", "invoke_workflow"),
            ("retriever", "retrieval"),
        ],
    ),
    (
        "langsmith.span.kind",
        &[
            ("llm", "chat"),
            ("tool", "execute_tool"),
            ("chain", "invoke_workflow"),
            ("prompt", "invoke_workflow"),
            ("retriever", "retrieval"),
        ],
    ),
    (
        "mlflow.spanType",
        &[
            ("CHAT_MODEL", "chat"),
            ("LLM", "chat"),
            ("EMBEDDING", "embeddings"),
            ("TOOL", "execute_tool"),
            ("AGENT", "invoke_agent"),
            ("CHAIN", "invoke_workflow"),
            ("RETRIEVER", "retrieval"),
        ],
    ),
    (
        "ai.operationId",
        &[
            ("ai.generateText.doGenerate", "chat"),
            ("ai.streamText.doStream", "chat"),
            ("ai.generateObject.doGenerate", "chat"),
            ("ai.streamObject.doStream", "chat"),
            ("ai.embed.doEmbed", "embeddings"),
            ("ai.embedMany.doEmbed", "embeddings"),
            ("ai.toolCall", "execute_tool"),
            ("ai.generateText", "invoke_workflow"),
            ("ai.streamText", "invoke_workflow"),
            ("ai.generateObject", "invoke_workflow"),
            ("ai.streamObject", "invoke_workflow"),
            ("ai.embed", "invoke_workflow"),
            ("ai.embedMany", "invoke_workflow"),
        ],
    ),
];
/// Values of `gen_ai.operation.name` that the convention does not have, and the value that each means. `LiteLLM` calls a chat a
/// completion; OpenLLMetry, above, means the former endpoint by it. Sources: Semantic Kernel, Spring AI, `LiteLLM`.
pub(super) const OPERATION_WORDS: &[(&str, &str)] = &[
    ("text_completions", "text_completion"),
    ("embedding", "embeddings"),
    ("aembedding", "embeddings"),
    ("completion", "chat"),
    ("acompletion", "chat"),
    ("responses", "chat"),
    ("aresponses", "chat"),
    // Semantic Kernel before 1.40.
    ("chat.completions", "chat"),
    ("chat.streaming_completions", "chat"),
    ("text.completions", "text_completion"),
    ("text.streaming_completions", "text_completion"),
];
pub(super) const PROVIDER: &[&str] = &[
    names::GEN_AI_PROVIDER_NAME,
    "gen_ai.system",
    "llm.provider",
    "llm.system",
    "ai.model.provider",
];
pub(super) const REQUEST_MODEL: &[&str] = &[
    names::GEN_AI_REQUEST_MODEL,
    "llm.model_name",
    "llm.request.model_name",
    "embedding.model_name",
    "ai.model.id",
    "langfuse.observation.model.name",
    "mlflow.llm.model",
];
pub(super) const RESPONSE_MODEL: &[&str] = &[
    names::GEN_AI_RESPONSE_MODEL,
    "llm.response.model_name",
    "ai.response.model",
];
pub(super) const RESPONSE_ID: &[&str] = &[names::GEN_AI_RESPONSE_ID, "ai.response.id"];
pub(super) const FINISH_REASONS: &[&str] = &[
    names::GEN_AI_RESPONSE_FINISH_REASONS,
    "gen_ai.response.finish_reason",
    "ai.response.finishReason",
    "llm.finish_reason",
];
/// The sum of all tokens of a call.
pub(super) const TOTAL_TOKENS: &[&str] = &[
    "gen_ai.usage.total_tokens",
    "llm.usage.total_tokens",
    "llm.token_count.total",
    "ai.usage.totalTokens",
];
/// Attributes with an object of counts, as JSON.
pub(super) const USAGE_OBJECTS: &[&str] = &[
    super::unpack::USAGE,
    "langfuse.observation.usage_details",
    "mlflow.chat.tokenUsage",
];
/// Attributes with an object of costs in US dollars, as JSON.
pub(super) const COST_OBJECTS: &[&str] = &["langfuse.observation.cost_details", "mlflow.llm.cost"];
/// The cost in US dollars.
pub(super) const COST_TOTAL: &[&str] = &[
    names::SPANLOOM_COST_TOTAL_USD,
    "gen_ai.usage.cost",
    "gen_ai.usage.total_cost",
    "gen_ai.usage.cost.amount",
    "gen_ai.usage.cost.total",
    "gen_ai.cost.total_cost",
    "operation.cost",
    "llm.cost.total",
];
pub(super) const COST_INPUT: &[&str] = &[
    names::SPANLOOM_COST_INPUT_USD,
    "gen_ai.usage.input_cost",
    "gen_ai.usage.cost.input",
    "gen_ai.cost.input_cost",
    "llm.cost.prompt",
];
pub(super) const COST_OUTPUT: &[&str] = &[
    names::SPANLOOM_COST_OUTPUT_USD,
    "gen_ai.usage.output_cost",
    "gen_ai.usage.cost.output",
    "gen_ai.cost.output_cost",
    "llm.cost.completion",
];
pub(super) const COST_CURRENCY: &str = "gen_ai.usage.cost.currency";
/// Attributes with the time to the first chunk, and the factor that converts each to seconds.
pub(super) const FIRST_CHUNK: &[(&str, f64)] = &[
    (names::GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK, 1.0),
    ("gen_ai.client.operation.time_to_first_chunk", 1.0),
    ("gen_ai.server.time_to_first_token", 1e-3),
    ("ai.response.msToFirstChunk", 1e-3),
    ("ai.stream.msToFirstChunk", 1e-3),
];
/// The time at which the first chunk came.
pub(super) const FIRST_CHUNK_TIME: &[&str] = &["langfuse.observation.completion_start_time"];
pub(super) const CONVERSATION: &[&str] = &[
    names::GEN_AI_CONVERSATION_ID,
    "session.id",
    "gcp.vertex.agent.session_id",
    "langfuse.session.id",
    "wandb.thread_id",
];
pub(super) const CONVERSATION_NAME: &[&str] = &[
    names::SPANLOOM_CONVERSATION_NAME,
    "gen_ai.conversation.name",
];
pub(super) const USER: &[&str] = &["user.id", "enduser.id", "langfuse.user.id"];
pub(super) const DISPLAY_NAME: &[&str] = &["wandb.display_name"];

/// Further attributes that hold content, for `is_content`: arguments and results of tools, documents, events, and attributes that
/// `unpack` takes apart.
pub(super) const OTHER_CONTENT: &[&str] = &[
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.content.prompt",
    "gen_ai.content.completion",
    "gen_ai.event.content",
    "gen_ai.retrieval.documents",
    "gen_ai.retrieval.query.text",
    "tool.parameters",
    "llm.prompts",
    "llm.prompt_template.template",
    "llm.prompt_template.variables",
    "ai.prompt.tools",
    "ai.response.object",
    "ai.response.reasoning",
    "ai.toolCall.args",
    "ai.toolCall.result",
    "ai.value",
    "ai.values",
    "ai.embedding",
    "ai.embeddings",
    "all_messages_events",
    "events",
    "response_data",
    "gcp.vertex.agent.llm_request",
    "gcp.vertex.agent.llm_response",
    "gcp.vertex.agent.tool_call_args",
    "gcp.vertex.agent.tool_response",
    "gcp.vertex.agent.data",
    "mlflow.chat.tools",
    "tool_arguments",
    "tool_response",
];
/// More names of such content, by prefix.
pub(super) const OTHER_CONTENT_PREFIXES: &[&str] = &[
    names::GEN_AI_PROMPT_VARIABLE,
    "llm.tools.",
    "retrieval.documents.",
    "reranker.",
    "metadata.document",
];
