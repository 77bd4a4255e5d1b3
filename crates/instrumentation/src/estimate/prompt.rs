//! What of a request becomes prompt tokens.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::image;

/// Tokens OpenAI's chat format adds to a message, and to the whole prompt. Source: OpenAI cookbook, "How to count
/// tokens with tiktoken".
const PER_MESSAGE: u64 = 3;
const PER_PROMPT: u64 = 3;

/// The texts of a prompt, and the tokens it has besides.
#[derive(Debug, Default)]
pub(super) struct Prompt<'a> {
    pub(super) texts: Vec<Cow<'a, str>>,
    pub(super) tokens: u64,
}

/// A part of the prompt whose tokens cannot be told: audio, a file, a conversation the provider keeps.
#[derive(Debug)]
pub(super) struct Untold;

/// Where a Responses request names a prompt that is not in it.
const ELSEWHERE: [&str; 3] = ["previous_response_id", "conversation", "prompt"];

impl<'a> Prompt<'a> {
    /// The prompt of a chat, a response, a completion, or, when nothing `speaks` in answer to it, of an embedding.
    pub(super) fn of(request: &'a Value, model: Option<&str>, speaks: bool) -> Option<Self> {
        let request = request.as_object()?;
        let mut prompt = Self::default();
        let told = if let Some(messages) = request.get("messages") {
            prompt.tokens += PER_PROMPT;
            prompt.messages(messages, model)
        } else if let Some(input) = request.get("input").filter(|_| speaks) {
            prompt.response(request, input, model)
        } else {
            prompt.plain(request.get("input").or_else(|| request.get("prompt"))?)
        };
        told.ok()?;
        if let Some(tools) = request.get("tools") {
            prompt.texts.push(Cow::Owned(tools.to_string()));
        }
        Some(prompt)
    }

    fn messages(&mut self, messages: &'a Value, model: Option<&str>) -> Result<(), Untold> {
        for message in messages.as_array().ok_or(Untold)? {
            self.tokens += PER_MESSAGE;
            self.part(message, model)?;
        }
        Ok(())
    }

    fn response(
        &mut self,
        request: &'a Map<String, Value>,
        input: &'a Value,
        model: Option<&str>,
    ) -> Result<(), Untold> {
        let given = |name: &&str| request.get(*name).is_some_and(|value| !value.is_null());
        if ELSEWHERE.iter().any(given) {
            return Err(Untold);
        }
        self.tokens += PER_PROMPT;
        if let Some(instructions) = request.get("instructions").and_then(Value::as_str) {
            self.message(instructions);
        }
        match input {
            Value::String(text) => {
                self.message(text);
                Ok(())
            }
            items => self.messages(items, model),
        }
    }

    /// A message of text alone, its role being a token.
    fn message(&mut self, text: &'a str) {
        self.tokens += PER_MESSAGE + 1;
        self.texts.push(Cow::Borrowed(text));
    }

    /// Text, texts, tokens, or lists of tokens.
    fn plain(&mut self, input: &'a Value) -> Result<(), Untold> {
        match input {
            Value::String(text) => self.texts.push(Cow::Borrowed(text)),
            Value::Number(_) => self.tokens += 1,
            Value::Array(items) => items.iter().try_for_each(|item| self.plain(item))?,
            Value::Null | Value::Bool(_) | Value::Object(_) => return Err(Untold),
        }
        Ok(())
    }

    /// Every string in a message except the ids and types that frame it.
    fn part(&mut self, value: &'a Value, model: Option<&str>) -> Result<(), Untold> {
        match value {
            Value::String(text) => self.texts.push(Cow::Borrowed(text)),
            Value::Array(items) => items.iter().try_for_each(|item| self.part(item, model))?,
            Value::Object(fields) => {
                for (name, field) in fields {
                    match name.as_str() {
                        "id" | "type" | "tool_call_id" | "call_id" | "status" | "detail" => {}
                        "image_url" => self.tokens += picture(fields, field, model),
                        "input_audio" | "audio" | "file" | "file_id" | "file_data" | "file_url" => {
                            return Err(Untold);
                        }
                        _ => self.part(field, model)?,
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        Ok(())
    }
}

/// Chat puts the address and the detail into an object, Responses beside each other.
fn picture(part: &Map<String, Value>, image: &Value, model: Option<&str>) -> u64 {
    let url = image.as_str().or_else(|| image.get("url")?.as_str());
    let detail = image.get("detail").or_else(|| part.get("detail"));
    image::tokens(
        model,
        url.unwrap_or_default(),
        detail.and_then(Value::as_str),
    )
}
