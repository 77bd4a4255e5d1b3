//! What of a request becomes prompt tokens.

use std::borrow::Cow;

use spanloom_core::json::Node;

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
    pub(super) fn of(request: Node<'a>, model: Option<&str>, speaks: bool) -> Option<Self> {
        let [messages, input, plain, tools] =
            request.pick(["messages", "input", "prompt", "tools"]);
        let mut prompt = Self::default();
        let told = if let Some(messages) = messages {
            prompt.tokens += PER_PROMPT;
            prompt.messages(messages, model)
        } else if let Some(input) = input.filter(|_| speaks) {
            prompt.response(request, input, model)
        } else {
            prompt.plain(input.or(plain)?)
        };
        told.ok()?;
        prompt
            .texts
            .extend(tools.map(|tools| Cow::Owned(tools.written())));
        Some(prompt)
    }

    fn messages(&mut self, messages: Node<'a>, model: Option<&str>) -> Result<(), Untold> {
        if !messages.is_list() {
            return Err(Untold);
        }
        for message in messages.items() {
            self.tokens += PER_MESSAGE;
            self.part(message, model)?;
        }
        Ok(())
    }

    fn response(
        &mut self,
        request: Node<'a>,
        input: Node<'a>,
        model: Option<&str>,
    ) -> Result<(), Untold> {
        if ELSEWHERE.iter().any(|name| request.given(name).is_some()) {
            return Err(Untold);
        }
        self.tokens += PER_PROMPT;
        let instructions = request.get("instructions").and_then(Node::text);
        instructions.into_iter().for_each(|text| self.message(text));
        match input.text() {
            Some(text) => {
                self.message(text);
                Ok(())
            }
            None => self.messages(input, model),
        }
    }

    /// A message of text alone, its role being a token.
    fn message(&mut self, text: Cow<'a, str>) {
        self.tokens += PER_MESSAGE + 1;
        self.texts.push(text);
    }

    /// Text, texts, tokens, or lists of tokens.
    fn plain(&mut self, input: Node<'a>) -> Result<(), Untold> {
        if let Some(text) = input.text() {
            self.texts.push(text);
        } else if input.is_list() {
            input.items().try_for_each(|item| self.plain(item))?;
        } else {
            let count = u64::try_from(input.numbers()).unwrap_or(u64::MAX);
            self.tokens += Some(count).filter(|count| *count > 0).ok_or(Untold)?;
        }
        Ok(())
    }

    /// Every string in a message except the ids and types that frame it.
    fn part(&mut self, value: Node<'a>, model: Option<&str>) -> Result<(), Untold> {
        self.texts.extend(value.text());
        value.items().try_for_each(|item| self.part(item, model))?;
        for (name, member) in value.members() {
            match &*name {
                "id" | "type" | "tool_call_id" | "call_id" | "status" | "detail" => {}
                "image_url" => self.tokens += picture(value, member, model),
                "input_audio" | "audio" | "file" | "file_id" | "file_data" | "file_url" => {
                    return Err(Untold);
                }
                _ => self.part(member, model)?,
            }
        }
        Ok(())
    }
}

/// Chat puts the address and the detail into an object, Responses beside each other.
fn picture(part: Node<'_>, image: Node<'_>, model: Option<&str>) -> u64 {
    let [url, detail] = image.pick(["url", "detail"]);
    let url = image.text().or_else(|| url?.text());
    let detail = detail.or_else(|| part.get("detail")).and_then(Node::text);
    image::tokens(model, url.as_deref().unwrap_or_default(), detail.as_deref())
}
