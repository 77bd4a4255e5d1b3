//! What goes into the Responses API and comes out of it.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::part::{self, field};
use super::{finish_reason, item};
use crate::openai::response::finish_reason as reason_of_status;

#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    output: Vec<Value>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    incomplete_details: Value,
}

pub(super) fn input(input: &Value) -> Vec<Value> {
    match input {
        Value::String(text) => vec![Value::Object(part::message("user", vec![part::text(text)]))],
        Value::Array(items) => messages(items),
        _ => Vec::new(),
    }
}

/// All items of an answer are one message of the assistant.
pub(super) fn output(body: &[u8]) -> Option<Vec<Value>> {
    let response: Response = serde_json::from_slice(body).ok()?;
    let items = &response.output;
    if items.is_empty() {
        return None;
    }
    let kinds: Vec<&str> = items
        .iter()
        .filter_map(|item| field(item, "type"))
        .collect();
    let reason = response.status.as_deref().and_then(|status| {
        reason_of_status(
            status,
            field(&response.incomplete_details, "reason"),
            &kinds,
        )
    });
    let mut message = part::message("assistant", items.iter().flat_map(item::parts).collect());
    let reason = finish_reason(reason.as_deref());
    message.insert("finish_reason".to_owned(), reason.into());
    Some(vec![Value::Object(message)])
}

/// A text, or the messages a prompt kept at the provider came to.
pub(super) fn instructions(instructions: &Value) -> Vec<Value> {
    match instructions {
        Value::String(text) if !text.is_empty() => vec![part::text(text)],
        Value::Array(items) => items.iter().flat_map(item::parts).collect(),
        _ => Vec::new(),
    }
}

/// Items as messages. What the model said in one go stands in several items and is one message.
fn messages(items: &[Value]) -> Vec<Value> {
    let mut messages: Vec<(&str, Vec<Value>)> = Vec::new();
    for item in items {
        let role = item::role(item);
        let parts = item::parts(item);
        match messages.last_mut() {
            Some((last, sum)) if role == "assistant" && *last == role => sum.extend(parts),
            _ => messages.push((role, parts)),
        }
    }
    let message = |(role, parts)| -> Map<String, Value> { part::message(role, parts) };
    messages
        .into_iter()
        .map(message)
        .map(Value::Object)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn input_of(body: &Value) -> Value {
        Value::from(input(&body["input"]))
    }

    fn output_of(body: &Value) -> Value {
        Value::from(output(body.to_string().as_bytes()).unwrap())
    }

    #[test]
    fn a_text_is_the_users() {
        assert_eq!(
            input_of(&json!({"input":"hi"})),
            json!([{"role":"user","parts":[{"type":"text","content":"hi"}]}])
        );
        assert_eq!(input(&Value::Null), Vec::<Value>::new());
    }

    #[test]
    fn a_tool_loop_is_one_message_a_turn() {
        let body = json!({"input":[
            {"role":"developer","content":"be brief"},
            {"type":"message","role":"user","content":[{"type":"input_text","text":"2+2?"},
                {"type":"input_image","image_url":"data:image/png;base64,iVBO"},{"type":"input_image","file_id":"file-1"},
                {"type":"input_file","file_url":"https://x/a.pdf"}]},
            {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"easy"}],"encrypted_content":"gAAA"},
            {"type":"function_call","call_id":"call_1","name":"add","arguments":"{\"a\":2}"},
            {"type":"function_call_output","call_id":"call_1","output":"4"},
            {"type":"message","role":"assistant","id":"msg_1","content":[{"type":"output_text","text":"4","annotations":[]}]},
            {"type":"compaction","id":"cmp_1","encrypted_content":"gAAA"},
            {"type":"item_reference","id":"msg_0"}]});
        let messages = input_of(&body);
        assert_eq!(
            messages,
            json!([
                {"role":"developer","parts":[{"type":"text","content":"be brief"}]},
                {"role":"user","parts":[{"type":"text","content":"2+2?"},
                    {"type":"blob","modality":"image","mime_type":"image/png","content":"iVBO"},
                    {"type":"file","modality":"image","file_id":"file-1"},
                    {"type":"uri","modality":"document","uri":"https://x/a.pdf"}]},
                {"role":"assistant","parts":[{"type":"reasoning","content":"easy"},
                    {"type":"tool_call","id":"call_1","name":"add","arguments":{"a":2}}]},
                {"role":"tool","parts":[{"type":"tool_call_response","id":"call_1","response":"4"}]},
                {"role":"assistant","parts":[{"type":"text","content":"4"},{"type":"compaction","id":"cmp_1"},
                    {"type":"item_reference","id":"msg_0"}]}])
        );
        assert!(
            !messages.to_string().contains("gAAA"),
            "what is encrypted is not shown"
        );
    }

    #[test]
    fn tools_the_provider_runs_are_server_tool_calls() {
        let body = json!({"status":"completed","output":[
            {"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"q"}},
            {"type":"file_search_call","id":"fs_1","queries":["q"],"status":"completed","results":[{"text":"t"}]},
            {"type":"code_interpreter_call","id":"ci_1","code":"1+1","container_id":"c","status":"completed",
                "outputs":[{"type":"logs","logs":"2"}]},
            {"type":"mcp_call","id":"mcp_1","name":"ask","server_label":"wiki","arguments":"{\"q\":1}","output":"a","error":null},
            {"type":"image_generation_call","id":"ig_1","status":"completed","result":"iVBO","output_format":"webp"},
            {"type":"message","role":"assistant","content":[{"type":"output_text","text":"done"},{"type":"refusal","refusal":"no"}]}]});
        let messages = output_of(&body);
        assert_eq!(messages.as_array().unwrap().len(), 1, "one answer");
        assert_eq!(
            messages[0],
            json!({"role":"assistant","finish_reason":"stop","parts":[
                {"type":"server_tool_call","id":"ws_1","name":"web_search",
                    "server_tool_call":{"type":"web_search","status":"completed","action":{"type":"search","query":"q"}}},
                {"type":"server_tool_call","id":"fs_1","name":"file_search",
                    "server_tool_call":{"type":"file_search","status":"completed","queries":["q"]}},
                {"type":"server_tool_call_response","id":"fs_1",
                    "server_tool_call_response":{"type":"file_search","results":[{"text":"t"}]}},
                {"type":"server_tool_call","id":"ci_1","name":"code_interpreter",
                    "server_tool_call":{"type":"code_interpreter","status":"completed","code":"1+1","container_id":"c"}},
                {"type":"server_tool_call_response","id":"ci_1",
                    "server_tool_call_response":{"type":"code_interpreter","outputs":[{"type":"logs","logs":"2"}]}},
                {"type":"server_tool_call","id":"mcp_1","name":"ask",
                    "server_tool_call":{"type":"mcp","server_label":"wiki","arguments":{"q":1}}},
                {"type":"server_tool_call_response","id":"mcp_1","server_tool_call_response":{"type":"mcp","output":"a"}},
                {"type":"server_tool_call","id":"ig_1","name":"image_generation",
                    "server_tool_call":{"type":"image_generation","status":"completed"}},
                {"type":"blob","modality":"image","mime_type":"image/webp","content":"iVBO"},
                {"type":"text","content":"done"},{"type":"refusal","content":"no"}]})
        );
    }

    #[test]
    fn calls_the_caller_runs_are_tool_calls() {
        let body = json!({"status":"completed","output":[
            {"type":"reasoning","content":[{"type":"reasoning_text","text":"hm"}],"summary":[]},
            {"type":"custom_tool_call","call_id":"c1","name":"sql","input":"select 1"},
            {"type":"computer_call","call_id":"c2","action":{"type":"click"}},
            {"type":"mcp_approval_request","id":"a1","name":"ask"}]});
        assert_eq!(
            output_of(&body),
            json!([{"role":"assistant","finish_reason":"tool_call","parts":[
                {"type":"reasoning","content":"hm"},
                {"type":"tool_call","id":"c1","name":"sql","arguments":"select 1"},
                {"type":"tool_call","id":"c2","name":"computer","arguments":{"type":"click"}},
                {"type":"mcp_approval_request","id":"a1","name":"ask"}]}])
        );
    }

    #[test]
    fn an_answer_that_broke_off_says_so() {
        let text = json!([{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hal"}]}]);
        for (status, details, reason) in [
            (
                "incomplete",
                json!({"reason":"max_output_tokens"}),
                "length",
            ),
            (
                "incomplete",
                json!({"reason":"content_filter"}),
                "content_filter",
            ),
            ("in_progress", json!(null), "error"),
            ("failed", json!(null), "error"),
        ] {
            let body = json!({"status":status,"incomplete_details":details,"output":text});
            assert_eq!(output_of(&body)[0]["finish_reason"], reason);
        }
        assert_eq!(output(br#"{"status":"queued","output":[]}"#), None);
    }

    #[test]
    fn instructions_stand_apart() {
        let brief = json!([{"type":"text","content":"be brief"}]);
        assert_eq!(Value::from(instructions(&json!("be brief"))), brief);
        let items =
            json!([{"role":"developer","content":[{"type":"input_text","text":"be brief"}]}]);
        assert_eq!(Value::from(instructions(&items)), brief);
        assert_eq!(instructions(&Value::Null), Vec::<Value>::new());
    }
}
