//! Messages, instructions and tools in the convention's shapes: the JSON texts of `gen_ai.input.messages`,
//! `gen_ai.output.messages`, `gen_ai.system_instructions` and `gen_ai.tool.definitions`.
//!
//! | file | what |
//! |---|---|
//! | `part` | the parts a message is made of |
//! | `chat` | messages and choices of chat completions |
//! | `responses` | what goes into and comes out of the Responses API |
//! | `item` | one item of the Responses API |
//! | `completions` | a prompt and its continuations |
//! | `tool` | the tools a request offers |
//!
//! Source: GenAI semantic conventions, `gen-ai-input-messages.json`, `gen-ai-output-messages.json`,
//! `gen-ai-system-instructions.json` and `gen-ai-tool-definitions.json`.

mod chat;
mod completions;
mod item;
mod part;
mod responses;
mod tool;

use serde_json::Value;

use crate::Endpoint;

/// The messages of a request; `None` when the body has none.
#[must_use]
pub fn input_messages(endpoint: Endpoint, body: &[u8]) -> Option<String> {
    text(match endpoint {
        Endpoint::ChatCompletions => chat::input(body)?,
        Endpoint::Responses => responses::input(body)?,
        Endpoint::Completions => completions::input(body)?,
        Endpoint::FetchResponse | Endpoint::Embeddings => return None,
    })
}

/// The messages of an answer, one for each choice, with their finish reasons in the convention's words; `None` when the
/// body has none.
#[must_use]
pub fn output_messages(endpoint: Endpoint, body: &[u8]) -> Option<String> {
    text(match endpoint {
        Endpoint::ChatCompletions => chat::output(body)?,
        Endpoint::Responses | Endpoint::FetchResponse => responses::output(body)?,
        Endpoint::Completions => completions::output(body)?,
        Endpoint::Embeddings => return None,
    })
}

/// The instructions given apart from the messages, which only the Responses API has. `body` is the request's, or for
/// [`Endpoint::FetchResponse`] the answer's, which repeats them.
#[must_use]
pub fn system_instructions(endpoint: Endpoint, body: &[u8]) -> Option<String> {
    text(match endpoint {
        Endpoint::Responses | Endpoint::FetchResponse => responses::instructions(body)?,
        Endpoint::ChatCompletions | Endpoint::Completions | Endpoint::Embeddings => return None,
    })
}

/// The tools a request offers, with their descriptions and parameters. `body` is the request's, or for
/// [`Endpoint::FetchResponse`] the answer's, which repeats them.
///
/// The convention wants descriptions and parameters only where somebody asked for them: who records content did.
#[must_use]
pub fn tool_definitions(endpoint: Endpoint, body: &[u8]) -> Option<String> {
    text(match endpoint {
        Endpoint::ChatCompletions | Endpoint::Responses | Endpoint::FetchResponse => {
            tool::definitions(body)?
        }
        Endpoint::Completions | Endpoint::Embeddings => return None,
    })
}

fn text(values: Vec<Value>) -> Option<String> {
    (!values.is_empty()).then(|| Value::Array(values).to_string())
}

/// The convention's word for a provider's finish reason. An answer that was cut off has none of its own and is an
/// `error`, as in the reference instrumentation.
fn finish_reason(reason: Option<&str>) -> &str {
    match reason {
        Some("tool_calls" | "function_call") => "tool_call",
        Some("max_tokens" | "model_length") => "length",
        Some(reason) => reason,
        None => "error",
    }
}
