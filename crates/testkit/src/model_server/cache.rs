//! The prompt cache: the prompt prefixes that this server has seen.

use std::collections::HashSet;
use std::sync::Mutex;

use super::seed::Seed;
use super::token::{Token, narrow};
use crate::lock::lock;

/// OpenAI caches prefixes from 1,024 tokens on, in steps of 128. Test prompts are short, so both are divided by 64.
const MINIMUM: usize = 16;
const STEP: usize = 2;
/// Bounds memory during a long load test; a forgotten prefix is an uncached prompt, as with OpenAI.
const CAPACITY: usize = 65_536;

/// Hashes of the prefixes seen, one for each step.
#[derive(Debug, Default)]
pub(super) struct PromptCache(Mutex<HashSet<u64>>);

impl PromptCache {
    /// Returns how many tokens of this prompt were seen before with this model, and remembers the prompt.
    pub(super) fn cached(&self, model: &str, prompt: &[Token]) -> u32 {
        let beginnings = beginnings(model, prompt);
        let mut seen = lock(&self.0);
        let known = beginnings
            .iter()
            .take_while(|(_, hash)| seen.contains(hash))
            .last();
        let cached = known.map_or(0, |(length, _)| *length);
        if seen.len().saturating_add(beginnings.len()) > CAPACITY {
            seen.clear();
        }
        seen.extend(beginnings.iter().take(CAPACITY).map(|(_, hash)| *hash));
        narrow(cached)
    }
}

/// Returns the length and the hash of every prefix that may be cached, shortest first.
fn beginnings(model: &str, prompt: &[Token]) -> Vec<(usize, u64)> {
    let mut hash = Seed::new(0).mix(model.as_bytes());
    let mut found = Vec::new();
    for (at, token) in prompt.iter().enumerate() {
        hash = hash.mix(&token.to_le_bytes());
        let length = at + 1;
        if length >= MINIMUM && length % STEP == 0 {
            found.push((length, hash.number()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_seen_before_is_cached_from_sixteen_tokens_on() {
        let cache = PromptCache::default();
        let long: Vec<Token> = (0..30).collect();
        assert_eq!(cache.cached("gpt-4o", &long), 0);
        assert_eq!(cache.cached("gpt-4o", &long), 30);
        assert_eq!(
            cache.cached("gpt-4o-mini", &long),
            0,
            "each model has its own cache"
        );

        let other_end: Vec<Token> = (0..21).chain([99, 98, 97]).collect();
        assert_eq!(cache.cached("gpt-4o", &other_end), 20);
        let short: Vec<Token> = (0..15).collect();
        assert_eq!(cache.cached("gpt-4o", &short), 0);
    }
}
