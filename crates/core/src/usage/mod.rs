//! Token counts of one call.
//!
//! | file | what |
//! |---|---|
//! | `count` | each count, with its names in bodies and spans |
//! | `body` | the usage and the cost in an answer |
//! | `settle` | counts that a provider adds to others, distinguished by arithmetic |

mod body;
mod count;
mod settle;

pub(crate) use body::{Reported, of_costs, of_object, read, rounded};
pub(crate) use count::COUNTS;
pub(crate) use settle::settle;

/// Tokens of one call, as billed.
///
/// `None` means the count is not known; it is never written as 0. Source: GenAI semantic conventions, `gen_ai.usage.*`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt, cached ones included, ≥ 0.
    pub input_tokens: Option<u64>,
    /// Tokens of the answer, reasoning included, ≥ 0. `None` for embeddings.
    pub output_tokens: Option<u64>,
    /// Part of `input_tokens` that was read from the provider's prompt cache.
    pub cache_read_tokens: Option<u64>,
    /// Part of `input_tokens` that was written to the provider's prompt cache.
    pub cache_write_tokens: Option<u64>,
    /// Part of `cache_write_tokens` that the cache keeps for an hour or longer.
    pub cache_write_1h_tokens: Option<u64>,
    /// Part of `output_tokens` spent on reasoning.
    pub reasoning_tokens: Option<u64>,
    /// Part of `output_tokens` that only the provider's total shows: no count names it. It is priced as output.
    pub unnamed_output_tokens: Option<u64>,
    /// Part of `input_tokens` that was text.
    pub text_input_tokens: Option<u64>,
    /// Part of `input_tokens` that was images.
    pub image_input_tokens: Option<u64>,
    /// Part of `input_tokens` that was audio.
    pub audio_input_tokens: Option<u64>,
    /// Part of `output_tokens` that was text.
    pub text_output_tokens: Option<u64>,
    /// Part of `output_tokens` that was images.
    pub image_output_tokens: Option<u64>,
    /// Part of `output_tokens` that was audio.
    pub audio_output_tokens: Option<u64>,
    /// Part of `cache_read_tokens` that was text.
    pub text_cache_read_tokens: Option<u64>,
    /// Part of `cache_read_tokens` that was images.
    pub image_cache_read_tokens: Option<u64>,
    /// Part of `cache_read_tokens` that was audio.
    pub audio_cache_read_tokens: Option<u64>,
    /// The source of the counts; `None` while nothing is known.
    pub source: Option<UsageSource>,
}

impl Usage {
    /// Returns the known counts, each with its attribute in the convention.
    pub fn counts(mut self) -> impl Iterator<Item = (&'static str, u64)> {
        COUNTS.iter().filter_map(move |count| {
            let name = count.attributes.first()?;
            Some((*name, (*(count.of)(&mut self))?))
        })
    }

    /// Returns whether any count is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.input_tokens.is_some() || self.output_tokens.is_some()
    }

    /// Returns the sum of input and output, when at least one is known.
    #[must_use]
    pub fn total_tokens(&self) -> Option<u64> {
        match (self.input_tokens, self.output_tokens) {
            (None, None) => None,
            (input, output) => Some(input.unwrap_or(0).saturating_add(output.unwrap_or(0))),
        }
    }
}

/// The source of token counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageSource {
    /// Counted by the provider, in its answer.
    Reported,
    /// Counted by us with the model's own tokenizer, because the provider sent no usage.
    Estimated,
    /// Counted by us with another model's tokenizer, because the model's own is not available.
    Rough,
}

impl UsageSource {
    /// Returns the word used on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Estimated => "estimated",
            Self::Rough => "rough",
        }
    }

    /// Returns whether the counts are estimates.
    #[must_use]
    pub const fn is_estimate(self) -> bool {
        matches!(self, Self::Estimated | Self::Rough)
    }

    /// Returns the source for a word on the wire.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Reported, Self::Estimated, Self::Rough]
            .into_iter()
            .find(|source| source.as_str() == word)
    }
}
