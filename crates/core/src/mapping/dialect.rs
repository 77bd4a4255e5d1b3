//! The attribute names for each value, across all dialects: the first name that is present wins.
//!
//! Source: GenAI semantic conventions; the lookup order of W&B's own OTLP mapper (weave 0.52.43).

use crate::semconv as names;

/// Words for the kind of a span: attribute, case-insensitive value, `gen_ai.operation.name` of the operation they mean.
///
/// Source: OpenInference 0.1.24, OpenLLMetry (opentelemetry-semantic-conventions-ai 0.4), Vercel AI SDK 5.
pub(super) const OPERATIONS: &[(&str, &str, &str)] = &[
    ("openinference.span.kind", "LLM", "chat"),
    ("openinference.span.kind", "EMBEDDING", "embeddings"),
    ("openinference.span.kind", "TOOL", "execute_tool"),
    ("openinference.span.kind", "AGENT", "invoke_agent"),
    ("openinference.span.kind", "CHAIN", "invoke_workflow"),
    ("openinference.span.kind", "RETRIEVER", "retrieval"),
    ("llm.request.type", "chat", "chat"),
    ("llm.request.type", "completion", "text_completion"),
    ("llm.request.type", "embedding", "embeddings"),
    ("traceloop.span.kind", "tool", "execute_tool"),
    ("traceloop.span.kind", "agent", "invoke_agent"),
    ("traceloop.span.kind", "workflow", "invoke_workflow"),
    ("ai.operationId", "ai.generateText.doGenerate", "chat"),
    ("ai.operationId", "ai.streamText.doStream", "chat"),
    ("ai.operationId", "ai.generateObject.doGenerate", "chat"),
    ("ai.operationId", "ai.streamObject.doStream", "chat"),
    ("ai.operationId", "ai.embed.doEmbed", "embeddings"),
    ("ai.operationId", "ai.embedMany.doEmbed", "embeddings"),
    ("ai.operationId", "ai.toolCall", "execute_tool"),
    ("ai.operationId", "ai.generateText", "invoke_workflow"),
    ("ai.operationId", "ai.streamText", "invoke_workflow"),
    ("ai.operationId", "ai.generateObject", "invoke_workflow"),
    ("ai.operationId", "ai.streamObject", "invoke_workflow"),
    ("ai.operationId", "ai.embed", "invoke_workflow"),
    ("ai.operationId", "ai.embedMany", "invoke_workflow"),
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
    "embedding.model_name",
    "ai.model.id",
];
pub(super) const RESPONSE_MODEL: &[&str] = &[names::GEN_AI_RESPONSE_MODEL, "ai.response.model"];
pub(super) const RESPONSE_ID: &[&str] = &[names::GEN_AI_RESPONSE_ID, "ai.response.id"];
pub(super) const FINISH_REASONS: &[&str] = &[
    names::GEN_AI_RESPONSE_FINISH_REASONS,
    "ai.response.finishReason",
];
pub(super) const CONVERSATION: &[&str] = &[
    names::GEN_AI_CONVERSATION_ID,
    "session.id",
    "wandb.thread_id",
];
pub(super) const USER: &[&str] = &["user.id", "enduser.id"];
pub(super) const DISPLAY_NAME: &[&str] = &["wandb.display_name"];

/// Content of other instrumentations that is neither a request nor an answer, or is not read as one: tool arguments and
/// results, documents, legacy events.
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
    "pydantic_ai.all_messages",
    "all_messages_events",
    "final_result",
    "request_data",
    "response_data",
];
/// More names of such content, by prefix.
pub(super) const OTHER_CONTENT_BELOW: &[&str] = &[
    names::GEN_AI_PROMPT_VARIABLE,
    "llm.tools.",
    "retrieval.documents.",
    "reranker.",
    "metadata.document",
];
