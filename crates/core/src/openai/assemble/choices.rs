//! Chunks of chat completions and completions.

use std::collections::BTreeMap;

use super::calls;
use super::merge;
use super::piece::{Members, Piece};
use super::usage::StreamUsage;
use super::{Assembler, EventOutcome, Visible};
use crate::json::Node;
use crate::openai::failure::stated;

/// An answer made of choices.
pub(super) struct Choices {
    /// The `object` of the whole answer.
    object: &'static str,
    /// The members of the chunks other than `choices`.
    head: Members,
    choices: BTreeMap<u64, Members>,
    usage: StreamUsage,
    chunks: usize,
}

impl Choices {
    pub(super) fn of(object: &'static str) -> Self {
        Self {
            object,
            head: Members::default(),
            choices: BTreeMap::new(),
            usage: StreamUsage::default(),
            chunks: 0,
        }
    }

    fn chunk(&mut self, chunk: Node<'_>, choices: Option<Node<'_>>, text: &mut Visible) {
        self.chunks += 1;
        for (name, value) in chunk.members() {
            match &*name {
                "usage" => self.usage.take(value),
                // Groq's `x_groq` is an object with a usage of its own.
                _ if value.is_object() => self.usage.take_within(value),
                _ => {}
            }
            head(&mut self.head, &name, value);
        }
        for choice in choices.into_iter().flat_map(Node::items) {
            self.choice(choice, text);
        }
    }

    fn choice(&mut self, piece: Node<'_>, text: &mut Visible) {
        let index = piece.get("index").and_then(Node::u64).unwrap_or(0);
        let choice = self.choices.entry(index).or_insert_with(|| {
            let mut choice = Members::default();
            choice.set("index", Piece::Bare(index.to_string().into()));
            choice
        });
        for (name, value) in piece.members() {
            match &*name {
                "index" | "error" => {}
                "usage" => self.usage.take(value),
                "delta" => delta(choice, value, text),
                // Completions carry their text next to the index.
                "text" => {
                    text.push(value);
                    merge::member(choice, &name, value);
                }
                _ => merge::member(choice, &name, value),
            }
        }
    }
}

impl Assembler for Choices {
    fn take(&mut self, chunk: Node<'_>, text: &mut Visible) -> EventOutcome {
        let failure = stated(chunk, "stream_error");
        let choices = chunk.given("choices");
        let are_objects = |list: Node<'_>| list.is_list() && list.items().all(Node::is_object);
        if choices.is_some_and(|choices| !are_objects(choices)) {
            return EventOutcome::Malformed;
        }
        // An error may come in a chunk of the answer, or in place of one.
        if failure.is_none() || choices.is_some() {
            self.chunk(chunk, choices, text);
        }
        failure.map_or(EventOutcome::Chunk, EventOutcome::Failed)
    }

    fn answer(mut self) -> Option<String> {
        if self.chunks == 0 {
            return None;
        }
        let is_chat = self.object == "chat.completion";
        let choices = self.choices.into_values().map(|mut choice| {
            if is_chat {
                finish_message(&mut choice);
            }
            choice.or_insert("finish_reason", || Piece::NULL);
            Piece::Object(choice)
        });
        self.head.set("choices", Piece::List(choices.collect()));
        self.head.set("object", Piece::word(self.object));
        if let Some(usage) = self.usage.finish() {
            self.head.set("usage", usage);
        }
        let mut answer = String::new();
        self.head.write(&mut answer);
        Some(answer)
    }
}

/// Adds a member of the chunk itself, which is the same in every chunk or present in only one.
fn head(head: &mut Members, name: &str, value: Node<'_>) {
    // The padding against eavesdroppers is not part of the answer.
    if ["choices", "object", "obfuscation", "usage", "error"].contains(&name) {
        return;
    }
    match head.get_mut(name) {
        Some(known) if !known.is_blank() => {}
        Some(known) => *known = Piece::whole(value),
        None => head.set(name, Piece::whole(value)),
    }
}

fn delta(choice: &mut Members, delta: Node<'_>, text: &mut Visible) {
    if !delta.is_object() {
        return;
    }
    // Not `or_insert`, which would allocate the name again for each piece.
    if choice.get("message").is_none() {
        choice.set("message", Piece::Object(Members::default()));
    }
    let Some(Piece::Object(message)) = choice.get_mut("message") else {
        return;
    };
    for (name, value) in delta.members() {
        match &*name {
            "content" | "refusal" | "reasoning_content" | "reasoning" => text.push(value),
            "tool_calls" => {
                push_calls(value, text);
                calls::merge(message, value);
                continue;
            }
            _ => {}
        }
        merge::member(message, &name, value);
    }
}

fn push_calls(calls: Node<'_>, text: &mut Visible) {
    for function in calls.items().filter_map(|call| call.get("function")) {
        for name in ["name", "arguments"] {
            function
                .get(name)
                .into_iter()
                .for_each(|piece| text.push(piece));
        }
    }
}

/// Adds what a stream leaves out, and removes what only a stream has.
fn finish_message(choice: &mut Members) {
    let message = choice.or_insert("message", || Piece::Object(Members::default()));
    let Piece::Object(message) = message else {
        return;
    };
    message.or_insert("role", || Piece::word("assistant"));
    message.or_insert("content", || Piece::NULL);
    if let Some(Piece::List(calls)) = message.get_mut("tool_calls") {
        calls.sort_by_key(|call| call.number("index"));
        for call in calls.iter_mut().filter_map(Piece::members) {
            call.remove("index");
            call.or_insert("type", || Piece::word("function"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::Endpoint::{ChatCompletions, Completions};
    use crate::openai::{Assembled, assemble};

    fn sse(chunks: &[Value]) -> Vec<u8> {
        chunks
            .iter()
            .map(|chunk| format!("data: {chunk}\n\n"))
            .collect::<String>()
            .into_bytes()
    }

    fn delta(index: u64, delta: &Value, finish: Option<&str>) -> Value {
        json!({"id":"c1","object":"chat.completion.chunk","created":5,"model":"m-1",
               "choices":[{"index":index,"delta":delta,"finish_reason":finish}]})
    }

    fn value(assembled: &Assembled) -> Value {
        serde_json::from_str(assembled.completion.as_ref().unwrap()).unwrap()
    }

    #[test]
    fn a_stream_becomes_one_completion() {
        let mut bytes = sse(&[
            delta(0, &json!({"role":"assistant","content":""}), None),
            delta(0, &json!({"content":"Hel"}), None),
            delta(0, &json!({"content":"lo"}), None),
            delta(0, &json!({}), Some("stop")),
            json!({"id":"c1","model":"m-1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}),
        ]);
        bytes.extend_from_slice(b"data: [DONE]\n\n");
        let assembled = assemble(ChatCompletions, &bytes);
        assert!(assembled.done);
        assert_eq!(assembled.text, "Hello");
        assert_eq!(assembled.body.usage.output_tokens, Some(2));
        assert_eq!(
            value(&assembled),
            json!({"id":"c1","object":"chat.completion","created":5,"model":"m-1",
                "choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],
                "usage":{"prompt_tokens":3,"completion_tokens":2}})
        );
    }

    #[test]
    fn tool_calls_and_several_choices_are_merged_by_index() {
        let bytes = sse(&[
            delta(
                0,
                &json!({"tool_calls":[{"index":0,"id":"t0","type":"function","function":{"name":"f","arguments":""}}]}),
                None,
            ),
            delta(1, &json!({"content":"b"}), Some("length")),
            delta(
                0,
                &json!({"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}),
                None,
            ),
            delta(
                0,
                &json!({"tool_calls":[{"index":0,"function":{"arguments":"1}"}},{"index":1,"id":"t1","function":{"name":"g"}}]}),
                Some("tool_calls"),
            ),
        ]);
        let assembled = assemble(ChatCompletions, &bytes);
        assert_eq!(
            assembled.body.response.finish_reasons,
            ["tool_calls", "length"]
        );
        assert_eq!(assembled.text, "fb{\"a\":1}g");
        let choices = &value(&assembled)["choices"];
        assert_eq!(
            choices[0]["message"],
            json!({"role":"assistant","content":null,"tool_calls":[
                {"id":"t0","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},
                {"id":"t1","type":"function","function":{"name":"g"}}]})
        );
        assert_eq!(choices[1]["message"]["content"], "b");
    }

    #[test]
    fn every_kind_of_delta_is_kept() {
        let logprob = |token: &str| json!({"content":[{"token":token,"logprob":-0.5,"bytes":null,"top_logprobs":[]}],"refusal":null});
        let chunk = |delta: Value, logprobs: Value| {
            json!({"id":"c","object":"chat.completion.chunk","model":"m","provider":"p","obfuscation":"xx",
                "system_fingerprint":null,"choices":[{"index":0,"delta":delta,"logprobs":logprobs,"finish_reason":null}]})
        };
        let bytes = sse(&[
            chunk(
                json!({"role":"assistant","content":"a","reasoning_content":"th"}),
                logprob("a"),
            ),
            chunk(
                json!({"content":"b","reasoning_content":"ink","audio":{"id":"x","data":"QU","transcript":"he"}}),
                logprob("b"),
            ),
            chunk(
                json!({"audio":{"data":"JD","transcript":"llo"},"function_call":{"name":"f","arguments":"{"}}),
                json!(null),
            ),
            chunk(
                json!({"audio":{"expires_at":9},"function_call":{"arguments":"}"},"annotations":[{"type":"url_citation"}]}),
                json!(null),
            ),
            chunk(
                json!({"reasoning_details":[{"index":0,"type":"reasoning.text","text":"x"}]}),
                json!(null),
            ),
            chunk(
                json!({"reasoning_details":[{"index":0,"type":"reasoning.text","text":"y"}]}),
                json!(null),
            ),
        ]);
        assert_eq!(
            value(&assemble(ChatCompletions, &bytes)),
            json!({"id":"c","object":"chat.completion","model":"m","provider":"p","system_fingerprint":null,
                "choices":[{"index":0,"finish_reason":null,
                    "logprobs":{"content":[{"token":"a","logprob":-0.5,"bytes":null,"top_logprobs":[]},
                        {"token":"b","logprob":-0.5,"bytes":null,"top_logprobs":[]}],"refusal":null},
                    "message":{"role":"assistant","content":"ab","reasoning_content":"think",
                        "audio":{"id":"x","data":"QUJD","transcript":"hello","expires_at":9},
                        "function_call":{"name":"f","arguments":"{}"},"annotations":[{"type":"url_citation"}],
                        "reasoning_details":[{"index":0,"type":"reasoning.text","text":"xy"}]}}]})
        );
    }

    #[test]
    fn a_character_that_is_cut_in_two_is_one_again() {
        let chunk = |index: u64, content: &str| {
            format!(
                r#"data: {{"choices":[{{"index":{index},"delta":{{"content":"{content}"}}}}]}}"#
            )
        };
        for (pieces, text) in [
            (&[r"a\ud83d", r"\ude42b"][..], "a🙂b"),
            (&[r"\ud83d", r"\ude42\ud83d", r"\ude42"], "🙂🙂"),
            (&[r"\ud83d", "x", r"\ude42"], "\u{fffd}x\u{fffd}"),
            (&[r"\\\ud83d", r"\ude42"], r"\🙂"),
            (&[r"\\ud83d", r"\ude42"], "\\ud83d\u{fffd}"),
        ] {
            let stream: Vec<String> = pieces.iter().map(|piece| chunk(0, piece)).collect();
            let assembled = assemble(ChatCompletions, stream.join("\n\n").as_bytes());
            let content = &value(&assembled)["choices"][0]["message"]["content"];
            assert_eq!(
                (content, &*assembled.text),
                (&json!(text), text),
                "{pieces:?}"
            );
        }
    }

    #[test]
    fn completions_have_their_text_beside_the_index() {
        let chunk = |index: u64, text: &str, finish: Option<&str>| {
            json!({"id":"cmpl-1","object":"text_completion","created":5,"model":"m",
                "choices":[{"index":index,"text":text,"logprobs":null,"finish_reason":finish}]})
        };
        let bytes = sse(&[
            chunk(0, "Once", None),
            chunk(1, "In", None),
            chunk(0, " upon", Some("length")),
            chunk(1, "", Some("stop")),
        ]);
        let assembled = assemble(Completions, &bytes);
        assert_eq!(assembled.body.response.finish_reasons, ["length", "stop"]);
        assert_eq!(
            value(&assembled),
            json!({"id":"cmpl-1","object":"text_completion","created":5,"model":"m","choices":[
                {"index":0,"text":"Once upon","logprobs":null,"finish_reason":"length"},
                {"index":1,"text":"In","logprobs":null,"finish_reason":"stop"}]})
        );
    }

    #[test]
    fn an_error_event_a_malformed_chunk_and_a_cut_are_told_apart() {
        let good = sse(&[delta(0, &json!({"content":"a"}), None)]);
        let mut with_error = good.clone();
        with_error.extend_from_slice(
            b"data: {\"error\":{\"message\":\"overloaded\",\"code\":\"server_error\"}}\n\n",
        );
        assert_eq!(
            assemble(ChatCompletions, &with_error).failure.unwrap().kind,
            "server_error"
        );
        let mut malformed = good.clone();
        malformed.extend_from_slice(b"data: {\"id\":\n\n");
        assert_eq!(assemble(ChatCompletions, &malformed).malformed, 1);
        let cut = assemble(ChatCompletions, &good);
        assert!(!cut.done);
        assert_eq!(cut.text, "a");
        assert!(assemble(ChatCompletions, b"").completion.is_none());
    }
}
