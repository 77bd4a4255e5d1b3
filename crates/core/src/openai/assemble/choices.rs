//! Chunks of chat completions and completions.

use std::collections::BTreeMap;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::merge::{self, Members, is_null};
use super::{Parts, Step};
use crate::openai::failure::failure;
use crate::openai::field::read;

/// An answer made of choices.
pub(super) struct Choices {
    /// What the whole answer's `object` says.
    object: &'static str,
    /// Every member of the chunks beside their choices.
    head: Map<String, Value>,
    choices: BTreeMap<u64, Map<String, Value>>,
    chunks: usize,
}

impl Choices {
    pub(super) fn of(object: &'static str) -> Self {
        Self {
            object,
            head: Map::new(),
            choices: BTreeMap::new(),
            chunks: 0,
        }
    }

    fn choice(&mut self, Members(members): Members<'_>, text: &mut String) {
        let index = members.iter().find(|(name, _)| name == "index");
        let index = index.and_then(|(_, raw)| read(Some(raw))).unwrap_or(0);
        let choice = self.choices.entry(index).or_insert_with(|| {
            let mut choice = Map::new();
            choice.insert("index".to_owned(), index.into());
            choice
        });
        for (name, raw) in members {
            match &*name {
                "index" => {}
                "delta" => delta(choice, raw, text),
                // Completions have their text beside the index.
                "text" => {
                    say(raw, text);
                    merge::member(choice, &name, raw);
                }
                _ => merge::member(choice, &name, raw),
            }
        }
    }
}

impl Parts for Choices {
    fn take(&mut self, data: &[u8], text: &mut String) -> Step {
        let Ok(chunk) = serde_json::from_slice::<Members<'_>>(data) else {
            return Step::Malformed;
        };
        if chunk.get("error").is_some_and(|error| !is_null(error)) {
            return match failure(data, "stream_error") {
                Some(failure) => Step::Failed(failure),
                None => Step::Malformed,
            };
        }
        let choices = chunk.get("choices").filter(|choices| !is_null(choices));
        let choices = match choices.map(|choices| serde_json::from_str(choices.get())) {
            None => Vec::new(),
            Some(Ok(choices)) => choices,
            Some(Err(_)) => return Step::Malformed,
        };
        self.chunks += 1;
        for (name, raw) in chunk.0 {
            head(&mut self.head, &name, raw);
        }
        for choice in choices {
            self.choice(choice, text);
        }
        Step::Chunk
    }

    fn answer(mut self) -> Option<Box<RawValue>> {
        if self.chunks == 0 {
            return None;
        }
        let is_chat = self.object == "chat.completion";
        let choices = self.choices.into_values().map(|mut choice| {
            if is_chat {
                finish_message(&mut choice);
            }
            choice.entry("finish_reason").or_insert(Value::Null);
            Value::Object(choice)
        });
        let choices = Value::Array(choices.collect());
        self.head.insert("choices".to_owned(), choices);
        self.head.insert("object".to_owned(), self.object.into());
        to_raw_value(&self.head).ok()
    }
}

/// Members of the chunk itself are the same in every chunk, or come in one only.
fn head(head: &mut Map<String, Value>, name: &str, raw: &RawValue) {
    // The padding against eavesdroppers is no part of the answer; usage is null until it comes.
    let passes = match name {
        "choices" | "object" | "obfuscation" => true,
        "usage" => is_null(raw),
        _ => false,
    };
    if passes {
        return;
    }
    let known = head.get(name).is_some_and(|value| {
        !value.is_null() && value.as_str() != Some("") && (is_null(raw) || name != "usage")
    });
    if !known {
        if let Some(value) = read(Some(raw)) {
            head.insert(name.to_owned(), value);
        } else {
            head.entry(name).or_insert(Value::Null);
        }
    }
}

fn delta(choice: &mut Map<String, Value>, raw: &RawValue, text: &mut String) {
    let Some(Members(members)) = read(Some(raw)) else {
        return;
    };
    let message = choice
        .entry("message")
        .or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(message) = message else {
        return;
    };
    for (name, raw) in members {
        match &*name {
            "content" | "refusal" | "reasoning_content" | "reasoning" => say(raw, text),
            "tool_calls" => say_calls(raw, text),
            _ => {}
        }
        merge::member(message, &name, raw);
    }
}

fn say(raw: &RawValue, text: &mut String) {
    if let Some(piece) = read::<String>(Some(raw)) {
        text.push_str(&piece);
    }
}

#[derive(serde::Deserialize)]
struct Call {
    #[serde(default)]
    function: Option<Function>,
}

#[derive(serde::Deserialize)]
struct Function {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<String>,
}

fn say_calls(raw: &RawValue, text: &mut String) {
    let calls = read::<Vec<Call>>(Some(raw)).unwrap_or_default();
    for function in calls.into_iter().filter_map(|call| call.function) {
        text.extend([function.name, function.arguments].into_iter().flatten());
    }
}

/// What only the stream has, or leaves out.
fn finish_message(choice: &mut Map<String, Value>) {
    let message = choice
        .entry("message")
        .or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(message) = message else {
        return;
    };
    message.entry("role").or_insert_with(|| "assistant".into());
    message.entry("content").or_insert(Value::Null);
    if let Some(Value::Array(calls)) = message.get_mut("tool_calls") {
        calls.sort_by_key(|call| call.get("index").and_then(Value::as_u64));
        for call in calls {
            if let Value::Object(call) = call {
                call.remove("index");
                call.entry("type").or_insert_with(|| "function".into());
            }
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
        serde_json::from_str(assembled.completion.as_ref().unwrap().get()).unwrap()
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
