//! Messages, instructions and tools in the convention's shapes: the JSON texts of `gen_ai.input.messages`,
//! `gen_ai.output.messages`, `gen_ai.system_instructions` and `gen_ai.tool.definitions`.
//!
//! | file | what |
//! |---|---|
//! | `part` | the parts a message is made of |
//! | `plain` | messages that are a role and a text |
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
mod plain;
mod responses;
mod tool;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::field;
use crate::Endpoint;

/// What a model was asked, each as a JSON text; `None` where nothing of the kind was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// `gen_ai.system_instructions`: instructions given apart from the messages, which only the Responses API has.
    pub system_instructions: Option<String>,
    /// `gen_ai.input.messages`.
    pub input_messages: Option<String>,
    /// `gen_ai.tool.definitions`: the tools that were offered, with their descriptions and parameters. The convention
    /// wants those only where somebody asked for them: who records content did.
    pub tool_definitions: Option<String>,
}

/// Where the endpoints put what they are asked.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    prompt: Option<&'a RawValue>,
    #[serde(borrow)]
    instructions: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    /// What tools were called before there were others than functions.
    #[serde(borrow)]
    functions: Option<&'a RawValue>,
}

/// Reads what a model was asked. `body` is the request's, or for [`Endpoint::FetchResponse`] the answer's, which repeats
/// instructions and tools.
#[must_use]
pub fn asked(endpoint: Endpoint, body: &[u8]) -> Asked {
    // A text to embed is no message.
    if endpoint == Endpoint::Embeddings {
        return Asked::default();
    }
    let wire: Wire<'_> = field::body(body);
    let value = |raw| field::read(raw).unwrap_or(Value::Null);
    let messages = match endpoint {
        Endpoint::ChatCompletions => wire.messages.and_then(chat::input),
        Endpoint::Responses => text(&responses::input(&value(wire.input))),
        Endpoint::Completions => text(&completions::input(&value(wire.prompt))),
        Endpoint::FetchResponse | Endpoint::Embeddings => None,
    };
    let instructions = match endpoint {
        Endpoint::Responses | Endpoint::FetchResponse => {
            responses::instructions(&value(wire.instructions))
        }
        Endpoint::ChatCompletions | Endpoint::Completions | Endpoint::Embeddings => Vec::new(),
    };
    Asked {
        system_instructions: text(&instructions),
        input_messages: messages,
        tool_definitions: text(&tool::definitions(
            &value(wire.tools),
            &value(wire.functions),
        )),
    }
}

/// The messages of an answer, one for each choice, with their finish reasons in the convention's words; `None` when the
/// body has none.
#[must_use]
pub fn output_messages(endpoint: Endpoint, body: &[u8]) -> Option<String> {
    match endpoint {
        Endpoint::ChatCompletions => chat::output(body),
        Endpoint::Responses | Endpoint::FetchResponse => text(&responses::output(body)?),
        Endpoint::Completions => text(&completions::output(body)?),
        Endpoint::Embeddings => None,
    }
}

fn text(values: &[Value]) -> Option<String> {
    if values.is_empty() {
        return None;
    }
    serde_json::to_string(values).ok()
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

#[cfg(test)]
mod tests {
    use super::*;

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
            let asked = asked(endpoint, body);
            let input = asked.input_messages;
            let input = input.map(|input| serde_json::from_str::<Value>(&input).unwrap());
            let expected = message.map(|text| {
                serde_json::json!([{"role":"user","parts":[{"type":"text","content":text}]}])
            });
            assert_eq!(input, expected);
            assert_eq!(asked.system_instructions.is_some(), instructed);
            assert!(asked.tool_definitions.is_some());
        }
        assert_eq!(asked(Endpoint::Embeddings, body), Asked::default());
        assert_eq!(asked(Endpoint::ChatCompletions, b"no"), Asked::default());
    }
}
