//! A call as the board shows it: a conversation of one form, for every API and program.

use serde_json::{Value, json};

use crate::setup::{Running, call};

/// Returns a call with this operation, inputs and output.
fn with(n: u32, operation: &str, inputs: &Value, output: &Value) -> Value {
    let mut call = call(n);
    call["attributes"]["spanloom"] = json!({"operation": operation});
    (call["inputs"], call["output"]) = (inputs.clone(), output.clone());
    call
}

async fn conversation(server: &Running, call: &Value) -> Value {
    server.record(std::slice::from_ref(call)).await;
    let id = call["id"].as_str().unwrap();
    let path = format!("/api/call?entity=acme&project=chatbot&id={id}");
    server.get(&path).await["conversation"].take()
}

fn text(text: &str) -> Value {
    json!({"kind": "text", "text": text})
}

/// Returns the role, parts and side of each message.
fn messages(conversation: &Value) -> Vec<(String, Value, String)> {
    let messages = conversation["messages"].as_array().unwrap().iter();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    messages
        .map(|it| (word(&it["role"]), it["parts"].clone(), word(&it["from"])))
        .collect()
}

fn message(role: &str, parts: Value, from: &str) -> (String, Value, String) {
    (role.to_owned(), parts, from.to_owned())
}

#[tokio::test]
async fn a_call_of_the_responses_api_shows_its_input_and_its_answer() {
    let server = Running::new().await;
    let inputs = json!({"model": "m", "instructions": "be brief", "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "weather?"},
            {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgoA"}]},
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{\"city\":\"Bonn\"}"},
        {"type": "function_call_output", "call_id": "c1", "output": "rain"}]});
    let output = json!({"object": "response", "status": "completed", "output": [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "easy"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "It rains."}]}]});
    let shown = conversation(&server, &with(1, "chat", &inputs, &output)).await;
    let call = json!({"kind": "tool_call", "id": "c1", "name": "weather", "arguments": "{\"city\":\"Bonn\"}",
        "result": [text("rain")]});
    let image = json!({"kind": "media", "label": "image · image/png, 1 kB inline",
        "data": "data:image/png;base64,iVBORw0KGgoA"});
    assert_eq!(
        messages(&shown),
        [
            message("system", json!([text("be brief")]), "request"),
            message("user", json!([text("weather?"), image]), "request"),
            message("assistant", json!([call]), "request"),
            message(
                "assistant",
                json!([{"kind": "reasoning", "text": "easy"}, text("It rains.")]),
                "response"
            ),
        ]
    );
    assert_eq!(shown["messages"][3]["finish"], "stop");
    let table = server
        .get("/api/calls?entity=acme&project=chatbot&stream=openai_logs")
        .await;
    assert_eq!(table["calls"][0]["completion"], "It rains.");
}

#[tokio::test]
async fn chat_completions_completions_and_embeddings_look_alike() {
    let server = Running::new().await;
    let tool_loop = json!({"messages": [
        {"role": "user", "content": "2+2?", "name": "ann"},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "t1", "type": "function",
            "function": {"name": "add", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "t1", "content": [{"type": "text", "text": "4"}]},
        {"role": "tool", "tool_call_id": "t9", "content": "lost"}]});
    let refused = json!({"choices": [{"finish_reason": "content_filter",
        "message": {"role": "assistant", "content": null, "refusal": "no"}}]});
    let shown = conversation(&server, &with(1, "chat", &tool_loop, &refused)).await;
    let call = json!({"kind": "tool_call", "id": "t1", "name": "add", "arguments": "{}", "result": [text("4")]});
    let lost = json!({"kind": "tool_result", "id": "t9", "parts": [text("lost")]});
    assert_eq!(
        messages(&shown),
        [
            message("user", json!([text("2+2?")]), "request"),
            message("assistant", json!([call]), "request"),
            message("tool", json!([lost]), "request"),
            message(
                "assistant",
                json!([{"kind": "refusal", "text": "no"}]),
                "response"
            ),
        ]
    );
    assert_eq!(shown["messages"][0]["name"], "ann");
    assert_eq!(shown["messages"][3]["finish"], "content_filter");

    let completion = json!({"choices": [{"text": " upon a time", "finish_reason": "length"}]});
    let legacy = with(
        2,
        "text_completion",
        &json!({"model": "m", "prompt": "Once"}),
        &completion,
    );
    assert_eq!(
        messages(&conversation(&server, &legacy).await),
        [
            message("user", json!([text("Once")]), "request"),
            message("assistant", json!([text(" upon a time")]), "response"),
        ]
    );

    let vectors = json!({"data": [{"embedding": [0.5, 1, -2]}, {"embedding": [1, 2, 3]}]});
    let embedding = json!({"model": "m", "input": ["a", [1, 2]]});
    let shown = conversation(&server, &with(3, "embeddings", &embedding, &vectors)).await;
    assert_eq!(shown["inputs"], json!(["a", "2 token ids"]));
    assert_eq!(shown["vectors"], json!({"count": 2, "dimensions": 3}));
}

#[tokio::test]
async fn a_tool_shows_what_it_was_called_with_and_what_it_answered() {
    let server = Running::new().await;
    let mut tool = with(1, "execute_tool", &json!({}), &Value::Null);
    tool["attributes"]["otel"] = json!({"gen_ai.tool.name": "weather", "gen_ai.tool.call.id": "call_1",
        "gen_ai.tool.call.arguments": "{\"city\":\"Bonn\"}", "gen_ai.tool.call.result": "rain"});
    let call = |id: Value, name: &str, arguments: &str, result: &str| json!([{"kind": "tool_call", "id": id, "name": name, "arguments": arguments, "result": [text(result)]}]);
    let weather = call(json!("call_1"), "weather", "{\"city\":\"Bonn\"}", "rain");
    assert_eq!(
        messages(&conversation(&server, &tool).await),
        [message("tool", weather, "response")]
    );
    let mut other = with(2, "execute_tool", &json!({"x": 1}), &json!([2]));
    other["op_name"] = json!("execute_tool add");
    let add = call(Value::Null, "add", r#"{"x":1}"#, "[2]");
    assert_eq!(
        messages(&conversation(&server, &other).await),
        [message("tool", add, "response")]
    );
    let silent = with(3, "execute_tool", &json!({}), &Value::Null);
    assert_eq!(messages(&conversation(&server, &silent).await), []);
}

#[tokio::test]
async fn any_other_programs_call_shows_what_went_in_and_what_came_out() {
    let server = Running::new().await;
    let op = with(1, "", &json!({"x": 1}), &json!("five"));
    assert_eq!(
        messages(&conversation(&server, &op).await),
        [
            message(
                "input",
                json!([{"kind": "other", "json": r#"{"x":1}"#}]),
                "request"
            ),
            message("output", json!([text("five")]), "response"),
        ]
    );
    let nothing = with(2, "chat", &json!({}), &Value::Null);
    assert_eq!(messages(&conversation(&server, &nothing).await), []);
}

/// Deeper than any tree of `serde_json`: the call is shown, found by its upper fields, and hides no other call.
#[tokio::test]
async fn no_depth_breaks_a_reader() {
    let server = Running::new().await;
    for (n, levels) in [(1, 60), (2, 127), (3, 20_000)] {
        let deep = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        let record = with(
            n,
            "chat",
            &json!({"messages": [{"role": "user", "content": "DEEP"}], "kind": "deep"}),
            &Value::Null,
        );
        let body = json!({"batch": [record]}).to_string();
        let part = format!(r#"[{{"type":"video","video":{deep}}}]"#);
        let answer = server
            .client
            .post(format!("{}/v2/acme/chatbot/calls/complete", server.url))
            .header("content-type", "application/json")
            .body(body.replace("\"DEEP\"", &part))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{levels} levels");
    }
    let query = json!({"project_id": "acme/chatbot", "sort_by": [{"field": "inputs.kind", "direction": "asc"}],
        "query": {"$expr": {"$eq": [{"$getField": "inputs.kind"}, {"$literal": "deep"}]}}, "columns": ["id"]});
    let found = server
        .post("/calls/stream_query", &query)
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(found.lines().count(), 3, "{found}");
    let table = server
        .get("/api/calls?entity=acme&project=chatbot&stream=openai_logs")
        .await;
    assert_eq!(table["total"], 3);
    for row in table["calls"].as_array().unwrap() {
        let preview = row["prompt"].as_str().unwrap();
        assert!(preview.starts_with(r#"{"type":"video""#), "{preview}");
        let id = row["id"].as_str().unwrap();
        let path = format!(
            "{}/api/call?entity=acme&project=chatbot&id={id}",
            server.url
        );
        let one = server.client.get(path).send().await.unwrap();
        let one = one.text().await.unwrap();
        assert!(one.contains(r#""kind":"other""#));
    }
}
