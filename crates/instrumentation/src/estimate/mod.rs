//! Token counts where the provider sent none, marked as estimates.
//!
//! An estimate covers the texts of the prompt and of the answer (including several choices and tool calls), the
//! overhead of the model's format, pictures by their published rules, tools and schemas as the model reads them. A prompt with audio or
//! files, or a prompt that the provider partly keeps (`previous_response_id`), has no estimate: its count would be
//! partial. Token ids in place of text are counted exactly.
//!
//! Of OpenAI's models, prompts and answers are exact in the median; of other makers' models they are rough, and are marked so
//! ([`Rough`](spanloom_core::UsageSource::Rough)), because their tokenizers are not public or not here. What a model reasoned is not known without usage.
//!
//! The work is bounded ([`count`]): hostile text costs no more than ordinary text.

mod answer;
mod count;
mod frame;
mod image;
mod prompt;
mod texts;
mod tools;

use std::borrow::Cow;

use spanloom_core::json::Node;
use spanloom_core::{Endpoint, Usage};

use self::frame::Frame;
use self::prompt::Prompt;

/// A part of the prompt with an unknown token count: audio, a file, a conversation that the provider keeps.
#[derive(Debug)]
struct Uncounted;

/// The maximum depth of a counted body: the traversal is recursive.
const DEEPEST: usize = 128;

/// Counts a request and the known part of its answer: the body of an answer in one piece or of an assembled stream, or
/// only the `text` that arrived. An answer in one piece without generated content has no estimate.
pub(crate) fn usage(
    endpoint: Endpoint,
    request: Node<'_>,
    model: Option<&str>,
    answer: Node<'_>,
    text: &str,
    streamed: bool,
) -> Usage {
    let is_read = |body: &Node<'_>| !body.is_cut() && body.depth() <= DEEPEST;
    let answer = Some(answer).filter(is_read);
    let answered = answer.map(|answer| answer::texts(endpoint, answer));
    let (texts, calls) = answered.unwrap_or_default();
    let mut texts = texts.0;
    let embeds = answer.is_some_and(answer::embeds);
    if texts.is_empty() && !text.is_empty() {
        texts.push(Cow::Borrowed(text));
    }
    // A fetched answer has no request with a prompt, and its tokens belong to the call that generated it.
    if !streamed && (request.is_null() || (texts.is_empty() && !embeds)) {
        return Usage::default();
    }
    let (bpe, source) = count::tokenizer(model);
    let request = Some(request).filter(is_read);
    let prompt = request.and_then(|request| Prompt::of(endpoint, request, model));
    let usage = Usage {
        input_tokens: prompt.map(|prompt| prompt.tokens + count::count(bpe, &prompt.texts.0)),
        output_tokens: (!embeds).then(|| {
            let frame = Frame::of(model).answer(endpoint, calls);
            count::count(bpe, &texts) + if texts.is_empty() { 0 } else { frame }
        }),
        ..Usage::default()
    };
    Usage {
        source: usage.is_known().then_some(source),
        ..usage
    }
}

#[cfg(test)]
mod tests;
