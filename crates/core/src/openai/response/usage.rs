//! The `usage` object.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::openai::field::{self, read};
use crate::{Usage, UsageSource};

/// Both families of names: chat completions count `prompt_tokens` and `completion_tokens`, the Responses API
/// `input_tokens` and `output_tokens`. Some compatible providers state the cached tokens beside the totals.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow)]
    prompt_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    input_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    completion_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    output_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    total_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    prompt_tokens_details: Option<&'a RawValue>,
    #[serde(borrow)]
    input_tokens_details: Option<&'a RawValue>,
    #[serde(borrow)]
    completion_tokens_details: Option<&'a RawValue>,
    #[serde(borrow)]
    output_tokens_details: Option<&'a RawValue>,
    /// Moonshot's.
    #[serde(borrow)]
    cached_tokens: Option<&'a RawValue>,
    /// DeepSeek's.
    #[serde(borrow)]
    prompt_cache_hit_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    cost: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details<'a> {
    #[serde(borrow)]
    cached_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_write_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    cached_tokens_details: Option<&'a RawValue>,
    #[serde(borrow)]
    text_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    image_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    audio_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning_tokens: Option<&'a RawValue>,
}

/// Reads the `usage` object: the tokens, and the cost where a gateway states it there.
pub(super) fn usage(raw: Option<&RawValue>) -> (Usage, Option<f64>) {
    let Some(wire) = field::object::<Wire<'_>>(raw) else {
        return (Usage::default(), None);
    };
    let details = |chat, responses| -> Details<'_> {
        read(chat).or_else(|| read(responses)).unwrap_or_default()
    };
    let input = details(wire.prompt_tokens_details, wire.input_tokens_details);
    let output = details(wire.completion_tokens_details, wire.output_tokens_details);
    let beside = || read(wire.cached_tokens).or_else(|| read(wire.prompt_cache_hit_tokens));
    let cached: Details<'_> = read(input.cached_tokens_details).unwrap_or_default();
    let mut usage = Usage {
        input_tokens: read(wire.prompt_tokens).or_else(|| read(wire.input_tokens)),
        output_tokens: read(wire.completion_tokens).or_else(|| read(wire.output_tokens)),
        cache_read_tokens: read(input.cached_tokens).or_else(beside),
        cache_write_tokens: read(input.cache_write_tokens),
        reasoning_tokens: read(output.reasoning_tokens),
        text_input_tokens: read(input.text_tokens),
        image_input_tokens: read(input.image_tokens),
        audio_input_tokens: read(input.audio_tokens),
        text_output_tokens: read(output.text_tokens),
        image_output_tokens: read(output.image_tokens),
        audio_output_tokens: read(output.audio_tokens),
        text_cache_read_tokens: read(cached.text_tokens),
        image_cache_read_tokens: read(cached.image_tokens),
        audio_cache_read_tokens: read(cached.audio_tokens),
        source: None,
    };
    include_reasoning(&mut usage, read(wire.total_tokens));
    usage.source = usage.is_known().then_some(UsageSource::Reported);
    (usage, read(wire.cost))
}

/// xAI counts reasoning beside the answer, OpenAI inside; the total says which it is.
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
    if input.saturating_add(whole) == total {
        usage.output_tokens = Some(whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Usage {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        usage(Some(raw)).0
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
    fn output_includes_reasoning_however_it_was_counted() {
        let beside = of(
            r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,
            "completion_tokens_details":{"reasoning_tokens":100}}"#,
        );
        assert_eq!(beside.output_tokens, Some(105));
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
