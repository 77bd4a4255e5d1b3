//! Messages and choices of chat completions, including those of compatible providers.

use super::finish_reason;
use crate::json::Node;
use crate::message::{Arguments, Message, Modality, Part, Text};

/// Reads the messages of a request.
pub(super) fn input(messages: Node<'_>) -> Vec<Message<'_>> {
    messages.items().map(message).collect()
}

/// Reads the messages of an answer, one for each choice.
pub(super) fn output(body: Node<'_>) -> Vec<Message<'_>> {
    let choices = body.get("choices").map(Node::items);
    let answers = choices.into_iter().flatten().map(|choice| {
        let [reason, answer] = choice.pick(["finish_reason", "message"]);
        let reason = reason.and_then(Node::text);
        let mut answer = match answer {
            Some(it) => message(it),
            None => Message::new("assistant", Vec::new()),
        };
        answer.finish_reason = Some(finish_reason(reason));
        answer
    });
    answers.collect()
}

pub(super) fn message(message: Node<'_>) -> Message<'_> {
    let [
        role,
        content,
        name,
        refusal,
        tool_calls,
        function_call,
        spoken,
        reasoning_content,
        reasoning,
        reasoning_details,
    ] = message.pick([
        "role",
        "content",
        "name",
        "refusal",
        "tool_calls",
        "function_call",
        "audio",
        "reasoning_content",
        "reasoning",
        "reasoning_details",
    ]);
    let some = |node: Option<_>| node.and_then(Text::some);
    let role = some(role).map_or("assistant".into(), Text::into_cow);
    // Most messages have one part; a body of empty messages must not take more memory than its own length.
    let mut parts = Vec::with_capacity(usize::from(content.is_some()));
    // Compatible providers name reasoning differently: it is a text, or a list of pieces.
    if let Some(text) = some(reasoning_content).or_else(|| some(reasoning)) {
        parts.push(Part::Reasoning(text));
    } else if let Some(details) = reasoning_details {
        parts.extend(pieces(details));
    }
    match &*role {
        "tool" | "function" => parts.push(Part::ToolResult {
            id: Text::of(message, "tool_call_id"),
            result: content,
        }),
        _ => contents(content, &mut parts),
    }
    if let Some(refusal) = some(refusal) {
        parts.push(Part::Refusal(refusal));
    }
    if let Some(spoken) = spoken {
        parts.extend(audio(spoken));
    }
    if let Some(calls) = tool_calls {
        parts.extend(calls.items().map(tool_call));
    }
    if let Some(legacy) = function_call.filter(|call| call.is_object()) {
        parts.push(function(None, Some(legacy)));
    }
    // The role of a function's result before tools existed.
    let role = if role == "function" {
        "tool".into()
    } else {
        role
    };
    Message {
        name: some(name),
        ..Message::new(role, parts)
    }
}

/// Reads the pieces of a model's reasoning.
fn pieces(details: Node<'_>) -> impl Iterator<Item = Part<'_>> {
    details.items().filter_map(|detail| {
        let text = Text::of(detail, "text").or_else(|| Text::of(detail, "summary"));
        text.map(Part::Reasoning)
    })
}

/// Reads a spoken answer and its words.
fn audio(audio: Node<'_>) -> impl Iterator<Item = Part<'_>> {
    let modality = Modality::Audio;
    let [data, transcript, id] = audio
        .pick(["data", "transcript", "id"])
        .map(|node| node.and_then(Text::some));
    // The audio of an earlier answer is referenced by its id.
    let id = id.filter(|_| data.is_none());
    let data = data.map(|content| Part::Blob {
        modality,
        mime_type: None,
        content,
        detail: None,
    });
    let id = id.map(|id| Part::File { modality, id });
    [data, transcript.map(Part::Text), id].into_iter().flatten()
}

fn contents<'d>(content: Option<Node<'d>>, parts: &mut Vec<Part<'d>>) {
    let Some(content) = content else { return };
    match content.is_text() {
        true => parts.push(Part::Text(content.into())),
        false => parts.extend(content.items().map(Part::read)),
    }
}

fn tool_call(call: Node<'_>) -> Part<'_> {
    let id = Text::of(call, "id");
    match call.given("custom") {
        Some(custom) => Part::ToolCall {
            id,
            name: Text::of(custom, "name").unwrap_or_else(|| "".into()),
            arguments: custom.get("input").map(Arguments::Given),
        },
        None => function(id, call.get("function")),
    }
}

fn function<'d>(id: Option<Text<'d>>, function: Option<Node<'d>>) -> Part<'d> {
    let name = function.and_then(|function| Text::of(function, "name"));
    let arguments = function.and_then(|function| function.get("arguments"));
    Part::ToolCall {
        id,
        name: name.unwrap_or_else(|| "".into()),
        arguments: arguments.map(Arguments::of),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::json::Document;
    use crate::message::to_json;

    fn convert(given: &Value) -> Value {
        let json = given.to_string();
        let document = Document::read(json.as_bytes());
        let json = to_json(&[message(document.root())]).unwrap();
        serde_json::from_str::<Value>(&json).unwrap()[0].clone()
    }

    fn parts(message: &Value) -> Value {
        convert(message)["parts"].clone()
    }

    fn asked(messages: &Value) -> Value {
        let json = messages.to_string();
        let document = Document::read(json.as_bytes());
        let json = to_json(&input(document.root()));
        json.map_or(Value::Null, |json| serde_json::from_str(&json).unwrap())
    }

    fn output_of(body: &[u8]) -> Value {
        let json = to_json(&output(Document::read(body).root())).unwrap();
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_tool_loop() {
        let body = json!({"messages":[
            {"role":"system","content":"be brief"},
            {"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"https://x/y.png"}}]},
            {"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
            {"role":"tool","tool_call_id":"t1","content":"42"}]});
        assert_eq!(
            asked(&body["messages"]),
            json!([
                {"role":"system","parts":[{"type":"text","content":"be brief"}]},
                {"role":"user","parts":[{"type":"text","content":"look"},{"type":"uri","modality":"image","uri":"https://x/y.png"}]},
                {"role":"assistant","parts":[{"type":"tool_call","id":"t1","name":"f","arguments":{"a":1}}]},
                {"role":"tool","parts":[{"type":"tool_call_response","id":"t1","response":"42"}]}])
        );
    }

    #[test]
    fn an_answer_has_the_conventions_finish_reason() {
        for (provider, convention) in [
            ("tool_calls", "tool_call"),
            ("function_call", "tool_call"),
            ("stop", "stop"),
            ("length", "length"),
            ("content_filter", "content_filter"),
        ] {
            let body = json!({"choices":[{"index":0,"finish_reason":provider,"message":{"role":"assistant","content":"hi"}}]});
            assert_eq!(
                output_of(body.to_string().as_bytes()),
                json!([{"role":"assistant","parts":[{"type":"text","content":"hi"}],"finish_reason":convention}])
            );
        }
        let cut = output_of(br#"{"choices":[{"message":{"content":"h"},"finish_reason":null}]}"#);
        assert_eq!(cut[0]["finish_reason"], "error");
        assert!(output(Document::read(b"{}").root()).is_empty());
        assert_eq!(asked(&json!("nonsense")), Value::Null);
    }

    #[test]
    fn what_is_sent_inline_is_a_blob_and_what_is_named_a_file() {
        let message = json!({"role":"user","content":[
            {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO"}},
            {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"}},
            {"type":"file","file":{"file_data":"JVBE"}},
            {"type":"file","file":{"file_id":"file-1"}},
            {"type":"input_audio","input_audio":{"data":"UklG","format":"mp3"}}]});
        assert_eq!(
            parts(&message),
            json!([
                {"type":"blob","modality":"image","mime_type":"image/png","content":"iVBO"},
                {"type":"blob","modality":"document","mime_type":"application/pdf","content":"JVBE"},
                {"type":"blob","modality":"document","content":"JVBE"},
                {"type":"file","modality":"document","file_id":"file-1"},
                {"type":"blob","modality":"audio","mime_type":"audio/mp3","content":"UklG"}])
        );
    }

    #[test]
    fn a_spoken_answer_and_a_refusal() {
        let message = json!({"role":"assistant","content":null,"refusal":"no",
            "audio":{"id":"audio_1","data":"UklG","transcript":"hello","expires_at":7}});
        assert_eq!(
            parts(&message),
            json!([{"type":"text","content":"no","refusal":true},{"type":"blob","modality":"audio","content":"UklG"},
                {"type":"text","content":"hello"}])
        );
        let earlier = json!({"role":"assistant","audio":{"id":"audio_1"}});
        assert_eq!(
            parts(&earlier),
            json!([{"type":"file","modality":"audio","file_id":"audio_1"}])
        );
    }

    #[test]
    fn custom_and_legacy_calls() {
        let message = json!({"role":"assistant","content":null,
            "tool_calls":[{"id":"c1","type":"custom","custom":{"name":"sql","input":"select 1"}}],
            "function_call":{"name":"f","arguments":"not json"}});
        assert_eq!(
            parts(&message),
            json!([{"type":"tool_call","id":"c1","name":"sql","arguments":"select 1"},
                {"type":"tool_call","name":"f","arguments":"not json"}])
        );
        let result = convert(&json!({"role":"function","name":"f","content":"4"}));
        assert_eq!(
            result,
            json!({"role":"tool","name":"f","parts":[{"type":"tool_call_response","response":"4"}]})
        );
    }

    #[test]
    fn reasoning_of_compatible_providers() {
        for message in [
            json!({"reasoning_content":"think"}),
            json!({"reasoning":"think"}),
            json!({"reasoning":"think","reasoning_details":[{"type":"reasoning.text","text":"think"}]}),
            json!({"reasoning_details":[{"type":"reasoning.text","text":"think"},{"type":"reasoning.encrypted","data":"x"}]}),
            json!({"content":[{"type":"thinking","thinking":[{"type":"text","text":"think"}]}]}),
        ] {
            assert_eq!(
                parts(&message),
                json!([{"type":"reasoning","content":"think"}])
            );
        }
    }

    #[test]
    fn half_a_pair_of_escapes_costs_no_message() {
        let body = br#"[{"role":"user","content":"a\ud83d"},{"role":"user","content":"b"}]"#;
        let json = to_json(&input(Document::read(body).root())).unwrap();
        let messages: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(messages[0]["parts"][0]["content"], "a\u{fffd}");
        assert_eq!(messages[1]["parts"][0]["content"], "b");
    }

    #[test]
    fn what_is_too_deep_for_readers_is_a_text() {
        let deep = |depth| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        for (depth, is_text) in [(60, false), (70, true), (100_000, true)] {
            let arguments = serde_json::to_string(&deep(depth)).unwrap();
            let call = format!(r#"{{"id":"t","function":{{"name":"f","arguments":{arguments}}}}}"#);
            let message = format!(
                r#"[{{"role":"assistant","content":[{{"type":"x","x":{0}}}],"tool_calls":[{call}]}},
                    {{"role":"tool","tool_call_id":"t","content":{0}}}]"#,
                deep(depth)
            );
            let document = Document::read(message.as_bytes());
            let json = to_json(&input(document.root())).unwrap();
            let messages: Value = serde_json::from_str(&json).unwrap();
            let parts = &messages[0]["parts"];
            assert_eq!(parts[0]["content"].is_string(), is_text);
            assert_eq!(parts[1]["arguments"].is_string(), is_text);
            assert_eq!(messages[1]["parts"][0]["response"].is_string(), is_text);
        }
    }

    #[test]
    fn a_part_that_is_none_of_the_conventions_does_not_go_by_its_names() {
        let message = json!({"role":"developer","content":[
            {"type":"tool_call","x":1},{"type":"video_url","video_url":{"url":"u"}},{"no":"type"}]});
        assert_eq!(
            parts(&message),
            json!([{"type":"unknown","content":{"type":"tool_call","x":1}},
                {"type":"video_url","video_url":{"url":"u"}},{"type":"unknown","content":{"no":"type"}}])
        );
    }
}
