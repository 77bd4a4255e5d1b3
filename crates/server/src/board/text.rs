//! One-line previews of prompts and answers.

use std::borrow::Cow;

use spanloom_core::json::Node;
use spanloom_core::message::{Arguments, Message, Part, Text};

use super::content::Content;

/// The maximum length of a preview, in characters.
const LONGEST: usize = 200;

/// Returns the text of the user's last message, else of the last message of any kind; or of an embedding's inputs.
pub(super) fn prompt(content: &Content<'_>) -> Option<String> {
    if let Some(embedding) = &content.embedding {
        let inputs: Vec<_> = embedding.inputs.iter().map(Text::get).collect();
        return cut(&inputs.join(" "));
    }
    match content.tool {
        Some(tool) => cut(tool.arguments.as_deref()?),
        None => line(last_of_user(content).or(content.asked.last())?),
    }
}

/// Returns the text of a call's answer; an answer that calls a tool is shown as that call.
pub(super) fn completion(content: &Content<'_>) -> Option<String> {
    if let Some(embedding) = &content.embedding {
        let count = embedding.vectors;
        let plural = if count == 1 { "" } else { "s" };
        return (count > 0).then(|| format!("{count} embedding{plural}"));
    }
    match content.tool {
        Some(tool) => cut(tool.result.as_deref()?),
        None => line(content.answered.first()?),
    }
}

/// Returns the last text of the user, whole.
pub(super) fn question_text(content: &Content<'_>) -> Option<String> {
    last_of_user(content).and_then(text)
}

/// Returns the last message in which a user wrote something: results of tools may be a user's messages too.
fn last_of_user<'c, 'd>(content: &'c Content<'d>) -> Option<&'c Message<'d>> {
    let mut asked = content.asked.iter().rev();
    asked.find(|message| message.role == "user" && message.parts.iter().any(is_written))
}

fn is_written(part: &Part<'_>) -> bool {
    matches!(part, Part::Text(_)) || medium(part).is_some()
}

/// Returns the text of the answer, whole.
pub(super) fn answer_text(content: &Content<'_>) -> Option<String> {
    content.answered.iter().find_map(text)
}

fn text(message: &Message<'_>) -> Option<String> {
    let texts: Vec<String> = message.parts.iter().filter_map(words).collect();
    let text = texts.join("\n");
    (!text.trim().is_empty()).then_some(text)
}

/// Returns a preview of a message: its words, else its tool calls, else its reasoning or media.
fn line(message: &Message<'_>) -> Option<String> {
    let [words, calls, other] = [words, call, rest].map(|of: fn(&Part<'_>) -> Option<String>| {
        let texts: Vec<String> = message.parts.iter().filter_map(of).collect();
        texts.join(" ")
    });
    [words, calls, other].iter().find_map(|text| cut(text))
}

fn words(part: &Part<'_>) -> Option<String> {
    match part {
        Part::Text(text) | Part::Refusal(text) => Some(text.get().into_owned()),
        Part::ToolResult { result, .. } => {
            let result = (*result)?;
            let texts: Vec<_> = result.items().filter_map(answered).collect();
            let text = answered(result).map(Cow::into_owned);
            text.or_else(|| (!texts.is_empty()).then(|| texts.join(" ")))
        }
        _ => None,
    }
}

/// Returns the text of a tool's answer, or of a part of it.
pub(super) fn answered(node: Node<'_>) -> Option<Cow<'_, str>> {
    node.text()
        .or_else(|| node.get("text").and_then(Node::text))
}

fn call(part: &Part<'_>) -> Option<String> {
    match part {
        Part::ToolCall {
            name, arguments, ..
        } => {
            let arguments = arguments.map(json).unwrap_or_default();
            Some(format!("{}({arguments})", name.get()))
        }
        Part::ServerToolCall { name, .. } => Some(format!("{}()", name.get())),
        _ => None,
    }
}

fn rest(part: &Part<'_>) -> Option<String> {
    match part {
        Part::Reasoning(text) => Some(text.get().into_owned()),
        Part::Unknown(node) => Some(node.to_json_string()),
        part => medium(part),
    }
}

/// Returns arguments as text: JSON, or the text that the model wrote instead.
pub(super) fn json(arguments: Arguments<'_>) -> String {
    match arguments {
        Arguments::Written(text) => text.text().unwrap_or_default().into_owned(),
        Arguments::Given(value) => value.to_json_string(),
    }
}

/// Returns the beginning of a text on one line, or `None` if it is empty.
fn cut(text: &str) -> Option<String> {
    let line: String = text.chars().take(4 * LONGEST).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then(|| line.chars().take(LONGEST).collect())
}

/// Describes an image, a sound or a document. The medium is never loaded: its address is on another host.
pub(super) fn medium(part: &Part<'_>) -> Option<String> {
    Some(match part {
        Part::Blob {
            modality,
            mime_type,
            content,
            ..
        } => {
            let kind = mime_type.as_deref().unwrap_or("unknown type");
            let bytes = content.get().len() * 3 / 4;
            let kilobytes = (bytes / 1_000).max(1);
            format!("{} · {kind}, {kilobytes} kB inline", modality.as_str())
        }
        Part::Uri { modality, uri, .. } => {
            let uri: String = uri.get().chars().take(300).collect();
            format!("{} · {uri}", modality.as_str())
        }
        Part::File { modality, id } => format!("{} · {}", modality.as_str(), id.get()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use spanloom_core::Record;

    use super::super::content::Bodies;
    use super::*;

    /// Returns both previews of a call with these bodies.
    fn lines(operation: &str, inputs: &Value, output: &Value) -> [Option<String>; 2] {
        let record: Record = serde_json::from_value(json!({"id": "1", "trace_id": "2", "project_id": "a/b",
            "op_name": "op", "started_at": "2026-01-01T00:00:00Z", "inputs": inputs, "output": output,
            "attributes": {"spanloom": {"operation": operation}}, "summary": {}}))
        .unwrap();
        let bodies = Bodies::of(&record);
        let content = bodies.content();
        [prompt(&content), completion(&content)]
    }

    #[test]
    fn previews_of_every_api() {
        let chat = json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "two\nlines"}]}]});
        let called = json!({"choices": [{"message": {"content": null,
            "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}}]});
        let refused = json!({"choices": [{"message": {"content": null, "refusal": "no"}}]});
        let responses = json!({"model": "m", "input": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}]});
        let response = json!({"object": "response", "output": [{"type": "reasoning", "summary": []},
            {"type": "message", "content": [{"type": "output_text", "text": "hello"}]}]});
        let looked_up =
            json!({"output": [{"type": "function_call", "name": "g", "arguments": "{\"a\":1}"}]});
        let embedded = json!({"data": [{"embedding": [1, 2]}, {}]});
        for (operation, inputs, output, expected) in [
            ("chat", &chat, &called, ["two lines", "f({})"]),
            ("chat", &chat, &refused, ["two lines", "no"]),
            ("chat", &responses, &response, ["hi", "hello"]),
            (
                "chat",
                &json!({"model": "m", "input": "x"}),
                &looked_up,
                ["x", "g({\"a\":1})"],
            ),
            (
                "text_completion",
                &json!({"prompt": "Once"}),
                &json!({"choices": [{"text": " upon"}]}),
                ["Once", "upon"],
            ),
            (
                "embeddings",
                &json!({"model": "m", "input": ["a", "b"]}),
                &embedded,
                ["a b", "2 embeddings"],
            ),
            (
                "embeddings",
                &json!({"input": [1, 2, 3]}),
                &embedded,
                ["3 token ids", "2 embeddings"],
            ),
            ("", &json!({"x": 1}), &json!("five"), ["{\"x\":1}", "five"]),
        ] {
            let lines = lines(operation, inputs, output);
            assert_eq!(lines.each_ref().map(Option::as_deref), expected.map(Some));
        }
        assert_eq!(lines("chat", &json!({}), &Value::Null), [None, None]);
    }
}
