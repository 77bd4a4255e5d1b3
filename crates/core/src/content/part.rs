//! The field names of content, in the convention's messages and in the provider's own bodies.
//!
//! The table is inverted where it matters: inside a message every field that is not known to be structure is content,
//! so that a field a provider adds tomorrow falls under today's rules.

use crate::message::Kind;
use crate::semconv as names;

/// The JSON that a policy is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `gen_ai.input.messages`
    InputMessages,
    /// `gen_ai.output.messages`
    OutputMessages,
    /// `gen_ai.system_instructions`: parts with the role `system`.
    SystemInstructions,
    /// `gen_ai.tool.definitions`
    ToolDefinitions,
    /// `gen_ai.tool.call.arguments`: the arguments of a tool that the service runs.
    ToolCallArguments,
    /// `gen_ai.tool.call.result`
    ToolCallResult,
    /// `gen_ai.retrieval.query.text`
    RetrievalQuery,
    /// `gen_ai.retrieval.documents`
    RetrievalDocuments,
    /// The provider's own request body: chat completions, completions, Responses or embeddings.
    Request,
    /// The provider's own response body.
    Response,
    /// Monitor attributes: the user's own JSON object.
    Attributes,
}

impl Place {
    /// The places that are attributes of a span.
    const ATTRIBUTES: [(&'static str, Self); 11] = [
        (names::GEN_AI_INPUT_MESSAGES, Self::InputMessages),
        (names::GEN_AI_OUTPUT_MESSAGES, Self::OutputMessages),
        (names::GEN_AI_SYSTEM_INSTRUCTIONS, Self::SystemInstructions),
        (names::GEN_AI_TOOL_DEFINITIONS, Self::ToolDefinitions),
        (names::GEN_AI_TOOL_CALL_ARGUMENTS, Self::ToolCallArguments),
        (names::GEN_AI_TOOL_CALL_RESULT, Self::ToolCallResult),
        (names::GEN_AI_RETRIEVAL_QUERY_TEXT, Self::RetrievalQuery),
        (names::GEN_AI_RETRIEVAL_DOCUMENTS, Self::RetrievalDocuments),
        (names::SPANLOOM_REQUEST, Self::Request),
        (names::SPANLOOM_RESPONSE, Self::Response),
        (names::SPANLOOM_ATTRIBUTES, Self::Attributes),
    ];

    /// Returns the place for an attribute name, if the attribute is ours or the convention's.
    #[must_use]
    pub fn of_attribute(name: &str) -> Option<Self> {
        let found = Self::ATTRIBUTES
            .iter()
            .find(|(context, _)| *context == name);
        found.map(|(_, place)| *place)
    }
}

/// The kind of content that a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Words of a message: prompts, answers, instructions, texts to embed.
    Text,
    /// The model's reasoning before its answer, including its summary.
    Reasoning,
    /// The text of a model's refusal.
    Refusal,
    /// Arguments of a tool call.
    ToolCall,
    /// The result of a tool call.
    ToolResult,
    /// Description and parameters of a tool; its name is kept.
    ToolDefinition,
    /// An image, audio or a file, by value or by address.
    Media,
    /// An embedding.
    Embedding,
}

/// What is known about a position in the JSON.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Context<'a> {
    pub(super) role: Option<&'a str>,
    pub(super) part: Option<Part>,
}

impl<'a> Context<'a> {
    pub(super) fn role(self, role: &'a str) -> Self {
        let role = match role {
            "developer" => "system",
            "function" => "tool",
            role => role,
        };
        Self {
            role: Some(role),
            ..self
        }
    }

    pub(super) fn part(self, part: Part) -> Self {
        Self {
            part: Some(part),
            ..self
        }
    }

    /// Returns the part, inferred from the role where no field determines it.
    pub(super) fn kind(self) -> Part {
        match self.part {
            None | Some(Part::Text) if self.role == Some("tool") => Part::ToolResult,
            part => part.unwrap_or(Part::Text),
        }
    }

    /// Applies the `type` of an object.
    pub(super) fn of_type(self, kind: &str) -> Self {
        if self.part == Some(Part::ToolDefinition) {
            return self;
        }
        match Kind::of(kind) {
            Some(Kind::Text) => self.part(Part::Text),
            Some(Kind::Reasoning) => self.role("assistant").part(Part::Reasoning),
            Some(Kind::Refusal) => self.part(Part::Refusal),
            Some(Kind::ToolCall) => self.role("assistant").part(Part::ToolCall),
            Some(Kind::ToolResult) => self.role("tool").part(Part::ToolResult),
            Some(Kind::Image | Kind::Audio | Kind::File | Kind::Uri | Kind::Blob) => {
                self.part(Part::Media)
            }
            None => self.of_own_type(kind),
        }
    }

    /// Applies the `type` of an item or a tool call, which is not the type of a part.
    fn of_own_type(self, kind: &str) -> Self {
        match kind {
            "image" | "audio" => self.part(Part::Media),
            "function" | "custom" => self.part(Part::ToolCall),
            kind if kind.ends_with("_call") => self.role("assistant").part(Part::ToolCall),
            kind if kind.ends_with("_output") || kind.ends_with("_response") => {
                self.role("tool").part(Part::ToolResult)
            }
            _ => self,
        }
    }

    /// Applies the name of a field inside a message.
    pub(super) fn of_key(self, key: &str) -> Self {
        match key {
            "refusal" => self.part(Part::Refusal),
            "reasoning" | "reasoning_content" | "reasoning_details" | "summary"
            | "encrypted_content" | "thinking" => self.part(Part::Reasoning),
            "tool_calls" | "function_call" | "arguments" => self.part(Part::ToolCall),
            "response" => self.part(Part::ToolResult),
            "url" | "uri" | "image_url" | "input_audio" | "file" | "file_data" | "file_url"
            | "filename" | "b64_json" | "audio" => self.part(Part::Media),
            "embedding" => self.part(Part::Embedding),
            "message" | "delta" | "messages" | "parts" => Self { part: None, ..self },
            _ => self,
        }
    }
}

/// Returns the context of a top-level body field that holds content.
pub(super) fn entry(key: &str) -> Option<Context<'static>> {
    let context = Context::default();
    Some(match key {
        "messages" => context,
        "input" | "prompt" | "suffix" => context.role("user"),
        "instructions" => context.role("system"),
        "choices" | "output" | "output_text" | "prediction" | "data" => context.role("assistant"),
        "tools" | "functions" => context.part(Part::ToolDefinition),
        _ => return None,
    })
}

/// Returns whether a field of a message holds parts rather than content of its own.
pub(super) fn contains_parts(key: &str) -> bool {
    matches!(
        key,
        "content"
            | "parts"
            | "message"
            | "delta"
            | "messages"
            | "tool_calls"
            | "function"
            | "function_call"
            | "summary"
            | "input"
            | "output"
            | "image_url"
            | "input_audio"
            | "file"
    )
}

/// Returns whether a field is structure (a name, kind, id or state), which is kept unchanged.
pub(super) fn is_structure(key: &str) -> bool {
    matches!(
        key,
        "type"
            | "role"
            | "id"
            | "call_id"
            | "tool_call_id"
            | "name"
            | "finish_reason"
            | "index"
            | "object"
            | "model"
            | "status"
            | "mime_type"
            | "modality"
            | "format"
            | "detail"
            | "created"
            | "created_at"
            | "file_id"
            | "strict"
            | "version"
    )
}
