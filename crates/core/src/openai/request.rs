//! The parameters of a request body, for any endpoint: their names do not clash.

use std::borrow::Cow;

use crate::Request;
use crate::json::Node;

/// Reads the parameters of a request body; a body that is not a JSON object yields the empty request.
#[must_use]
pub fn request(body: Node<'_>) -> Request {
    let [model, stream, service_tier, seed, n, stop] =
        body.pick(["model", "stream", "service_tier", "seed", "n", "stop"]);
    let numbers = body.pick([
        "temperature",
        "top_p",
        "frequency_penalty",
        "presence_penalty",
    ]);
    let [temperature, top_p, frequency_penalty, presence_penalty] =
        numbers.map(|node| node.and_then(Node::f64));
    let most = body.pick(["max_completion_tokens", "max_tokens", "max_output_tokens"]);
    let [
        encoding_format,
        dimensions,
        previous_response_id,
        conversation,
    ] = body.pick([
        "encoding_format",
        "dimensions",
        "previous_response_id",
        "conversation",
    ]);
    let [reasoning_effort, reasoning, prompt, input, cache] = body.pick([
        "reasoning_effort",
        "reasoning",
        "prompt",
        "input",
        "prompt_cache_options",
    ]);
    // A prompt stored at the provider. The `prompt` of completions is a text and has no id.
    let prompt_name = prompt.and_then(|prompt| prompt.string("id"));
    let version = || prompt?.string("version");
    Request {
        model: string(model),
        stream: stream.and_then(Node::bool) == Some(true),
        temperature,
        top_p,
        frequency_penalty,
        presence_penalty,
        max_tokens: most.into_iter().flatten().find_map(Node::i64),
        seed: seed.and_then(Node::i64),
        choice_count: n.and_then(Node::i64),
        stop_sequences: stop.map(texts).unwrap_or_default(),
        reasoning_level: string(reasoning_effort).or_else(|| reasoning?.string("effort")),
        service_tier: string(service_tier),
        output_type: output_type(body),
        encoding_format: string(encoding_format),
        dimensions: dimensions.and_then(Node::i64),
        previous_response_id: string(previous_response_id),
        conversation_id: string(conversation).or_else(|| conversation?.string("id")),
        comparison_response_id: cache.and_then(|it| it.string("comparison_response_id")),
        prompt_version: prompt_name.as_ref().and_then(|_| version()),
        prompt_name,
        compacted: input.is_some_and(is_compacted),
        fetch: None,
    }
}

fn string(node: Option<Node<'_>>) -> Option<String> {
    Some(node?.text()?.into_owned())
}

/// Reads one text, or several.
fn texts(node: Node<'_>) -> Vec<String> {
    let one = node.text().into_iter();
    let many = node.items().filter_map(Node::text);
    one.chain(many).map(Cow::into_owned).collect()
}

/// Returns `speech` if it is requested, else the format of the text.
fn output_type(body: Node<'_>) -> Option<&'static str> {
    let [modalities, response_format, text] = body.pick(["modalities", "response_format", "text"]);
    let mut modalities = modalities.into_iter().flat_map(Node::items);
    if modalities.any(|modality| modality.is("audio")) {
        return Some("speech");
    }
    let response_format = response_format.filter(|format| !format.is_null());
    let format = response_format.or_else(|| text?.get("format"));
    match &*format?.get("type")?.text()? {
        "json_schema" | "json_object" => Some("json"),
        "text" => Some("text"),
        _ => None,
    }
}

/// Returns whether an item of the input represents a conversation that was compacted.
fn is_compacted(input: Node<'_>) -> bool {
    let is_compaction = |item: Node<'_>| item.get("type").is_some_and(|kind| kind.is("compaction"));
    input.items().any(is_compaction)
}

/// Returns the model, found by reading only both ends of the body, where clients put it: the caller's thread must not
/// read a long prompt. `None` leaves the search to the recorder, which reads everything.
#[must_use]
pub fn model(body: &[u8]) -> Option<String> {
    const WINDOW: usize = 512;
    let head = body.get(..WINDOW.min(body.len()))?;
    let tail = body.get(body.len().saturating_sub(WINDOW)..)?;
    // Only a top-level key counts. At the head it follows the opening brace; at the tail only the rest of the object
    // may follow, which a scan cannot verify. So the head is matched strictly, and the rest of the tail is parsed.
    leading_model(head).or_else(|| trailing_model(tail))
}

fn leading_model(head: &[u8]) -> Option<String> {
    let rest = trim(head).strip_prefix(b"{")?;
    string_after_key(trim(rest))
}

fn trailing_model(tail: &[u8]) -> Option<String> {
    let mut rests = memchr::memrchr_iter(b'"', tail).filter_map(|at| tail.get(at..));
    let rest = rests.find(|rest| rest.starts_with(b"\"model\""))?;
    // What follows must complete one flat object: `{"model":"x"}` or `{"model":"x","stream":true}`. It is too short to
    // justify the memory of a document.
    let object = [b"{", rest].concat();
    serde_json::from_slice::<serde::de::IgnoredAny>(&object).ok()?;
    string_after_key(rest)
}

fn string_after_key(bytes: &[u8]) -> Option<String> {
    let value = trim(trim(bytes.strip_prefix(b"\"model\"")?).strip_prefix(b":")?);
    serde_json::Deserializer::from_slice(value)
        .into_iter::<String>()
        .next()?
        .ok()
}

fn trim(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_start()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    fn request(body: &[u8]) -> Request {
        super::request(Document::read(body).root())
    }

    #[test]
    fn reads_every_parameter() {
        let body = br#"{"messages":[],"model":"gpt-4o-mini","temperature":1,"top_p":0.5,"max_completion_tokens":20,"n":2,
            "stop":"END","seed":7,"stream":true,"reasoning_effort":"low","response_format":{"type":"json_schema"}}"#;
        let request = request(body);
        assert_eq!(request.model.as_deref(), Some("gpt-4o-mini"));
        assert_eq!(
            (request.temperature, request.top_p, request.max_tokens),
            (Some(1.0), Some(0.5), Some(20))
        );
        assert_eq!(
            (request.choice_count, request.seed, request.stream),
            (Some(2), Some(7), true)
        );
        assert_eq!(request.stop_sequences, ["END"]);
        assert_eq!(
            (request.reasoning_level.as_deref(), request.output_type),
            (Some("low"), Some("json"))
        );
    }

    #[test]
    fn reads_what_the_responses_api_adds() {
        let body = br#"{"model":"gpt-5","input":"hi","max_output_tokens":64,"reasoning":{"effort":"low","summary":"auto"},
            "text":{"format":{"type":"json_schema","name":"n","schema":{}},"verbosity":"low"},
            "previous_response_id":"resp_0","conversation":{"id":"conv_1"},"prompt":{"id":"pmpt_1","version":"3"},
            "prompt_cache_options":{"comparison_response_id":"resp_9"}}"#;
        let parsed = request(body);
        assert_eq!(parsed.max_tokens, Some(64));
        assert_eq!(
            (parsed.reasoning_level.as_deref(), parsed.output_type),
            (Some("low"), Some("json"))
        );
        assert_eq!(parsed.previous_response_id.as_deref(), Some("resp_0"));
        assert_eq!(parsed.comparison_response_id.as_deref(), Some("resp_9"));
        assert_eq!(parsed.conversation_id.as_deref(), Some("conv_1"));
        assert_eq!(
            (
                parsed.prompt_name.as_deref(),
                parsed.prompt_version.as_deref()
            ),
            (Some("pmpt_1"), Some("3"))
        );
        let plain = request(br#"{"conversation":"conv_2","prompt":"Once upon"}"#);
        assert_eq!(plain.conversation_id.as_deref(), Some("conv_2"));
        assert_eq!((plain.prompt_name, plain.prompt_version), (None, None));
    }

    #[test]
    fn a_compacted_conversation_is_noticed() {
        let compacted = |input: &str| {
            request(format!(r#"{{"model":"m","input":{input}}}"#).as_bytes()).compacted
        };
        assert!(compacted(
            r#"[{"role":"user","content":"go on"},{"type":"compaction","encrypted_content":"x"}]"#
        ));
        assert!(!compacted(r#"[{"role":"user","content":"compaction"}]"#));
        assert!(!compacted(
            r#"[{"role":"user","content":[{"type":"compaction"}]}]"#
        ));
        assert!(!compacted(r#""what is \"compaction\"?""#));
    }

    #[test]
    fn spoken_answers_are_speech() {
        let parsed =
            request(br#"{"modalities":["text","audio"],"response_format":{"type":"text"}}"#);
        assert_eq!(parsed.output_type, Some("speech"));
    }

    #[test]
    fn a_body_that_is_cut_or_says_a_thing_twice_gives_what_could_be_read() {
        let cut = request(br#"{"model":"m","temperature":0.5,"seed":4,"messages":[{"role":"us"#);
        assert_eq!((cut.model.as_deref(), cut.seed), (Some("m"), Some(4)));
        let twice = request(br#"{"model":"m","seed":1,"model":"n"}"#);
        assert_eq!((twice.model.as_deref(), twice.seed), (Some("n"), Some(1)));
    }

    #[test]
    fn a_wrong_type_costs_one_field_only() {
        let request = request(br#"{"model":"m","temperature":"hot","max_tokens":[]}"#);
        assert_eq!(
            (
                request.model.as_deref(),
                request.temperature,
                request.max_tokens
            ),
            (Some("m"), None, None)
        );
        assert_eq!(
            super::request(Document::read(b"not json").root()),
            Request::default()
        );
    }

    #[test]
    fn the_model_is_found_at_either_end_of_a_long_body() {
        let filler = "x".repeat(4_000);
        let messages = format!(r#"[{{"role":"user","content":"{filler} \"model\":\"wrong\""}}]"#);
        assert_eq!(
            model(format!(r#"{{"model":"m","messages":{messages}}}"#).as_bytes()).as_deref(),
            Some("m")
        );
        assert_eq!(
            model(format!(r#"{{"messages":{messages},"model":"m","n":1}}"#).as_bytes()).as_deref(),
            Some("m")
        );
        assert_eq!(
            model(format!(r#"{{"user":"u","model":"m","messages":{messages}}}"#).as_bytes()),
            None
        );
        assert_eq!(
            model(br#"{"messages":[{"role":"user","content":"x","metadata":{"model":"wrong"}}]}"#),
            None
        );
        assert_eq!(model(b""), None);
    }
}
