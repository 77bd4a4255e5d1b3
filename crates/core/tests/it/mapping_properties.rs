//! Properties of every span, whatever its source and content.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so at once"
)]

use std::time::{Duration, UNIX_EPOCH};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use spanloom_core::json::Document;
use spanloom_core::mapping::{Span, record};
use spanloom_core::openai::{output_messages, prompt_content};
use spanloom_core::{Endpoint, Record, StreamName, Timestamp, message};

/// The attribute names of every dialect, with the meaning of each.
const NAMES: &[&str] = &[
    "ai.model.id",
    "ai.operationId",
    "ai.prompt",
    "ai.prompt.messages",
    "ai.response",
    "ai.response.finishReason",
    "ai.response.text",
    "ai.response.toolCalls",
    "ai.usage.promptTokens",
    "embedding.embeddings.0.embedding.text",
    "embedding.embeddings.1.embedding.vector",
    "embedding.embeddings.x",
    "error.type",
    "gen_ai.completion",
    "gen_ai.completion.0.content",
    "gen_ai.completion.0.tool_calls.0.name",
    "gen_ai.conversation.id",
    "gen_ai.input.messages",
    "gen_ai.operation.name",
    "gen_ai.output.messages",
    "gen_ai.prompt",
    "gen_ai.prompt.0.content",
    "gen_ai.prompt.0.role",
    "gen_ai.prompt.18446744073709551615.content",
    "gen_ai.prompt.name",
    "gen_ai.provider.name",
    "gen_ai.request.max_tokens",
    "gen_ai.request.model",
    "gen_ai.response.finish_reasons",
    "gen_ai.response.id",
    "gen_ai.response.model",
    "gen_ai.system",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.prompt_tokens",
    "input.value",
    "llm.input_messages.0.message.contents.0.message_content.text",
    "llm.input_messages.0.message.role",
    "llm.input_messages.1.message.tool_calls.0.tool_call.function.name",
    "llm.invocation_parameters",
    "llm.model_name",
    "llm.output_messages.0.message.content",
    "llm.request.type",
    "llm.token_count.prompt",
    "openinference.span.kind",
    "output.value",
    "session.id",
    "spanloom.attributes",
    "spanloom.request",
    "spanloom.response",
    "spanloom.stream",
    "traceloop.entity.input",
    "traceloop.entity.output",
    "traceloop.span.kind",
    "user.id",
    "wandb.entity",
];

fn word() -> impl Strategy<Value = Value> + Clone {
    "[a-z]{0,6}".prop_map(Value::from)
}

/// Generates a part of a message, with arbitrary fields.
fn part() -> impl Strategy<Value = Value> + Clone {
    let kinds = "text reasoning refusal tool_call tool_call_response tool-result blob uri file odd";
    let names = "content text id name arguments response result modality uri";
    let kind = select(kinds.split(' ').collect::<Vec<_>>());
    let field = (select(names.split(' ').collect::<Vec<_>>()), word());
    (kind, vec(field, 0..4)).prop_map(|(kind, fields)| {
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        let mut part: Map<String, Value> = fields.collect();
        part.insert("type".to_owned(), kind.into());
        Value::Object(part)
    })
}

/// Generates messages, or nearly so, in any of their wrappers.
fn told() -> impl Strategy<Value = Value> + Clone {
    let role = select(vec!["system", "user", "assistant", "tool", ""]);
    let content = prop_oneof![vec(part(), 0..4).prop_map(Value::from), word()];
    let message = (role, select(vec!["parts", "content"]), content)
        .prop_map(|(role, name, content)| json!({"role": role, name: content}));
    vec(prop_oneof![9 => message, 1 => word()], 0..4).prop_flat_map(|messages| {
        let choice = json!({"message": messages.first(), "index": 0});
        select(vec![
            json!(messages),
            json!({"messages": messages, "model": "m"}),
            json!({"choices": [choice]}),
            json!({"system": "s", "prompt": messages}),
        ])
    })
}

/// Generates values that an attribute may have: its own type, a list, or JSON as text, whole or cut off.
fn value() -> impl Strategy<Value = Value> {
    let as_text = (told(), 1..400_usize).prop_map(|(told, cut)| {
        told.to_string()
            .chars()
            .take(cut)
            .collect::<String>()
            .into()
    });
    prop_oneof![
        word(),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<bool>().prop_map(Value::from),
        vec(word(), 0..3).prop_map(Value::from),
        told(),
        as_text,
        Just(Value::Null),
    ]
}

fn mapped(attributes: impl IntoIterator<Item = (String, Value)>) -> Record {
    let at = |milliseconds| Timestamp::from(UNIX_EPOCH + Duration::from_millis(milliseconds));
    let span = Span {
        name: "a span".to_owned(),
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
        span_id: "00f067aa0ba902b7".to_owned(),
        parent_id: None,
        started_at: at(1_000),
        ended_at: at(1_250),
        attributes: attributes.into_iter().collect(),
        ..Span::default()
    };
    let stream = StreamName::parse("acme/chatbot/logs", None).unwrap();
    record(span, &std::iter::empty().collect(), &stream)
}

proptest! {
    #[test]
    fn every_span_becomes_a_record_that_is_read_back(
        attributes in vec((select(NAMES), value()), 0..12)
    ) {
        let own = attributes.iter().any(|(name, _)| *name == "spanloom.request");
        let named = attributes.into_iter().map(|(name, value)| (name.to_owned(), value));
        let record = mapped(named);
        let inputs: Value = serde_json::from_str(record.inputs.as_str()).unwrap();
        for message in inputs["messages"].as_array().into_iter().flatten() {
            prop_assert!(own || !record.info().rebuilt || message["role"].is_string(), "{}", message);
        }
        let text = serde_json::to_string(&record).unwrap();
        let again: Record = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(serde_json::to_string(&again).unwrap(), text);
        // One family of counts, for one model.
        let usage = record.summary.get("usage").and_then(Value::as_object);
        for (_, counts) in usage.into_iter().flatten() {
            prop_assert!(counts.get("input_tokens").is_none());
        }
        prop_assert!(usage.is_none_or(|usage| usage.len() == 1));
    }

    /// Gives each name a unique word: it appears in the record, under its meaning or under its name.
    #[test]
    fn no_word_is_lost(names in proptest::sample::subsequence(NAMES, 0..20)) {
        // Next to the provider's own body, attributes with the same meaning are dropped.
        let own = ["spanloom.request", "spanloom.response"];
        let named = names.iter().filter(|name| !own.contains(name)).enumerate();
        let attributes: Vec<_> = named.map(|(n, name)| ((*name).to_owned(), json!(format!("word{n}")))).collect();
        let record = serde_json::to_string(&mapped(attributes.clone())).unwrap();
        for (name, word) in attributes {
            let said = record.contains(word.as_str().unwrap());
            prop_assert!(said, "{} = {} is nowhere in {}", name, word, record);
        }
    }

    /// A request that is rebuilt from our own spans' convention attributes converts to the same attributes again.
    #[test]
    fn a_request_told_in_the_conventions_words_is_put_together_again(
        messages in vec(chat_message(), 1..6), choice in chat_message(), tools in any::<bool>()
    ) {
        let tools = tools.then(|| json!([{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}]));
        let request = json!({"model": "m", "messages": messages, "tools": tools}).to_string();
        let answer = json!({"choices": [{"index": 0, "message": choice, "finish_reason": "tool_calls"}]}).to_string();
        let [input, tools] = asked_json(&request);
        let answered = answered_json(&answer);
        let attributes = [
            ("gen_ai.operation.name", Some("chat".to_owned())),
            ("gen_ai.request.model", Some("m".to_owned())),
            ("gen_ai.input.messages", input.clone()),
            ("gen_ai.tool.definitions", tools.clone()),
            ("gen_ai.output.messages", answered.clone()),
        ];
        let named = attributes.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text?))));
        let record = mapped(named);
        let values = |text: Option<String>| text.map(|text| serde_json::from_str::<Value>(&text).unwrap());
        let again = asked_json(record.inputs.as_str());
        prop_assert_eq!(again.map(values), [input, tools].map(values));
        let again = answered_json(record.output.as_ref().unwrap().as_str());
        prop_assert_eq!(values(again), values(answered));
    }
}

/// Returns the messages and tools of a chat completion's request, in the convention's format.
fn asked_json(request: &str) -> [Option<String>; 2] {
    let document = Document::read(request.as_bytes());
    let asked = prompt_content(Endpoint::ChatCompletions, document.root());
    [
        message::to_json(&asked.input_messages),
        message::tools_json(&asked.tool_definitions),
    ]
}

fn answered_json(answer: &str) -> Option<String> {
    let document = Document::read(answer.as_bytes());
    message::to_json(&output_messages(Endpoint::ChatCompletions, document.root()))
}

/// Generates a message of a chat completion.
fn chat_message() -> impl Strategy<Value = Value> {
    let word = || "[a-z ]{1,12}";
    let text = word().prop_map(|text| json!({"type": "text", "text": text}));
    let image = word().prop_map(
        |name| json!({"type": "image_url", "image_url": {"url": format!("https://h/{name}")}}),
    );
    let inline =
        Just(json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}));
    let audio =
        Just(json!({"type": "input_audio", "input_audio": {"data": "UklG", "format": "mp3"}}));
    let file = Just(json!({"type": "file", "file": {"file_id": "file-1"}}));
    let content = prop_oneof![
        word().prop_map(Value::from),
        vec(prop_oneof![text, image, inline, audio, file], 1..4).prop_map(Value::from),
    ];
    let call = (word(), word()).prop_map(|(id, value)| {
        json!({"id": id, "type": "function", "function": {"name": "f", "arguments": json!({"a": value}).to_string()}})
    });
    prop_oneof![
        (select(vec!["system", "user"]), content)
            .prop_map(|(role, content)| json!({"role": role, "content": content})),
        (
            proptest::option::of(word()),
            proptest::option::of(word()),
            vec(call, 0..3)
        )
            .prop_map(|(content, reasoning, calls)| {
                let mut message = json!({"role": "assistant", "content": content});
                if let Some(reasoning) = reasoning {
                    message["reasoning_content"] = reasoning.into();
                }
                if !calls.is_empty() {
                    message["tool_calls"] = calls.into();
                }
                message
            }),
        (word(), word()).prop_map(
            |(id, content)| json!({"role": "tool", "tool_call_id": id, "content": content})
        ),
    ]
}
