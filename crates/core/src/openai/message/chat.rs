//! Messages and choices of chat completions, those of compatible providers among them.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::part::{self, field};
use super::{finish_reason, plain};

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow, default)]
    choices: Vec<Choice<'a>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    finish_reason: Option<Cow<'a, str>>,
}

/// The messages of a request, as a JSON text.
pub(super) fn input(messages: &RawValue) -> Option<String> {
    let messages: Vec<&RawValue> = serde_json::from_str(messages.get()).ok()?;
    let told = messages.into_iter().map(|message| {
        plain::message(message, None).or_else(|| {
            let message: Value = serde_json::from_str(message.get()).ok()?;
            serde_json::to_string(&convert(&message)).ok()
        })
    });
    list(told.flatten())
}

/// The messages of an answer, as a JSON text.
pub(super) fn output(body: &[u8]) -> Option<String> {
    let response: Response<'_> = serde_json::from_slice(body).ok()?;
    let told = response.choices.iter().map(|choice| {
        let reason = finish_reason(choice.finish_reason.as_deref());
        let simple = choice
            .message
            .and_then(|message| plain::message(message, Some(reason)));
        simple.or_else(|| {
            let message = choice.message.map(RawValue::get).unwrap_or("null");
            let mut message = convert(&serde_json::from_str(message).ok()?);
            message.insert("finish_reason".to_owned(), reason.into());
            serde_json::to_string(&message).ok()
        })
    });
    list(told.flatten())
}

fn list(items: impl Iterator<Item = String>) -> Option<String> {
    let items: Vec<String> = items.collect();
    (!items.is_empty()).then(|| ["[", &items.join(","), "]"].concat())
}

pub(super) fn convert(message: &Value) -> Map<String, Value> {
    let role = field(message, "role").unwrap_or("assistant");
    let mut parts = Vec::new();
    reasoning(message, &mut parts);
    match role {
        "tool" | "function" => parts.push(part::tool_response(
            field(message, "tool_call_id"),
            message.get("content"),
        )),
        _ => content(message.get("content"), &mut parts),
    }
    parts.extend(field(message, "refusal").map(part::refusal));
    audio(message, &mut parts);
    let calls = message.get("tool_calls").and_then(Value::as_array);
    parts.extend(calls.into_iter().flatten().map(tool_call));
    let legacy = message.get("function_call").filter(|call| call.is_object());
    parts.extend(legacy.map(|call| function(None, call)));
    // The role of a function's result from before there were tools.
    let role = if role == "function" { "tool" } else { role };
    let mut converted = part::message(role, parts);
    if let Some(name) = field(message, "name") {
        converted.insert("name".to_owned(), name.into());
    }
    converted
}

/// Under the names compatible providers give it: a text, or a list of pieces.
fn reasoning(message: &Value, parts: &mut Vec<Value>) {
    let whole = field(message, "reasoning_content").or_else(|| field(message, "reasoning"));
    if let Some(text) = whole {
        parts.push(part::reasoning(text));
        return;
    }
    let details = message.get("reasoning_details").and_then(Value::as_array);
    parts.extend(details.into_iter().flatten().filter_map(|detail| {
        let text = field(detail, "text").or_else(|| field(detail, "summary"));
        text.map(part::reasoning)
    }));
}

/// A spoken answer, and its words.
fn audio(message: &Value, parts: &mut Vec<Value>) {
    let Some(audio) = message.get("audio").filter(|audio| audio.is_object()) else {
        return;
    };
    let data = field(audio, "data");
    parts.extend(data.map(|data| part::blob("audio", None, data)));
    parts.extend(field(audio, "transcript").map(part::text));
    if let (None, Some(id)) = (data, field(audio, "id")) {
        // One of earlier answers, by its id.
        parts.push(part::file("audio", id));
    }
}

fn content(content: Option<&Value>, parts: &mut Vec<Value>) {
    match content {
        Some(Value::String(text)) => parts.push(part::text(text)),
        Some(Value::Array(items)) => parts.extend(items.iter().map(item)),
        _ => {}
    }
}

fn item(item: &Value) -> Value {
    let at = |path: &str| item.pointer(path).and_then(Value::as_str);
    match at("/type") {
        Some("text") => part::text(at("/text").unwrap_or_default()),
        Some("refusal") => part::refusal(at("/refusal").unwrap_or_default()),
        Some("image_url") => match at("/image_url/url").or_else(|| at("/image_url")) {
            Some(url) => part::media("image", url),
            None => part::generic(item),
        },
        Some("input_audio") => part::audio(item),
        Some("file") => part::document(item.get("file").unwrap_or(item)),
        // Mistral's reasoning.
        Some("thinking") => {
            let pieces = item.get("thinking").and_then(Value::as_array);
            let text: Option<String> = pieces.map(|pieces| {
                let texts = pieces.iter().filter_map(|piece| field(piece, "text"));
                texts.collect()
            });
            text.as_deref()
                .or_else(|| at("/thinking"))
                .map_or_else(|| part::generic(item), part::reasoning)
        }
        _ => part::generic(item),
    }
}

fn tool_call(call: &Value) -> Value {
    let id = field(call, "id");
    match call.get("custom") {
        Some(custom) => {
            let input = custom.get("input").cloned().unwrap_or(Value::Null);
            part::tool_call(id, field(custom, "name").unwrap_or_default(), input)
        }
        None => function(id, call.get("function").unwrap_or(&json!({}))),
    }
}

fn function(id: Option<&str>, function: &Value) -> Value {
    let arguments = part::arguments(function.get("arguments"));
    part::tool_call(id, field(function, "name").unwrap_or_default(), arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(message: &Value) -> Value {
        Value::Object(convert(message))["parts"].clone()
    }

    fn asked(messages: &Value) -> Value {
        let raw = serde_json::value::to_raw_value(messages).unwrap();
        input(&raw).map_or(Value::Null, |json| serde_json::from_str(&json).unwrap())
    }

    fn told(body: &[u8]) -> Value {
        serde_json::from_str(&output(body).unwrap()).unwrap()
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
                told(body.to_string().as_bytes()),
                json!([{"role":"assistant","parts":[{"type":"text","content":"hi"}],"finish_reason":convention}])
            );
        }
        let cut = told(br#"{"choices":[{"message":{"content":"h"},"finish_reason":null}]}"#);
        assert_eq!(cut[0]["finish_reason"], "error");
        assert_eq!(output(b"{}"), None);
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
            json!([{"type":"refusal","content":"no"},{"type":"blob","modality":"audio","content":"UklG"},
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
        let result = Value::Object(convert(
            &json!({"role":"function","name":"f","content":"4"}),
        ));
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
