//! Token counts where the provider sent none: an estimate, and marked as one.
//!
//! Counted are the texts of the prompt and of the answer (several choices and tool calls included), with the overhead of
//! the chat format, pictures by their published rules and tools as their JSON. A prompt with audio or files, or one of
//! which the provider keeps a part (`previous_response_id`), has no estimate: a part is not the whole. Token ids in place
//! of text are counted exactly.
//!
//! The work is bounded ([`count`]): hostile text costs no more than ordinary text.

mod answer;
mod count;
mod image;
mod prompt;
mod texts;

use std::borrow::Cow;

use spanloom_core::json::Node;
use spanloom_core::{Endpoint, Usage, UsageSource};

use self::prompt::Prompt;

/// A part of the prompt whose tokens cannot be told: audio, a file, a conversation the provider keeps.
#[derive(Debug)]
struct Uncounted;

/// Of deeper bodies nothing is counted: the way through them goes down with them.
const DEEPEST: usize = 128;

/// Counts a request and what is known of its answer: the body of an answer in one piece or of an assembled stream, or no
/// more than the `text` that came. An answer in one piece that holds nothing generated has no estimate.
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
    let texts = answer.map(|answer| answer::texts(endpoint, answer).0);
    let mut texts = texts.unwrap_or_default();
    let embeds = answer.is_some_and(answer::embeds);
    if texts.is_empty() && !text.is_empty() {
        texts.push(Cow::Borrowed(text));
    }
    // An answer fetched later had no request with a prompt, and its tokens belong to the call that made it.
    if !streamed && (request.is_null() || (texts.is_empty() && !embeds)) {
        return Usage::default();
    }
    let bpe = count::tokenizer(model);
    let request = Some(request).filter(is_read);
    let prompt = request.and_then(|request| Prompt::of(endpoint, request, model));
    let usage = Usage {
        input_tokens: prompt.map(|prompt| prompt.tokens + count::count(bpe, &prompt.texts.0)),
        output_tokens: (!embeds).then(|| count::count(bpe, &texts)),
        ..Usage::default()
    };
    Usage {
        source: usage.is_known().then_some(UsageSource::Estimated),
        ..usage
    }
}

#[cfg(test)]
mod tests;
