//! Counting tokens as the model's own tokenizer does.

use serde_json::Value;
use tiktoken_rs::tokenizer::{Tokenizer, get_tokenizer};
use tiktoken_rs::{CoreBPE, bpe_for_tokenizer};

use super::request::{ChatRequest, Message};

/// Token numbers of the tokenizer; the marks between messages are ours, outside its range.
pub(super) type Token = u32;

const MARK: Token = Token::MAX;
/// The marks around one message: start, after the role, end. OpenAI's cookbook counts three for each message.
const MESSAGE_MARKS: usize = 3;
/// Every answer is primed with the start of an assistant message.
const ANSWER_MARKS: usize = 3;
/// Tokens that OpenAI adds once when tools are offered; within a few tokens of its bill for small definitions.
const TOOL_MARKS: usize = 9;

/// The tokenizer of one model, loaded on first use and kept for the process.
#[derive(Clone, Copy)]
pub(super) struct Counter(Option<&'static CoreBPE>);

impl Counter {
    /// Returns the tokenizer of a model; an unknown model is counted like the newest ones.
    pub(super) fn of(model: &str) -> Self {
        Self(bpe_for_tokenizer(get_tokenizer(model).unwrap_or(Tokenizer::O200kBase)).ok())
    }

    pub(super) fn tokens(self, text: &str) -> Vec<Token> {
        match self.0 {
            Some(bpe) => bpe.encode_ordinary(text),
            // The tables are compiled in, so this branch is never taken; four bytes per token is the usual estimate.
            None => vec![MARK; text.len().div_ceil(4)],
        }
    }

    pub(super) fn count(self, text: &str) -> u32 {
        narrow(self.tokens(text).len())
    }

    /// Returns the whole prompt as one sequence of tokens, including the overhead of its messages, so that its length
    /// is the billed count and its prefixes can be compared. Tools come first, as in OpenAI's own prompts.
    pub(super) fn prompt(self, request: &ChatRequest) -> Vec<Token> {
        let mut prompt = Vec::new();
        if !request.tools().is_empty() {
            prompt.extend([MARK; TOOL_MARKS]);
            for tool in request.tools() {
                prompt.extend(self.tokens(&Value::to_string(tool)));
            }
        }
        for message in request.messages() {
            self.message(message, &mut prompt);
        }
        prompt.extend([MARK; ANSWER_MARKS]);
        prompt
    }

    fn message(self, message: &Message, prompt: &mut Vec<Token>) {
        prompt.extend([MARK; MESSAGE_MARKS]);
        prompt.extend(self.tokens(&message.role));
        if let Some(name) = &message.name {
            prompt.push(MARK);
            prompt.extend(self.tokens(name));
        }
        prompt.extend(self.tokens(&message.text()));
        for call in message.tool_calls() {
            prompt.push(MARK);
            prompt.extend(self.tokens(&call.function.name));
            prompt.extend(self.tokens(&call.function.arguments));
        }
    }

    /// Returns the longest prefix of `text` that has at most `limit` tokens and consists of whole characters.
    pub(super) fn truncate(self, text: &str, limit: usize) -> String {
        let Some(bpe) = self.0 else {
            return text.chars().take(limit.saturating_mul(4)).collect();
        };
        let tokens = bpe.encode_ordinary(text);
        // A cut inside a character does not decode: drop tokens until it does.
        (0..=limit.min(tokens.len()))
            .rev()
            .find_map(|length| tokens.get(..length).and_then(|kept| bpe.decode(kept).ok()))
            .unwrap_or_default()
    }

    /// Splits the text into pieces of one token each, whole characters only: the deltas of a stream.
    pub(super) fn pieces(self, text: &str) -> Vec<String> {
        let Some(bpe) = self.0 else {
            return text.split_inclusive(' ').map(str::to_owned).collect();
        };
        let mut pieces = Vec::new();
        let mut open = Vec::new();
        for token in bpe.encode_ordinary(text) {
            open.push(token);
            if let Ok(piece) = bpe.decode(&open) {
                pieces.push(piece);
                open.clear();
            }
        }
        pieces
    }
}

/// Converts a count to its type on the wire; more than four billion exceeds any context window.
pub(super) fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: Value) -> ChatRequest {
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn a_prompt_counts_as_openai_counts_it() {
        // The cookbook's count: 3 marks, 1 role, 3 of `hello world!`, 3 for the answer.
        let messages = serde_json::json!([{"role": "user", "content": "hello world!"}]);
        let prompt = Counter::of("gpt-3.5-turbo")
            .prompt(&request(serde_json::json!({"messages": messages})));
        assert_eq!(prompt.len(), 10);
    }

    #[test]
    fn pieces_join_to_the_text_and_never_cut_a_character() {
        let text = "x = -2 ± i√5, beep 🤖 boop";
        let counter = Counter::of("gpt-4o-mini");
        assert_eq!(counter.pieces(text).concat(), text);
        for limit in 0..20 {
            assert!(text.starts_with(&counter.truncate(text, limit)));
        }
    }
}
