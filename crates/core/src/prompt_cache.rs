//! What a provider states about the reuse of a cached prompt.

use crate::Usd;
use crate::json::Node;

/// The diagnosis of a prompt's cache: how much of the prompt of an earlier response could be reused, and why no more.
///
/// Source: `prompt_cache_diagnostics` of OpenAI's Responses API, which a request asks for with
/// `prompt_cache_options.comparison_response_id`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromptCache {
    /// In the provider's words: `cache_hit`, `cache_miss`, `comparison_response_not_found`, `unavailable`.
    pub result: String,
    /// Why the prompt was not reused, in the provider's words, such as `tools_changed`.
    pub miss_reason: Option<String>,
    /// The tokens after the first difference, as the provider estimates them, >= 0.
    pub missed_tokens: Option<u64>,
    /// The tokens of the earlier prompt that could have been reused, >= 0.
    pub reusable_tokens: Option<u64>,
    /// What the missed tokens cost more than if they had been read from the cache; `None` without a price.
    pub missed_cost: Option<Usd>,
}

impl PromptCache {
    /// Reads the diagnosis in the body of a response.
    pub(crate) fn read(body: Node<'_>) -> Option<Self> {
        let diagnosis = body.get("prompt_cache_diagnostics")?;
        let count = |name| diagnosis.get(name).and_then(Node::u64);
        Some(Self {
            result: diagnosis.string("type")?,
            miss_reason: diagnosis.string("reason"),
            missed_tokens: count("cache_missed_tokens"),
            reusable_tokens: count("comparison_reusable_tokens"),
            missed_cost: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    fn read(body: &str) -> Option<PromptCache> {
        PromptCache::read(Document::read(body.as_bytes()).root())
    }

    #[test]
    fn a_miss_has_a_reason_and_counts() {
        let miss = read(
            r#"{"prompt_cache_diagnostics":{"type":"cache_miss","reason":"tools_changed","cache_missed_tokens":5629,
            "comparison_reusable_tokens":5700}}"#,
        );
        let expected = PromptCache {
            result: "cache_miss".to_owned(),
            miss_reason: Some("tools_changed".to_owned()),
            missed_tokens: Some(5_629),
            reusable_tokens: Some(5_700),
            missed_cost: None,
        };
        assert_eq!(miss, Some(expected));
    }

    #[test]
    fn other_results_and_odd_bodies_are_read_as_far_as_they_go() {
        for (body, result) in [
            (
                r#"{"prompt_cache_diagnostics":{"type":"cache_hit"}}"#,
                Some("cache_hit"),
            ),
            (
                r#"{"prompt_cache_diagnostics":{"type":"new","cache_missed_tokens":"bad"}}"#,
                Some("new"),
            ),
            (r#"{"prompt_cache_diagnostics":null}"#, None),
            (r#"{"prompt_cache_diagnostics":1}"#, None),
            (r#"{"prompt_cache_diagnostics":{}}"#, None),
            ("{}", None),
        ] {
            let read = read(body);
            assert_eq!(read.as_ref().map(|it| &*it.result), result, "{body}");
            assert_eq!(read.and_then(|it| it.missed_tokens), None, "{body}");
        }
    }
}
