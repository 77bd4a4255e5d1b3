//! Counts that a provider adds to others instead of including them, distinguished by arithmetic.

use crate::Usage;
use crate::json::Node;

/// Makes the counts those of [`Usage`]: caches are part of the input, reasoning and everything that no count names is
/// part of the output. Counts of nothing but zeros are a placeholder.
pub(super) fn settle(usage: &mut Usage, total: Option<u64>, object: Node<'_>) {
    if is_placeholder(usage) {
        *usage = Usage::default();
        return;
    }
    include_caches(usage, total, object);
    include_reasoning(usage, total);
    include_unnamed(usage, total);
}

/// A prompt has at least one token.
fn is_placeholder(usage: &Usage) -> bool {
    let counts = [
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
    ];
    counts.into_iter().all(|count| count.unwrap_or(0) == 0)
}

/// Includes cached tokens in the input where they are counted in addition: more of them than input, a total that needs
/// them, or Anthropic's own form, which has no total.
fn include_caches(usage: &mut Usage, total: Option<u64>, object: Node<'_>) {
    let Some(input) = usage.input_tokens else {
        return;
    };
    let parts = [usage.cache_read_tokens, usage.cache_write_tokens];
    let cached = parts.into_iter().flatten().fold(0, u64::saturating_add);
    let whole = input.saturating_add(cached);
    let output = usage.output_tokens.unwrap_or(0);
    let needs_them = match total {
        Some(total) => {
            let with = |input: u64| input.saturating_add(output);
            with(whole) == total && with(input) != total
        }
        None => is_anthropic(object),
    };
    if cached > input || needs_them {
        usage.input_tokens = Some(whole);
    }
}

/// Anthropic's names: the input excludes what was read from the cache and written to it.
fn is_anthropic(object: Node<'_>) -> bool {
    let has = |name: &str| object.get(name).is_some();
    has("input_tokens")
        && (has("cache_read_input_tokens") || has("cache_creation_input_tokens"))
        && !has("input_tokens_details")
}

/// Includes reasoning in the output: xAI counts it separately, OpenAI as part of the answer; the total shows which.
fn include_reasoning(usage: &mut Usage, total: Option<u64>) {
    let (Some(input), Some(output), Some(reasoning), Some(total)) = (
        usage.input_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
        total,
    ) else {
        return;
    };
    let whole = output.saturating_add(reasoning);
    if reasoning > 0 && input.saturating_add(whole) == total {
        usage.output_tokens = Some(whole);
    }
}

/// Takes the rest of a total that exceeds its parts as output: providers that leave reasoning out of every count still
/// charge for it.
fn include_unnamed(usage: &mut Usage, total: Option<u64>) {
    let (Some(input), Some(total)) = (usage.input_tokens, total) else {
        return;
    };
    let Some(output) = usage.output_tokens else {
        usage.output_tokens = total.checked_sub(input).filter(|output| *output > 0);
        return;
    };
    let named = input.saturating_add(output);
    let unnamed = total.saturating_sub(named);
    if unnamed > 0 {
        usage.output_tokens = Some(output.saturating_add(unnamed));
        usage.unnamed_output_tokens = Some(unnamed);
    }
}
