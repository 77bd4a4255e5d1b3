//! One trace as a tree, and one conversation.

use serde_json::{Value, json};

use crate::setup::{Running, call};

/// Returns the `n`-th call in the trace of the first, below `parent`.
fn span(n: u32, parent: Option<u32>) -> Value {
    let mut span = call(n);
    span["trace_id"] = call(1)["trace_id"].clone();
    span["parent_id"] = parent.map(|parent| format!("{parent:016x}")).into();
    span
}

/// Returns a span around calls: without a model, tokens or cost.
fn around(n: u32, parent: Option<u32>, name: &str) -> Value {
    let mut span = span(n, parent);
    span["op_name"] = name.into();
    span["attributes"]["spanloom"] = json!({"operation": "invoke_agent", "outcome": "completed"});
    span["summary"] = json!({"status_code": "SUCCESS"});
    span
}

async fn trace(server: &Running) -> Value {
    let id = call(1)["trace_id"].as_str().unwrap().to_owned();
    server
        .get(&format!("/api/trace?entity=acme&project=chatbot&id={id}"))
        .await
}

fn shape(trace: &Value) -> Value {
    let spans = trace["spans"].as_array().unwrap().iter();
    let shape = spans.map(|span| {
        let id = u64::from_str_radix(span["id"].as_str().unwrap(), 16).unwrap();
        let below = &span["below"];
        json!([id, span["depth"], below["calls"], below["output_tokens"]])
    });
    shape.collect()
}

#[tokio::test]
async fn spans_stand_below_their_parents_with_sums() {
    let server = Running::new().await;
    let mut failed = span(6, Some(4));
    failed["exception"] = "timeout: late".into();
    failed["summary"] = json!({"status_code": "ERROR"});
    // In any order of arrival; the parent of the last is not stored.
    server
        .record(&[
            span(5, Some(4)),
            span(3, Some(1)),
            failed,
            around(4, Some(1), "invoke_agent inner"),
        ])
        .await;
    server
        .record(&[
            around(1, None, "invoke_agent planner"),
            span(2, Some(1)),
            span(7, Some(99)),
        ])
        .await;
    let trace = trace(&server).await;
    assert_eq!(
        shape(&trace),
        json!([
            [1, 0, 4, 10],
            [2, 1, null, null],
            [3, 1, null, null],
            [4, 1, 2, 5],
            [5, 2, null, null],
            [6, 2, null, null],
            [7, 0, null, null],
        ])
    );
    let root = &trace["spans"][0]["below"];
    assert_eq!(
        (&root["errors"], &root["priced_calls"]),
        (&json!(1), &json!(3))
    );
    assert!((root["cost_usd"].as_f64().unwrap() - 0.010).abs() < 1e-9);
    assert_eq!((&trace["total"], &trace["shown"]), (&json!(7), &json!(7)));
    assert_eq!(trace["spans"][0]["stream"], "openai_logs");
}

#[tokio::test]
async fn spans_that_are_each_others_parents_and_long_chains_are_shown() {
    let server = Running::new().await;
    server
        .record(&[
            around(1, Some(2), "a"),
            around(2, Some(1), "b"),
            around(3, Some(3), "c"),
        ])
        .await;
    let chain: Vec<Value> = (10..1_500)
        .map(|n| around(n, Some(n - 1), "link"))
        .collect();
    for calls in chain.chunks(500) {
        server.record(calls).await;
    }
    let trace = trace(&server).await;
    assert_eq!(trace["total"], 1_493);
    assert_eq!(trace["spans"][1_489]["depth"], 1_489);
    let missing = server.client.get(format!(
        "{}/api/trace?entity=acme&project=chatbot&id=x",
        server.url
    ));
    assert_eq!(missing.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_conversation_is_its_turns_from_the_first_on() {
    let server = Running::new().await;
    let mut turns = vec![
        around(1, None, "invoke_agent planner"),
        span(2, Some(1)),
        span(3, Some(1)),
        span(4, None),
    ];
    // A name that begins as that of a span around calls does.
    turns[3]["op_name"] = "planet_lookup".into();
    for turn in &mut turns {
        turn["thread_id"] = "c-1".into();
        turn["wb_user_id"] = "u-1".into();
    }
    // The second turn of the model answers a tool's result: the question is still the user's.
    turns[2]["inputs"]["messages"] = json!([{"role": "user", "content": "rain?\ntoday?"},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "{\"mm\":3}"}]);
    server.record(&turns).await;
    let of = "entity=acme&project=chatbot&stream=openai_logs&id=c-1";
    let found = server.get(&format!("/api/conversation?{of}")).await;
    let turns = found["turns"].as_array().unwrap();
    let texts: Vec<_> = turns
        .iter()
        .map(|turn| (&turn["asked"], &turn["answered"]))
        .collect();
    assert_eq!(
        json!(texts),
        json!([
            ["question 2", "answer 2"],
            ["rain?\ntoday?", "answer 3"],
            ["question 4", "answer 4"]
        ])
    );
    assert_eq!(turns[1]["row"]["prompt"], "rain? today?");
    assert_eq!(
        (
            &found["total"],
            &found["agents"],
            &found["users"],
            &found["stats"]["calls"]
        ),
        (&json!(3), &json!(["planner"]), &json!(["u-1"]), &json!(3))
    );
    let second = server
        .get(&format!("/api/conversation?{of}&offset=1&limit=1"))
        .await;
    assert_eq!(second["turns"].as_array().unwrap().len(), 1);
    assert_eq!(second["turns"][0]["answered"], "answer 3");
    let missing = server
        .client
        .get(format!("{}/api/conversation?{of}9", server.url));
    assert_eq!(missing.send().await.unwrap().status(), 404);
}
