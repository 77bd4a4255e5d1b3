//! The parts of a request that become prompt tokens.

use spanloom_core::json::Node;
use spanloom_core::message::{Message, Modality, Part};
use spanloom_core::{Endpoint, openai};

use super::frame::Frame;
use super::texts::Texts;
use super::tools::Definitions;
use super::{Uncounted, image};

/// The texts of a prompt, and its tokens that are not text.
#[derive(Debug, Default)]
pub(super) struct Prompt<'a> {
    pub(super) texts: Texts<'a>,
    pub(super) tokens: u64,
}

/// The members of a Responses request that refer to a prompt outside the request.
const ELSEWHERE: [&str; 3] = ["previous_response_id", "conversation", "prompt"];

impl<'a> Prompt<'a> {
    /// Returns the prompt of a request, or `None` if it is missing or incomplete.
    pub(super) fn of(endpoint: Endpoint, request: Node<'a>, model: Option<&str>) -> Option<Self> {
        let mut prompt = Self::default();
        let counted = match endpoint {
            Endpoint::ChatCompletions => {
                request
                    .get("messages")
                    .filter(|messages| messages.is_list())?;
                prompt.chat(endpoint, request, model)
            }
            Endpoint::Responses => {
                request.given("input")?;
                let is_elsewhere = ELSEWHERE.iter().any(|name| request.given(name).is_some());
                (!is_elsewhere).then(|| prompt.chat(endpoint, request, model))?
            }
            Endpoint::Completions => prompt.plain(request.get("prompt")?),
            Endpoint::Embeddings => prompt.plain(request.get("input")?),
            Endpoint::FetchResponse => return None,
        };
        counted.ok()?;
        if let Some(tools) = request.get("tools") {
            let definitions = Definitions::of(tools, Frame::of(model).functions(endpoint));
            prompt.tokens += definitions.tokens;
            prompt.texts.0.extend(definitions.texts);
        }
        let text = || request.get("text")?.get("format");
        if let Some(format) = request.get("response_format").or_else(text) {
            let definitions = Definitions::schema(format);
            prompt.tokens += definitions.tokens;
            prompt.texts.0.extend(definitions.texts);
        }
        Some(prompt)
    }

    fn chat(
        &mut self,
        endpoint: Endpoint,
        request: Node<'a>,
        model: Option<&str>,
    ) -> Result<(), Uncounted> {
        let frame = Frame::of(model);
        self.tokens += frame.prompt;
        let asked = openai::prompt_content(endpoint, request);
        let instructions = Message::new("system", asked.system_instructions);
        let instructions = Some(instructions).filter(|message| !message.parts.is_empty());
        for message in instructions.into_iter().chain(asked.input_messages) {
            self.tokens += frame.message;
            self.texts.0.push(message.role);
            self.texts
                .0
                .extend(message.name.map(|name| name.into_cow()));
            for part in message.parts {
                self.part(part, model)?;
            }
        }
        Ok(())
    }

    /// Adds a text, several texts, tokens, or lists of tokens.
    fn plain(&mut self, input: Node<'a>) -> Result<(), Uncounted> {
        if let Some(text) = input.text() {
            self.texts.0.push(text);
        } else if input.is_list() {
            input.items().try_for_each(|item| self.plain(item))?;
        } else {
            let count = u64::try_from(input.numbers()).unwrap_or(u64::MAX);
            self.tokens += Some(count).filter(|count| *count > 0).ok_or(Uncounted)?;
        }
        Ok(())
    }

    fn part(&mut self, part: Part<'a>, model: Option<&str>) -> Result<(), Uncounted> {
        match part {
            Part::Blob {
                modality: Modality::Image,
                content,
                detail,
                ..
            } => {
                let detail = detail.as_ref().map(|detail| detail.get());
                self.tokens += image::tokens(model, Some(&content.get()), detail.as_deref());
            }
            Part::Uri {
                modality: Modality::Image,
                detail,
                ..
            } => {
                let detail = detail.as_ref().map(|detail| detail.get());
                self.tokens += image::tokens(model, None, detail.as_deref());
            }
            Part::ToolResult {
                result: Some(result),
                ..
            } if result.is_list() => {
                for item in result.items() {
                    self.part(Part::read(item), model)?;
                }
            }
            part => {
                let is_call = matches!(part, Part::ToolCall { .. });
                self.tokens += if is_call {
                    Frame::of(model).earlier_call
                } else {
                    0
                };
                self.texts.part(part)?;
            }
        }
        Ok(())
    }
}
