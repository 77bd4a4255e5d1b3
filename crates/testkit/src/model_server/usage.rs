//! The tokens of an answer.

use std::ops::AddAssign;

use serde_json::{Value, json};

/// The tokens of one answer, or the sum of many, as OpenAI counts them.
///
/// Counted with the model's own tokenizer (`cl100k_base` or `o200k_base`), including the overhead of each message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenUsage {
    /// Tokens of the prompt, including cached tokens.
    pub prompt_tokens: u64,
    /// Prompt tokens that this server had seen at the beginning of an earlier prompt. From 16 tokens on, in steps of
    /// two: OpenAI's 1,024 and 128, each divided by 64.
    pub cached_tokens: u64,
    /// Tokens of the answer, including reasoning tokens. 0 for embeddings.
    pub completion_tokens: u64,
    /// Tokens of the model's reasoning. 0 except for the `o` models and `gpt-5`.
    pub reasoning_tokens: u64,
}

impl TokenUsage {
    /// Returns the prompt and completion tokens together.
    #[must_use]
    pub fn total_tokens(&self) -> u64 {
        self.prompt_tokens.saturating_add(self.completion_tokens)
    }

    /// Returns the usage in the format of a chat completion.
    pub(super) fn to_chat_json(self) -> Value {
        json!({
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.total_tokens(),
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": self.reasoning_tokens,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        })
    }

    /// Returns the usage in the format of a list of embeddings.
    pub(super) fn to_embedding_json(self) -> Value {
        json!({"prompt_tokens": self.prompt_tokens, "total_tokens": self.total_tokens()})
    }
}

impl AddAssign for TokenUsage {
    fn add_assign(&mut self, other: Self) {
        let add = |sum: &mut u64, more| *sum = sum.saturating_add(more);
        add(&mut self.prompt_tokens, other.prompt_tokens);
        add(&mut self.cached_tokens, other.cached_tokens);
        add(&mut self.completion_tokens, other.completion_tokens);
        add(&mut self.reasoning_tokens, other.reasoning_tokens);
    }
}
