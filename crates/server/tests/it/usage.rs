//! Tokens and costs of calls with the calls below them.

use serde_json::{Value, json};

use crate::setup::{Running, call};

/// Returns a call of a trace, below `parent`, with what it reports of models: prompt and completion.
fn part(n: u32, trace: u32, parent: Option<u32>, usage: &[(&str, u64, u64)]) -> Value {
    let mut part = call(n);
    let usage = usage.iter().map(|(model, prompt, completion)| {
        let usage =
            json!({"prompt_tokens": prompt, "completion_tokens": completion, "requests": 1});
        ((*model).to_owned(), usage)
    });
    part["trace_id"] = json!(format!("{trace:032x}"));
    part["parent_id"] = json!(parent.map(|n| format!("{n:016x}")));
    part["op_name"] = json!("f");
    part["attributes"] = json!({});
    part["summary"] = json!({"usage": usage.collect::<serde_json::Map<_, _>>()});
    part
}

fn id(n: u32) -> String {
    format!("{n:016x}")
}

/// Two traces: in the first, the root and its child repeat what is below them, as W&B's clients do.
async fn recorded() -> Running {
    let server = Running::new().await;
    let mut open = part(5, 9, None, &[]);
    open["ended_at"] = Value::Null;
    server
        .record(&[
            part(1, 8, None, &[("gpt-4o-mini", 5, 2), ("b", 7, 0)]),
            part(2, 8, Some(1), &[("gpt-4o-mini", 5, 2)]),
            part(3, 8, Some(2), &[("gpt-4o-mini", 5, 2)]),
            part(4, 8, Some(1), &[("b", 7, 0)]),
            open,
            part(6, 9, Some(5), &[("gpt-4o-mini", 1, 1)]),
        ])
        .await;
    server
}

fn tokens(usage: &Value, n: u32, model: &str) -> Value {
    let usage = &usage["call_usage"][id(n)][model];
    json!([
        usage["requests"],
        usage["prompt_tokens"],
        usage["completion_tokens"],
        usage["total_tokens"]
    ])
}

#[tokio::test]
async fn each_token_counts_once_in_the_calls_above_it() {
    let server = recorded().await;
    let filter = json!({"trace_ids": [format!("{:032x}", 8)]});
    let usage = server.ask("/trace/usage", json!({"filter": filter})).await;
    assert_eq!(tokens(&usage, 1, "gpt-4o-mini"), json!([1, 5, 2, 7]));
    assert_eq!(tokens(&usage, 1, "b"), json!([1, 7, 0, 7]));
    assert_eq!(tokens(&usage, 2, "gpt-4o-mini"), json!([1, 5, 2, 7]));
    assert_eq!(usage["call_usage"].as_object().unwrap().len(), 4);
    assert_eq!(usage["unfinished_call_ids"], json!([]));
    let of_root = &usage["call_usage"][id(1)]["gpt-4o-mini"];
    assert_eq!(of_root["prompt_tokens_total_cost"], Value::Null);
    // A root by itself has what it reports.
    let roots = json!({"filter": {"trace_roots_only": true}, "include_costs": true});
    let usage = server.ask("/trace/usage", roots).await;
    assert_eq!(tokens(&usage, 1, "gpt-4o-mini"), json!([1, 5, 2, 7]));
    let cost = &usage["call_usage"][id(1)]["gpt-4o-mini"]["prompt_tokens_total_cost"];
    assert!(
        (cost.as_f64().unwrap() - 5.0 * 0.15e-6).abs() < 1e-12,
        "{cost}"
    );
    assert_eq!(usage["call_usage"][id(5)], json!({}));
}

#[tokio::test]
async fn calls_are_added_up_with_their_traces() {
    let server = recorded().await;
    let ids = json!([id(2), id(5), id(2), "missing"]);
    let usage = server.ask("/calls/usage", json!({"call_ids": ids})).await;
    assert_eq!(tokens(&usage, 2, "gpt-4o-mini"), json!([1, 5, 2, 7]));
    assert_eq!(tokens(&usage, 5, "gpt-4o-mini"), json!([1, 1, 1, 2]));
    assert_eq!(usage["call_usage"]["missing"], json!({}));
    assert_eq!(usage["call_usage"].as_object().unwrap().len(), 3);
    assert_eq!(usage["unfinished_call_ids"], json!([id(5)]));
    let none = server.ask("/calls/usage", json!({"call_ids": []})).await;
    assert_eq!(none, json!({"call_usage": {}, "unfinished_call_ids": []}));
}

#[tokio::test]
async fn usage_that_would_not_be_whole_is_refused() {
    let server = recorded().await;
    let project = json!({"project_id": "acme/chatbot"});
    let with = |more: Value| {
        let mut body = project.clone();
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    for (path, body, status) in [
        ("/trace/usage", with(json!({"limit": 5})), 413),
        ("/trace/usage", with(json!({"limit": 6})), 200),
        ("/trace/usage", with(json!({"limit": 0})), 400),
        (
            "/calls/usage",
            with(json!({"call_ids": [id(1)], "limit": 3})),
            413,
        ),
        (
            "/calls/usage",
            with(json!({"call_ids": [id(1), id(5)], "limit": 4})),
            200,
        ),
        ("/calls/usage", project.clone(), 400),
    ] {
        let answer = server.post(path, &body).await;
        assert_eq!(answer.status(), status, "{path} {body}");
    }
}
