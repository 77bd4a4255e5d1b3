//! The `usage` object of a body.

use super::count::{COUNTS, Place};
use crate::json::Node;
use crate::{Usage, UsageSource};

/// Reads the `usage` object: the tokens, and the cost where a gateway states it there.
pub(crate) fn read(object: Option<Node<'_>>) -> (Usage, Option<f64>) {
    let Some(object) = object else {
        return (Usage::default(), None);
    };
    let [prompt, input, completion, output, total, cost] = object.pick([
        "prompt_tokens_details",
        "input_tokens_details",
        "completion_tokens_details",
        "output_tokens_details",
        "total_tokens",
        "cost",
    ]);
    let cached = [prompt, input].map(|details| details?.get("cached_tokens_details"));
    let mut usage = Usage::default();
    // Counts in the details take precedence over those next to the totals.
    for (place, objects) in [
        (Place::Input, [prompt, input]),
        (Place::Cached, cached),
        (Place::Output, [completion, output]),
        (Place::Top, [Some(object), None]),
    ] {
        for object in objects.into_iter().flatten() {
            fill(&mut usage, place, object);
        }
    }
    include_reasoning(&mut usage, total.and_then(Node::u64));
    usage.source = usage.is_known().then_some(UsageSource::Reported);
    (usage, cost.and_then(Node::f64))
}

/// Fills in the counts that are not known yet.
fn fill(usage: &mut Usage, place: Place, object: Node<'_>) {
    for count in &COUNTS {
        let field = (count.of)(usage);
        if field.is_none() {
            let members = count.members.iter().filter(|(at, _)| *at == place);
            *field = members
                .filter_map(|(_, name)| object.get(name)?.u64())
                .next();
        }
    }
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
    if input.saturating_add(whole) == total {
        usage.output_tokens = Some(whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    fn of(json: &str) -> Usage {
        let document = Document::read(json.as_bytes());
        read(Some(document.root())).0
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
