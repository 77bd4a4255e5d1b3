//! Input and output of the Responses API.

use std::borrow::Cow;

use super::{finish_reason, item};
use crate::json::Node;
use crate::message::{Message, Part};
use crate::openai::response::finish_reason as reason_of_status;

pub(super) fn input(input: Node<'_>) -> Vec<Message<'_>> {
    if input.is_text() {
        return vec![Message::new("user", vec![Part::Text(input.into())])];
    }
    let mut messages: Vec<Message<'_>> = Vec::new();
    for item in input.items() {
        let (role, parts) = (item::role(item), item::parts(item));
        // One turn of the model spans several items but is one message.
        match messages.last_mut() {
            Some(last) if role == "assistant" && last.role == role => last.parts.extend(parts),
            _ => messages.push(Message::new(role, parts)),
        }
    }
    messages
}

/// Reads all items of an answer as one message of the assistant.
pub(super) fn output(body: Node<'_>) -> Vec<Message<'_>> {
    let items = || body.get("output").map(Node::items).into_iter().flatten();
    if items().next().is_none() {
        return Vec::new();
    }
    let text = |node: Option<Node<'_>>| node.and_then(Node::text).map(Cow::into_owned);
    let kinds: Vec<_> = items().filter_map(|item| text(item.get("type"))).collect();
    let kinds: Vec<&str> = kinds.iter().map(|kind| &**kind).collect();
    let incomplete = body.get("incomplete_details");
    let incomplete = incomplete.and_then(|details| text(details.get("reason")));
    let reason = text(body.get("status")).and_then(|status| {
        let reason = reason_of_status(&status, incomplete.as_deref(), &kinds)?;
        Some(Cow::Owned(reason.into_owned()))
    });
    let parts = items().flat_map(item::parts).collect();
    vec![Message {
        finish_reason: Some(finish_reason(reason)),
        ..Message::new("assistant", parts)
    }]
}

/// Reads instructions: a text, or the messages that a prompt stored at the provider expanded to.
pub(super) fn instructions(instructions: Node<'_>) -> Vec<Part<'_>> {
    match instructions.is_text() {
        true if instructions.is("") => Vec::new(),
        true => vec![Part::Text(instructions.into())],
        false => instructions.items().flat_map(item::parts).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::json::Document;
    use crate::message::{parts_json, to_json};

    fn value(json: Option<String>) -> Value {
        json.map_or(Value::Null, |json| serde_json::from_str(&json).unwrap())
    }

    fn input_of(body: &Value) -> Value {
        let json = body.to_string();
        let document = Document::read(json.as_bytes());
        value(
            document
                .root()
                .get("input")
                .and_then(|node| to_json(&input(node))),
        )
    }

    fn output_of(body: &Value) -> Value {
        let json = body.to_string();
        value(to_json(&output(Document::read(json.as_bytes()).root())))
    }

    fn instructions_of(given: &Value) -> Value {
        let json = given.to_string();
        value(parts_json(&instructions(
            Document::read(json.as_bytes()).root(),
        )))
    }

    #[test]
    fn a_text_is_the_users() {
        assert_eq!(
            input_of(&json!({"input":"hi"})),
            json!([{"role":"user","parts":[{"type":"text","content":"hi"}]}])
        );
        assert_eq!(input_of(&json!({"input":null})), Value::Null);
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
                {"type":"text","content":"done"},{"type":"text","content":"no","refusal":true}]})
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
        assert_eq!(
            output_of(&json!({"status":"queued","output":[]})),
            Value::Null
        );
    }

    #[test]
    fn instructions_stand_apart() {
        let brief = json!([{"type":"text","content":"be brief"}]);
        assert_eq!(instructions_of(&json!("be brief")), brief);
        let items =
            json!([{"role":"developer","content":[{"type":"input_text","text":"be brief"}]}]);
        assert_eq!(instructions_of(&items), brief);
        assert_eq!(instructions_of(&Value::Null), Value::Null);
    }
}
