//! The usage and the cost in an answer.

use super::count::{CACHED, Field, INPUT, LIFETIMES, OTHER_WORDS, OUTPUT, TIMINGS, TOP};
use super::settle::settle;
use crate::json::Node;
use crate::{StatedCost, Usage, UsageSource};

/// The usage and the cost that an answer states.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reported {
    pub(crate) usage: Usage,
    pub(crate) cost: Option<StatedCost>,
}

/// Reads them from an answer, wherever the provider puts its usage: at the root, in a choice (Moonshot), or in an
/// object of the provider's own (Groq's `x_groq`). The first with a count is used.
pub(crate) fn read(body: Node<'_>) -> Reported {
    let [root, choices, timings] = body.pick(["usage", "choices", "timings"]);
    let at_root = root.map(|usage| of(usage, timings));
    if let Some(reported) = at_root.filter(|reported| reported.usage.is_known()) {
        return reported;
    }
    let elsewhere = choices.into_iter().flat_map(Node::items);
    let elsewhere = elsewhere.chain(body.members().map(|(_, member)| member));
    let elsewhere = elsewhere.filter_map(|object| object.given("usage"));
    elsewhere
        .map(|usage| of(usage, timings))
        .find(|reported| reported.usage.is_known())
        .or(at_root)
        .unwrap_or_default()
}

/// Reads a `usage` object by itself.
pub(crate) fn of_object(usage: Node<'_>) -> Reported {
    of(usage, None)
}

fn of(object: Node<'_>, timings: Option<Node<'_>>) -> Reported {
    let [
        prompt,
        input,
        prompt_singular,
        input_singular,
        completion,
        output,
        output_singular,
        lifetimes,
        total,
    ] = object.pick([
        "prompt_tokens_details",
        "input_tokens_details",
        "prompt_token_details",
        "input_token_details",
        "completion_tokens_details",
        "output_tokens_details",
        "output_token_details",
        "cache_creation",
        "total_tokens",
    ]);
    let inputs = [prompt, input, prompt_singular, input_singular];
    let cached = inputs.map(|details| details?.get("cached_tokens_details"));
    let mut usage = Usage::default();
    // Counts in the details take precedence over those next to the totals.
    fill(&mut usage, &INPUT, &inputs);
    fill(&mut usage, &CACHED, &cached);
    fill(&mut usage, &OUTPUT, &[completion, output, output_singular]);
    fill(&mut usage, &TOP, &[Some(object)]);
    let litellm = inputs.map(|details| details?.get("cache_creation_token_details"));
    fill(&mut usage, &LIFETIMES, &[lifetimes]);
    fill(&mut usage, &LIFETIMES, &litellm);
    usage.cache_write_1h_tokens = usage.cache_write_1h_tokens.or_else(|| long_lived(object));
    fill(&mut usage, &TIMINGS, &[timings]);
    let mut total = total.and_then(count);
    if usage.input_tokens.is_none() {
        fill(&mut usage, &OTHER_WORDS, &[Some(object)]);
        total = total.or_else(|| object.pick(TOTALS).into_iter().flatten().find_map(count));
        // Gemini counts the results of its own tools in addition.
        let tools = object.get("toolUsePromptTokenCount").and_then(count);
        usage.input_tokens = usage
            .input_tokens
            .map(|input| input.saturating_add(tools.unwrap_or(0)));
    }
    let excludes_caches = total.is_none() && is_anthropic(object);
    settle(&mut usage, total, excludes_caches);
    usage.source = usage.is_known().then_some(UsageSource::Reported);
    Reported {
        usage,
        cost: cost(object),
    }
}

/// Returns the tokens that are cached for an hour or longer, of Bedrock's `cacheDetails`: a list of lifetimes (`5m`, `1h`)
/// with their tokens.
fn long_lived(object: Node<'_>) -> Option<u64> {
    let lifetimes = object.get("cacheDetails")?.items();
    let tokens = lifetimes.filter_map(|lifetime| {
        let ttl = lifetime.get("ttl")?.text()?;
        let tokens = lifetime.get("inputTokens").and_then(count)?;
        Some(if ttl.ends_with(['h', 'H']) { tokens } else { 0 })
    });
    tokens.reduce(u64::saturating_add)
}

/// Other names of the sum of all tokens.
const TOTALS: [&str; 4] = [
    "total",
    "totalTokens",
    "totalTokenCount",
    "total_token_count",
];

/// Returns whether the names are Anthropic's: the input excludes what was read from the cache and written to it.
fn is_anthropic(object: Node<'_>) -> bool {
    let has = |name: &str| object.get(name).is_some();
    has("input_tokens")
        && (has("cache_read_input_tokens") || has("cache_creation_input_tokens"))
        && !has("input_tokens_details")
}

/// Fills in the counts that are not known yet.
fn fill<const N: usize>(
    usage: &mut Usage,
    table: &[(&'static str, Field); N],
    objects: &[Option<Node<'_>>],
) {
    for object in objects.iter().flatten() {
        let found = object.pick(table.map(|(name, _)| name));
        for ((_, field), node) in table.iter().zip(found) {
            let field = field(usage);
            if field.is_none() {
                *field = node.and_then(count);
            }
        }
    }
}

/// Parses a count, which some servers write as `31.0` or `"31"`. Negative counts are none.
fn count(node: Node<'_>) -> Option<u64> {
    let written = || match node.text() {
        Some(text) => text.trim().parse().ok(),
        None => node.f64(),
    };
    node.u64().or_else(|| rounded(written()?))
}

/// Rounds a number to a count.
pub(crate) fn rounded(number: f64) -> Option<u64> {
    /// Beyond it a float no longer counts by ones.
    const MOST: f64 = 9e15;
    let number = number.round();
    let is_count = (0.0..MOST).contains(&number);
    is_count.then(|| format!("{number:.0}").parse().ok())?
}

/// The members that state a cost, and US dollars per unit. Sources: OpenRouter, Perplexity and LiteLLM (`cost`), xAI
/// (ticks of 10⁻¹⁰ dollars), DeepInfra (`estimated_cost`).
const COSTS: [(&str, f64); 4] = [
    ("cost", 1.0),
    ("cost_in_usd_ticks", 1e-10),
    ("total_cost", 1.0),
    ("estimated_cost", 1.0),
];

/// Reads a stated cost: a number, a text, or an object with its parts.
fn cost(usage: Node<'_>) -> Option<StatedCost> {
    let of_member = |((_, unit), stated): ((&str, f64), Option<Node<'_>>)| {
        let stated = stated.filter(|stated| !stated.is_null())?;
        if !stated.is_object() {
            return StatedCost::of(dollars(stated)? * unit);
        }
        of_costs(stated)
    };
    let stated = usage.pick(COSTS.map(|(name, _)| name));
    let cost = COSTS.into_iter().zip(stated).find_map(of_member)?;
    // With the caller's own key the gateway states its fee, and the provider's bill next to it.
    match usage.get("is_byok").and_then(Node::bool) {
        Some(true) => {
            let upstream = usage.get("cost_details")?.get("upstream_inference_cost")?;
            StatedCost::of(cost.total + dollars(upstream)?)
        }
        _ => Some(cost),
    }
}

/// Reads an object of costs: Perplexity's, Langfuse's, MLflow's.
pub(crate) fn of_costs(stated: Node<'_>) -> Option<StatedCost> {
    let part = |names: &[&str]| names.iter().find_map(|name| dollars(stated.get(name)?));
    Some(StatedCost {
        input: part(&["input_tokens_cost", "input_cost", "input"]),
        output: part(&["output_tokens_cost", "output_cost", "output"]),
        ..StatedCost::of(part(&["total_cost", "total"])?)?
    })
}

fn dollars(node: Node<'_>) -> Option<f64> {
    match node.text() {
        Some(text) => text.trim().parse().ok(),
        None => node.f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    fn of(json: &str) -> Usage {
        let document = Document::read(json.as_bytes());
        of_object(document.root()).usage
    }

    #[test]
    fn the_responses_api_has_names_of_its_own() {
        let usage = of(
            r#"{"input_tokens":36,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":8},
            "output_tokens":87,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":123}"#,
        );
        assert_eq!(
            (usage.input_tokens, usage.output_tokens),
            (Some(36), Some(87))
        );
        assert_eq!(
            (usage.cache_read_tokens, usage.cache_write_tokens),
            (Some(4), Some(8))
        );
        assert_eq!(usage.reasoning_tokens, Some(64));
        // llama.cpp sends no details.
        let bare = of(r#"{"input_tokens":1,"output_tokens":2,"output_tokens_details":null}"#);
        assert_eq!((bare.output_tokens, bare.reasoning_tokens), (Some(2), None));
    }

    #[test]
    fn modalities_are_told_where_they_are_reported() {
        let usage = of(r#"{"prompt_tokens":30,"completion_tokens":20,
            "prompt_tokens_details":{"text_tokens":10,"image_tokens":5,"audio_tokens":15,"cached_tokens":7,
                "cached_tokens_details":{"text_tokens":4,"audio_tokens":3}},
            "completion_tokens_details":{"text_tokens":8,"audio_tokens":12,"accepted_prediction_tokens":3}}"#);
        assert_eq!(
            (
                usage.text_input_tokens,
                usage.image_input_tokens,
                usage.audio_input_tokens
            ),
            (Some(10), Some(5), Some(15))
        );
        assert_eq!(
            (usage.text_output_tokens, usage.image_output_tokens),
            (Some(8), None)
        );
        assert_eq!(
            (
                usage.text_cache_read_tokens,
                usage.image_cache_read_tokens,
                usage.audio_cache_read_tokens
            ),
            (Some(4), None, Some(3))
        );
    }

    #[test]
    fn cache_writes_are_split_by_lifetime_wherever_it_is_stated() {
        for (long, json) in [
            (
                400,
                r#"{"prompt_tokens":2000,"cache_creation_input_tokens":1000,
                "cache_creation":{"ephemeral_5m_input_tokens":600,"ephemeral_1h_input_tokens":400}}"#,
            ),
            (
                400,
                r#"{"prompt_tokens":2000,"prompt_tokens_details":{"cache_creation_tokens":1000,
                "cache_creation_token_details":{"ephemeral_5m_input_tokens":600,"ephemeral_1h_input_tokens":400}}}"#,
            ),
            (
                400,
                r#"{"inputTokens":2000,"cacheWriteInputTokens":1000,
                "cacheDetails":[{"ttl":"1h","inputTokens":400},{"ttl":"5m","inputTokens":600}]}"#,
            ),
            (
                0,
                r#"{"inputTokens":2000,"cacheWriteInputTokens":1000,"cacheDetails":[{"ttl":"T5M","inputTokens":1000}]}"#,
            ),
            (
                400,
                r#"{"input_tokens":2000,"input_tokens_details":{"cache_write_tokens":1000,"cache_write_12h_tokens":400}}"#,
            ),
        ] {
            let usage = of(json);
            let found = (usage.cache_write_tokens, usage.cache_write_1h_tokens);
            assert_eq!(found, (Some(1_000), Some(long)), "{json}");
        }
    }

    #[test]
    fn output_includes_reasoning_however_it_was_counted() {
        let apart = of(
            r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,
            "completion_tokens_details":{"reasoning_tokens":100}}"#,
        );
        assert_eq!(apart.output_tokens, Some(105));
        let inside = of(
            r#"{"prompt_tokens":10,"completion_tokens":105,"total_tokens":115,
            "completion_tokens_details":{"reasoning_tokens":100}}"#,
        );
        assert_eq!(inside.output_tokens, Some(105));
    }

    #[test]
    fn cached_tokens_beside_the_totals() {
        for name in ["cached_tokens", "prompt_cache_hit_tokens"] {
            let usage = of(&format!(r#"{{"prompt_tokens":10,"{name}":6}}"#));
            assert_eq!(usage.cache_read_tokens, Some(6));
        }
    }
}
