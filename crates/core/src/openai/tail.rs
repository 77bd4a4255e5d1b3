//! The end of an answer that was kept without its beginning: it still shows the cost and how the answer ended.

use super::assemble::{Assembled, assemble};
use crate::Endpoint;
use crate::json::Document;
use crate::usage::{self, Reported};

/// Reads the last bytes of an answer, either a stream of events or a body in one piece. The generated content is left
/// out, since only part of it was kept.
#[must_use]
pub fn tail(endpoint: Endpoint, bytes: &[u8], streamed: bool) -> Assembled {
    let mut tail = match streamed {
        true => assemble(endpoint, bytes),
        false => Assembled::default(),
    };
    tail.completion = None;
    tail.text.clear();
    if !tail.body.usage.is_known()
        && let Some(reported) = last_usage(bytes)
    {
        tail.body.usage = reported.usage;
        tail.body.stated_cost = reported.cost;
        // The last event of the Responses API repeats the whole answer, and may be longer than what was kept.
        tail.done |= matches!(endpoint, Endpoint::Responses | Endpoint::FetchResponse);
    }
    tail
}

/// Returns the last `"usage"` that reports tokens. Inside a JSON text its quotes would be escaped, so a model's output
/// is never mistaken for it.
fn last_usage(bytes: &[u8]) -> Option<Reported> {
    const KEY: &[u8] = b"\"usage\"";
    let places = memchr::memmem::rfind_iter(bytes, KEY);
    let after = places.filter_map(|at| bytes.get(at + KEY.len()..));
    after
        .filter_map(|rest| {
            let value = rest.trim_ascii_start().strip_prefix(b":")?;
            // Reading stops at whatever follows the object.
            let document = Document::read(value);
            Some(usage::of_object(document.root()))
        })
        .find(|reported| reported.usage.is_known())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openai::Body;

    #[test]
    fn a_cut_stream_tells_its_tokens_and_its_end() {
        let end = concat!(
            "ta: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"usage\"}}]}\n\n",
            "data: {\"id\":\"a\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n",
            "data: {\"id\":\"a\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
            "data: {\"id\":\"a\",\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n",
            "data: [DONE]\n\n",
        );
        let tail = tail(Endpoint::ChatCompletions, end.as_bytes(), true);
        assert!(tail.done && tail.failure.is_none());
        assert!(tail.completion.is_none() && tail.text.is_empty());
        assert_eq!(tail.body.response.model.as_deref(), Some("m"));
        assert_eq!(tail.body.response.finish_reasons, ["stop"]);
        let usage = tail.body.usage;
        assert_eq!(
            (usage.input_tokens, usage.output_tokens),
            (Some(3), Some(4))
        );
    }

    #[test]
    fn a_cut_body_tells_its_tokens() {
        for (endpoint, end) in [
            (
                Endpoint::Embeddings,
                r#"0.25]}],"model":"m","usage":{"prompt_tokens":9,"total_tokens":9}}"#,
            ),
            (
                Endpoint::ChatCompletions,
                r#"more \"usage\": {\"prompt_tokens\":1}"}}],"usage" : {"prompt_tokens":9}, "metadata":{"usage":"high"}}"#,
            ),
            (
                Endpoint::Responses,
                r#"text"}]}],"usage":{"input_tokens":9,"output_tokens":2},"user":null}"#,
            ),
        ] {
            let tail = tail(endpoint, end.as_bytes(), false);
            assert_eq!(tail.body.usage.input_tokens, Some(9), "{endpoint:?}");
        }
    }

    #[test]
    fn the_last_event_of_a_response_may_be_cut_itself() {
        let end = r#"long"}]}],"usage":{"input_tokens":9,"output_tokens":2},"user":null}}"#;
        let tail = tail(Endpoint::Responses, format!("{end}\n\n").as_bytes(), true);
        assert!(tail.done);
        assert_eq!(tail.body.usage.output_tokens, Some(2));
    }

    #[test]
    fn an_end_that_says_nothing_is_unknown() {
        for end in [
            "",
            "\"usage\"",
            "\"usage\":",
            "\"usage\":{}",
            "\"usage\":{\"a\":",
        ] {
            let tail = tail(Endpoint::ChatCompletions, end.as_bytes(), true);
            assert_eq!((tail.done, tail.body), (false, Body::default()), "{end}");
        }
    }
}
