//! The [messages](crate::message), instructions and tools of bodies.
//!
//! | file | what |
//! |---|---|
//! | `chat` | messages and choices of chat completions |
//! | `responses` | input and output of the Responses API |
//! | `item` | one item of the Responses API |
//! | `completions` | a prompt and its continuations |
//! | `tool` | the tools a request offers |

mod chat;
mod completions;
mod item;
mod responses;
mod tool;

use std::borrow::Cow;

use crate::Endpoint;
use crate::json::Node;
use crate::message::{Message, Part, ToolDefinition};

/// The content of a model's prompt.
#[derive(Clone, Debug, Default)]
pub struct PromptContent<'d> {
    /// Instructions given apart from the messages, which only the Responses API supports.
    pub system_instructions: Vec<Part<'d>>,
    /// The prompt.
    pub input_messages: Vec<Message<'d>>,
    /// The tools that were offered, with their descriptions and parameters. The convention wants those details only on
    /// request; recording content is such a request.
    pub tool_definitions: Vec<ToolDefinition<'d>>,
}

/// Reads the content of a model's prompt. `body` is the request body, or for [`Endpoint::FetchResponse`] the answer
/// body, which repeats instructions and tools.
#[must_use]
pub fn prompt_content(endpoint: Endpoint, body: Node<'_>) -> PromptContent<'_> {
    let [messages, prompt, input, instructions, tools, functions] = body.pick([
        "messages",
        "prompt",
        "input",
        "instructions",
        "tools",
        "functions",
    ]);
    let input_messages = match endpoint {
        // A text to embed is not a message.
        Endpoint::Embeddings => return PromptContent::default(),
        Endpoint::ChatCompletions => messages.map(chat::input),
        Endpoint::Completions => prompt.map(completions::input),
        Endpoint::Responses => input.map(responses::input),
        Endpoint::FetchResponse => None,
    };
    let has_instructions = matches!(endpoint, Endpoint::Responses | Endpoint::FetchResponse);
    let instructions = instructions.filter(|_| has_instructions);
    PromptContent {
        system_instructions: instructions
            .map(responses::instructions)
            .unwrap_or_default(),
        input_messages: input_messages.unwrap_or_default(),
        tool_definitions: tool::definitions(tools, functions),
    }
}

/// Reads the messages of an answer, one for each choice, with their finish reasons in the convention's words.
#[must_use]
pub fn output_messages(endpoint: Endpoint, body: Node<'_>) -> Vec<Message<'_>> {
    match endpoint {
        Endpoint::ChatCompletions => chat::output(body),
        Endpoint::Responses | Endpoint::FetchResponse => responses::output(body),
        Endpoint::Completions => completions::output(body),
        Endpoint::Embeddings => Vec::new(),
    }
}

/// Returns the convention's word for a provider's finish reason. An answer that was cut off has no finish reason and
/// counts as an `error`, as in the reference instrumentation.
fn finish_reason(reason: Option<Cow<'_, str>>) -> Cow<'_, str> {
    match reason.as_deref() {
        Some("tool_calls" | "function_call") => "tool_call".into(),
        Some("max_tokens" | "model_length") => "length".into(),
        Some(_) => reason.unwrap_or_default(),
        None => "error".into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::json::Document;
    use crate::message::to_json;

    #[test]
    fn each_endpoint_is_asked_in_its_own_way() {
        let body = br#"{"messages":[{"role":"user","content":"m"}],"input":"i","prompt":"p","instructions":"be brief",
            "tools":[{"type":"web_search"}]}"#;
        for (endpoint, message, instructed) in [
            (Endpoint::ChatCompletions, Some("m"), false),
            (Endpoint::Responses, Some("i"), true),
            (Endpoint::Completions, Some("p"), false),
            (Endpoint::FetchResponse, None, true),
        ] {
            let document = Document::read(body);
            let asked = prompt_content(endpoint, document.root());
            let input = to_json(&asked.input_messages);
            let input = input.map(|input| serde_json::from_str::<Value>(&input).unwrap());
            let expected = message.map(|text| {
                serde_json::json!([{"role":"user","parts":[{"type":"text","content":text}]}])
            });
            assert_eq!(input, expected);
            assert_eq!(!asked.system_instructions.is_empty(), instructed);
            assert!(!asked.tool_definitions.is_empty());
        }
        for (endpoint, body) in [
            (Endpoint::Embeddings, &body[..]),
            (Endpoint::ChatCompletions, b"no"),
        ] {
            let document = Document::read(body);
            let asked = prompt_content(endpoint, document.root());
            assert!(asked.input_messages.is_empty() && asked.tool_definitions.is_empty());
        }
    }
}
