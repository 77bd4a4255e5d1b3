//! Counts that a provider adds to others instead of including them, distinguished by arithmetic.

use crate::Usage;

/// Makes the counts those of [`Usage`]: caches are part of the input, reasoning and everything that no count names is
/// part of the output. Counts of nothing but zeros are a placeholder.
///
/// `excludes_caches` means, where there is no total, that the input excludes what was read from the cache and written
/// to it.
pub(crate) fn settle(usage: &mut Usage, total: Option<u64>, excludes_caches: bool) {
    if is_placeholder(usage) {
        *usage = Usage::default();
        return;
    }
    include_parts(usage, total, excludes_caches);
    include_unnamed(usage, total);
}

/// A prompt has at least one token.
fn is_placeholder(usage: &Usage) -> bool {
    let counts = [
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.reasoning_tokens,
    ];
    counts.into_iter().all(|count| count.unwrap_or(0) == 0)
}

/// Includes cached tokens in the input, and reasoning in the output, where they are counted in addition: the total needs
/// them, there is more of a part than of the whole, or the form is known for it.
fn include_parts(usage: &mut Usage, total: Option<u64>, excludes_caches: bool) {
    let Some(input) = usage.input_tokens else {
        return;
    };
    let parts = [usage.cache_read_tokens, usage.cache_write_tokens];
    let cached = parts.into_iter().flatten().fold(0, u64::saturating_add);
    let output = usage.output_tokens.unwrap_or(0);
    // Without a count of the answer its reasoning is all that is known of it.
    let reasoning = usage
        .reasoning_tokens
        .filter(|_| usage.output_tokens.is_some());
    let reasoning = reasoning.unwrap_or(0);
    let sums = [(0, 0), (cached, 0), (0, reasoning), (cached, reasoning)];
    let sum = |(cached, reasoning): (u64, u64)| {
        [cached, output, reasoning]
            .into_iter()
            .fold(input, u64::saturating_add)
    };
    let needed = sums.into_iter().find(|parts| Some(sum(*parts)) == total);
    let (cached, reasoning) = match needed {
        Some(parts) => parts,
        None => {
            let is_apart = cached > input || (total.is_none() && excludes_caches);
            let exceeds = reasoning > output && output > 0;
            (
                if is_apart { cached } else { 0 },
                if exceeds { reasoning } else { 0 },
            )
        }
    };
    usage.input_tokens = Some(input.saturating_add(cached));
    usage.output_tokens = usage
        .output_tokens
        .map(|output| output.saturating_add(reasoning));
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
