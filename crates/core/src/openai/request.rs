//! The parameters of a request body, whichever endpoint it goes to: their names do not clash.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::field::{self, read};
use crate::Request;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(borrow)]
    stream: Option<&'a RawValue>,
    #[serde(borrow)]
    temperature: Option<&'a RawValue>,
    #[serde(borrow)]
    top_p: Option<&'a RawValue>,
    #[serde(borrow)]
    frequency_penalty: Option<&'a RawValue>,
    #[serde(borrow)]
    presence_penalty: Option<&'a RawValue>,
    #[serde(borrow)]
    max_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    max_completion_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    seed: Option<&'a RawValue>,
    #[serde(borrow)]
    n: Option<&'a RawValue>,
    #[serde(borrow)]
    stop: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning_effort: Option<&'a RawValue>,
    #[serde(borrow)]
    service_tier: Option<&'a RawValue>,
    #[serde(borrow)]
    response_format: Option<&'a RawValue>,
    #[serde(borrow)]
    encoding_format: Option<&'a RawValue>,
    #[serde(borrow)]
    dimensions: Option<&'a RawValue>,
    #[serde(borrow)]
    max_output_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    modalities: Option<&'a RawValue>,
    #[serde(borrow)]
    previous_response_id: Option<&'a RawValue>,
    #[serde(borrow)]
    conversation: Option<&'a RawValue>,
    #[serde(borrow)]
    prompt: Option<&'a RawValue>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow, default)]
    r#type: Cow<'a, str>,
}

/// `reasoning` of the Responses API.
#[derive(Deserialize)]
struct Reasoning {
    effort: Option<String>,
}

/// `text` of the Responses API.
#[derive(Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    format: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Conversation {
    Id(String),
    Object { id: String },
}

/// A prompt kept at the provider. The `prompt` of completions is a text and no such object.
#[derive(Default, Deserialize)]
struct Prompt {
    id: Option<String>,
    version: Option<String>,
}

/// Reads the parameters of a request body; a body that is no JSON object gives the empty request.
#[must_use]
pub fn request(body: &[u8]) -> Request {
    let wire: Wire<'_> = field::body(body);
    let stop_sequences = match read(wire.stop) {
        Some(Stop::One(stop)) => vec![stop],
        Some(Stop::Many(stops)) => stops,
        None => Vec::new(),
    };
    let prompt: Prompt = read(wire.prompt).unwrap_or_default();
    Request {
        model: read(wire.model),
        stream: read(wire.stream).unwrap_or(false),
        temperature: read(wire.temperature),
        top_p: read(wire.top_p),
        frequency_penalty: read(wire.frequency_penalty),
        presence_penalty: read(wire.presence_penalty),
        max_tokens: [
            wire.max_completion_tokens,
            wire.max_tokens,
            wire.max_output_tokens,
        ]
        .into_iter()
        .find_map(read),
        seed: read(wire.seed),
        choice_count: read(wire.n),
        stop_sequences,
        reasoning_level: read(wire.reasoning_effort)
            .or_else(|| read::<Reasoning>(wire.reasoning)?.effort),
        service_tier: read(wire.service_tier),
        output_type: output_type(&wire),
        encoding_format: read(wire.encoding_format),
        dimensions: read(wire.dimensions),
        previous_response_id: read(wire.previous_response_id),
        conversation_id: read(wire.conversation).map(|conversation| match conversation {
            Conversation::Id(id) | Conversation::Object { id } => id,
        }),
        prompt_version: prompt.id.is_some().then_some(prompt.version).flatten(),
        prompt_name: prompt.id,
        compacted: wire.input.is_some_and(is_compacted),
        fetch: None,
    }
}

/// Speech where it is asked for, else the format of the text.
fn output_type(wire: &Wire<'_>) -> Option<&'static str> {
    let speech = read::<Vec<Cow<'_, str>>>(wire.modalities)
        .is_some_and(|modalities| modalities.iter().any(|modality| modality == "audio"));
    if speech {
        return Some("speech");
    }
    let format = wire
        .response_format
        .or_else(|| read::<Text<'_>>(wire.text)?.format);
    match &*read::<Typed<'_>>(format)?.r#type {
        "json_schema" | "json_object" => Some("json"),
        "text" => Some("text"),
        _ => None,
    }
}

/// Whether an item of the input stands for a conversation that was compacted.
fn is_compacted(input: &RawValue) -> bool {
    // Most inputs are long and have none.
    input.get().contains("\"compaction\"")
        && read::<Vec<Typed<'_>>>(Some(input))
            .is_some_and(|items| items.iter().any(|item| item.r#type == "compaction"))
}

/// The model, found by looking at both ends of the body only, where clients put it: the caller's thread must not
/// read a long prompt. `None` sends the question to the recorder, which reads everything.
#[must_use]
pub fn model(body: &[u8]) -> Option<String> {
    const WINDOW: usize = 512;
    let head = body.get(..WINDOW.min(body.len()))?;
    let tail = body.get(body.len().saturating_sub(WINDOW)..)?;
    // Only a top-level key counts: at the head it follows the opening brace, at the tail nothing but the rest of the
    // object may follow, which a scan cannot know. So the head is read strictly and the tail with a parse of the rest.
    leading_model(head).or_else(|| trailing_model(tail))
}

fn leading_model(head: &[u8]) -> Option<String> {
    let rest = trim(head).strip_prefix(b"{")?;
    string_after_key(trim(rest))
}

fn trailing_model(tail: &[u8]) -> Option<String> {
    let mut quotes = (0..tail.len())
        .rev()
        .filter(|at| tail.get(*at) == Some(&b'"'));
    let rest =
        quotes.find_map(|at| tail.get(at..).filter(|rest| rest.starts_with(b"\"model\"")))?;
    // What follows must complete one flat object: `{"model":"x"}` or `{"model":"x","stream":true}`.
    let mut object = Vec::with_capacity(rest.len() + 1);
    object.push(b'{');
    object.extend_from_slice(rest);
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
            "previous_response_id":"resp_0","conversation":{"id":"conv_1"},"prompt":{"id":"pmpt_1","version":"3"}}"#;
        let parsed = request(body);
        assert_eq!(parsed.max_tokens, Some(64));
        assert_eq!(
            (parsed.reasoning_level.as_deref(), parsed.output_type),
            (Some("low"), Some("json"))
        );
        assert_eq!(parsed.previous_response_id.as_deref(), Some("resp_0"));
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
        assert_eq!(super::request(b"not json"), Request::default());
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
