use serde_json::{Value, json};

use crate::Endpoint::Responses;
use crate::openai::{Assembled, assemble};

fn sse(events: &[Value]) -> Vec<u8> {
    let event = |event: &Value| {
        let kind = event["type"].as_str().unwrap_or_default();
        format!("event: {kind}\ndata: {event}\n\n")
    };
    events.iter().map(event).collect::<String>().into_bytes()
}

fn value(assembled: &Assembled) -> Value {
    serde_json::from_str(assembled.completion.as_ref().unwrap()).unwrap()
}

fn whole(status: &str) -> Value {
    json!({"id":"resp_1","object":"response","created_at":5,"status":status,"model":"m-1","error":null,
        "incomplete_details":null,"instructions":"be brief","output":[]})
}

fn hello() -> Vec<Value> {
    vec![
        json!({"type":"response.created","sequence_number":0,"response":whole("in_progress")}),
        json!({"type":"response.in_progress","sequence_number":1,"response":whole("in_progress")}),
        json!({"type":"response.output_item.added","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[]}}),
        json!({"type":"response.reasoning_summary_part.added","output_index":0,"item_id":"rs_1","summary_index":0,
            "part":{"type":"summary_text","text":""}}),
        json!({"type":"response.reasoning_summary_text.delta","output_index":0,"item_id":"rs_1","summary_index":0,"delta":"hm"}),
        json!({"type":"response.output_item.added","output_index":1,
            "item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}}),
        json!({"type":"response.content_part.added","item_id":"msg_1","output_index":1,"content_index":0,
            "part":{"type":"output_text","text":"","annotations":[]}}),
        json!({"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"delta":"Hel"}),
        json!({"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"delta":"lo"}),
        json!({"type":"response.output_text.annotation.added","item_id":"msg_1","output_index":1,"content_index":0,
            "annotation_index":0,"annotation":{"type":"url_citation"}}),
    ]
}

#[test]
fn the_last_event_is_the_whole_response() {
    for (kind, status, done) in [
        ("response.completed", "completed", true),
        ("response.incomplete", "incomplete", true),
    ] {
        let mut response = whole(status);
        response["output"] = json!([{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello"}]}]);
        response["usage"] = json!({"input_tokens":3,"output_tokens":2,"total_tokens":5});
        let mut events = hello();
        events.push(json!({"type":kind,"sequence_number":9,"response":response}));
        let assembled = assemble(Responses, &sse(&events));
        assert_eq!(assembled.done, done);
        assert_eq!(value(&assembled), response);
        assert_eq!(assembled.body.usage.output_tokens, Some(2));
        assert_eq!(assembled.body.response.status.as_deref(), Some(status));
        assert_eq!(assembled.failure, None);
    }
}

#[test]
fn a_cut_stream_is_what_had_come() {
    let assembled = assemble(Responses, &sse(&hello()));
    assert!(!assembled.done);
    assert_eq!(assembled.text, "hmHello");
    let mut expected = whole("in_progress");
    expected["output"] = json!([
        {"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},
        {"id":"msg_1","type":"message","status":"in_progress","role":"assistant",
            "content":[{"type":"output_text","text":"Hello","annotations":[{"type":"url_citation"}]}]}]);
    assert_eq!(value(&assembled), expected);
    assert_eq!(assembled.body.response.id.as_deref(), Some("resp_1"));
    assert_eq!(assembled.body.response.model.as_deref(), Some("m-1"));
    assert_eq!(assembled.body.usage.source, None);
}

#[test]
fn arguments_refusals_and_code_come_in_pieces() {
    let events = [
        json!({"type":"response.output_item.added","output_index":0,
            "item":{"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":""}}),
        json!({"type":"response.function_call_arguments.delta","output_index":0,"item_id":"fc_1","delta":"{\"a\":"}),
        json!({"type":"response.function_call_arguments.delta","output_index":0,"item_id":"fc_1","delta":"1}"}),
        json!({"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"m","content":[]}}),
        json!({"type":"response.refusal.delta","output_index":1,"item_id":"m","content_index":0,"delta":"I "}),
        json!({"type":"response.refusal.done","output_index":1,"item_id":"m","content_index":0,"refusal":"I can't"}),
        json!({"type":"response.output_item.added","output_index":2,"item":{"type":"custom_tool_call","id":"ct","input":""}}),
        json!({"type":"response.custom_tool_call_input.done","output_index":2,"item_id":"ct","input":"select"}),
        json!({"type":"response.output_item.added","output_index":3,"item":{"type":"code_interpreter_call","id":"ci","code":null}}),
        json!({"type":"response.code_interpreter_call_code.delta","output_index":3,"item_id":"ci","delta":"1+1"}),
        json!({"type":"response.something.new","x":1}),
    ];
    let output = value(&assemble(Responses, &sse(&events)));
    assert_eq!(
        output,
        json!({"object":"response","status":"in_progress","output":[
            {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{\"a\":1}"},
            {"type":"message","id":"m","content":[{"type":"refusal","refusal":"I can't"}]},
            {"type":"custom_tool_call","id":"ct","input":"select"},
            {"type":"code_interpreter_call","id":"ci","code":"1+1"}]})
    );
}

#[test]
fn servers_that_number_nothing_are_understood() {
    let events = [
        json!({"type":"response.created","response":{"id":"resp_1","object":"response","status":"in_progress"}}),
        json!({"type":"response.output_item.added","item":{"type":"reasoning","id":"rs","content":[],"summary":[]}}),
        json!({"type":"response.reasoning_text.delta","item_id":"rs","delta":"hm"}),
        json!({"type":"response.output_item.added","item":{"type":"message","id":"m","role":"assistant","content":[]}}),
        json!({"type":"response.content_part.added","item_id":"m","part":{"type":"output_text","text":""}}),
        json!({"type":"response.output_text.delta","item_id":"m","delta":"Hi"}),
    ];
    let mut bytes = sse(&events);
    let cut = value(&assemble(Responses, &bytes));
    assert_eq!(cut["output"][0]["content"][0]["text"], "hm");
    assert_eq!(cut["output"][1]["content"][0]["text"], "Hi");
    // Some providers leave the items out of the last event.
    bytes.extend(sse(&[
        json!({"type":"response.completed","response":{"id":"resp_1","status":"completed","usage":{"input_tokens":1,"output_tokens":2}}}),
    ]));
    let done = assemble(Responses, &bytes);
    assert!(done.done);
    assert_eq!(value(&done)["output"][1]["content"][0]["text"], "Hi");
    assert_eq!(value(&done)["status"], "completed");
    assert_eq!(done.body.usage.output_tokens, Some(2));
}

#[test]
fn failures_are_told_from_cuts() {
    let mut events = hello();
    let mut failed = whole("failed");
    failed["error"] = json!({"code":"server_error","message":"the model broke"});
    events.push(json!({"type":"response.failed","response":failed}));
    let assembled = assemble(Responses, &sse(&events));
    assert!(assembled.done);
    assert_eq!(
        assembled.body.failure.as_ref().unwrap().kind,
        "server_error"
    );
    assert_eq!(value(&assembled)["status"], "failed");
    assert_eq!(
        value(&assembled)["output"][1]["content"][0]["text"],
        "Hello",
        "what had come is kept"
    );
    for error in [
        json!({"type":"error","code":"rate_limit_exceeded","message":"slow down","param":null}),
        json!({"type":"error","error":{"code":"rate_limit_exceeded","message":"slow down"}}),
        json!({"error":{"code":"rate_limit_exceeded","message":"slow down"}}),
    ] {
        let failure = assemble(Responses, &sse(&[error])).failure.unwrap();
        assert_eq!(
            (failure.kind.as_str(), failure.message.as_str()),
            ("rate_limit_exceeded", "slow down")
        );
    }
    assert_eq!(assemble(Responses, b"data: {\n\ndata: {}\n\n").malformed, 2);
}

#[test]
fn an_index_beyond_all_measure_costs_nothing() {
    let events = [
        json!({"type":"response.output_text.delta","output_index":u64::MAX,"content_index":9_000_000_000_u64,"delta":"a"}),
        json!({"type":"response.output_item.added","item":{"type":"message"}}),
    ];
    let output = value(&assemble(Responses, &sse(&events)));
    assert!(output.to_string().len() < 500, "{output}");
}
