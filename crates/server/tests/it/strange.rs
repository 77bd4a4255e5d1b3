//! Requests that no client sends: every endpoint refuses what it cannot take, and goes on.

use serde_json::{Value, json};

use crate::setup::{Random, Running, call};

const PROJECT: &str = "acme/chatbot";

/// Returns a request that each endpoint takes.
fn requests() -> Vec<(&'static str, Value)> {
    let query = json!({"$expr": {"$and": [
        {"$gt": [{"$getField": "started_at"}, {"$literal": 1}]},
        {"$not": [{"$eq": [{"$getField": "feedback.[x].payload.y"}, {"$literal": ""}]}]},
        {"$contains": {"input": {"$convert": {"input": {"$getField": "inputs.a"}, "to": "string"}}, "substr": {"$literal": "b"}}},
        {"$in": [{"$getField": "op_name"}, [{"$literal": "f"}]]},
    ]}});
    let sort = json!([{"field": "inputs.a", "direction": "desc"}]);
    let by_id = json!({"$expr": {"$eq": [{"$getField": "id"}, {"$literal": "x"}]}});
    let object = format!("weave:///{PROJECT}/object/o:d/attr/rows/id/x");
    let mut end = call(2);
    end.as_object_mut().unwrap().remove("inputs");
    vec![
        (
            "/v2/acme/chatbot/calls/complete",
            json!({"batch": [call(1)]}),
        ),
        ("/call/start", json!({"start": call(2)})),
        ("/call/end", json!({"end": end})),
        (
            "/call/upsert_batch",
            json!({"batch": [{"mode": "start", "req": {"start": call(3)}}, {"mode": "end", "req": {"end": end}}]}),
        ),
        (
            "/calls/stream_query",
            json!({"project_id": PROJECT, "query": query, "sort_by": sort, "limit": 3, "offset": 1, "columns": ["inputs.a"],
            "filter": {"op_names": ["f:*"], "input_refs": [object], "turn_ids": ["t"], "wb_run_ids": ["r"], "trace_roots_only": true},
            "include_costs": true, "include_feedback": true, "expand_columns": ["inputs.a"], "include_total_storage_size": true}),
        ),
        (
            "/calls/query_stats",
            json!({"project_id": PROJECT, "query": query, "include_total_storage_size": true}),
        ),
        (
            "/call/read",
            json!({"project_id": PROJECT, "id": call(1)["id"], "include_costs": true}),
        ),
        (
            "/call/update",
            json!({"project_id": PROJECT, "call_id": call(1)["id"], "display_name": "n"}),
        ),
        (
            "/calls/delete",
            json!({"project_id": PROJECT, "call_ids": [call(9)["id"]]}),
        ),
        (
            "/obj/create",
            json!({"obj": {"project_id": PROJECT, "object_id": "o", "val": {"_type": "Dataset", "_bases": ["Object"], "rows": [1]}}}),
        ),
        (
            "/obj/read",
            json!({"project_id": PROJECT, "object_id": "o", "digest": "latest"}),
        ),
        (
            "/objs/query",
            json!({"project_id": PROJECT, "filter": {"object_ids": ["o"], "tags": ["t"], "latest_only": true}, "limit": 1, "sort_by": [{"field": "created_at"}]}),
        ),
        (
            "/obj/delete",
            json!({"project_id": PROJECT, "object_id": "o", "digests": ["latest"]}),
        ),
        ("/refs/read_batch", json!({"refs": [object]})),
        (
            "/table/create",
            json!({"table": {"project_id": PROJECT, "rows": [{"a": 1}, {"a": [2.5, "x"]}], "expected_digest": null}}),
        ),
        (
            "/table/create_from_digests",
            json!({"project_id": PROJECT, "row_digests": ["x"]}),
        ),
        (
            "/table/update",
            json!({"project_id": PROJECT, "base_digest": "x", "updates": [{"append": {"row": {"a": 1}}}, {"pop": {"index": 0}}]}),
        ),
        (
            "/table/query",
            json!({"project_id": PROJECT, "digest": "x", "filter": {"row_digests": ["x"]}, "limit": 1, "sort_by": sort}),
        ),
        (
            "/table/query_stats",
            json!({"project_id": PROJECT, "digest": "x"}),
        ),
        (
            "/table/query_stats_batch",
            json!({"project_id": PROJECT, "digests": ["x"], "include_storage_size": true}),
        ),
        (
            "/feedback/create",
            json!({"project_id": PROJECT, "weave_ref": "r", "feedback_type": "wandb.reaction.1", "payload": {"emoji": "👍"}}),
        ),
        (
            "/feedback/batch/create",
            json!({"batch": [{"project_id": PROJECT, "weave_ref": "r", "feedback_type": "wandb.runnable.o", "payload": {"output": 1}, "runnable_ref": object}]}),
        ),
        (
            "/feedback/replace",
            json!({"project_id": PROJECT, "feedback_id": "x", "weave_ref": "r", "feedback_type": "x", "payload": {}}),
        ),
        (
            "/feedback/query",
            json!({"project_id": PROJECT, "fields": ["payload.a", "id"], "query": by_id, "sort_by": [{"field": "created_at"}], "limit": 1}),
        ),
        (
            "/feedback/purge",
            json!({"project_id": PROJECT, "query": by_id}),
        ),
        (
            "/cost/create",
            json!({"project_id": PROJECT, "costs": {"m": {"prompt_token_cost": 1.0, "completion_token_cost": 2, "effective_date": "2026-01-01T00:00:00Z"}}}),
        ),
        (
            "/cost/query",
            json!({"project_id": PROJECT, "query": by_id, "fields": ["id"], "sort_by": [{"field": "id"}]}),
        ),
        (
            "/cost/purge",
            json!({"project_id": PROJECT, "query": by_id}),
        ),
        (
            "/threads/stream_query",
            json!({"project_id": PROJECT, "filter": {"thread_ids": ["t"], "after_datetime": "2026-01-01T00:00:00Z"}, "sort_by": [{"field": "turn_count", "direction": "desc"}]}),
        ),
        (
            "/trace/usage",
            json!({"project_id": PROJECT, "query": query, "include_costs": true, "limit": 9}),
        ),
        (
            "/calls/usage",
            json!({"project_id": PROJECT, "call_ids": [call(1)["id"], "x"], "include_costs": true, "limit": 9}),
        ),
        ("/service/projects_info", json!({"project_ids": [PROJECT]})),
    ]
}

/// Replaces, removes or adds something somewhere in a value.
fn change(value: &mut Value, random: &mut Random) {
    let inner = match value {
        Value::Object(fields) if !fields.is_empty() => {
            let at = random.below(fields.len());
            let name = fields.keys().nth(at).unwrap().clone();
            if random.below(8) == 0 {
                fields.remove(&name);
                return;
            }
            fields.get_mut(&name)
        }
        Value::Array(items) if !items.is_empty() => {
            let at = random.below(items.len());
            if random.below(8) == 0 {
                let item = items[at].clone();
                items.extend(vec![item; random.below(40)]);
                return;
            }
            items.get_mut(at)
        }
        _ => None,
    };
    match inner {
        Some(inner) if random.below(4) > 0 => change(inner, random),
        _ => *value = strange(random),
    }
}

fn strange(random: &mut Random) -> Value {
    let deep = |levels| (0..levels).fold(json!("x"), |inner, _| json!([inner]));
    match random.below(16) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(1e300),
        4 => json!(u64::MAX),
        5 => json!(""),
        6 => json!("ü\u{0}\u{2028}😀".repeat(99)),
        7 => json!([]),
        8 => json!({}),
        9 => deep(60),
        10 => json!("weave:///"),
        11 => json!({"$expr": {"$not": [{"$literal": null}]}}),
        12 => json!("2026-11-30T25:00:00Z"),
        13 => json!("%' OR 1 = 1 --"),
        14 => json!({"$getField": "..a..b"}),
        _ => json!(["a", 1, null, {"b": []}]),
    }
}

#[tokio::test]
async fn no_request_breaks_the_server() {
    let server = Running::new().await;
    let runs = std::env::var("SPANLOOM_FUZZ_RUNS").ok();
    let runs: usize = runs.and_then(|runs| runs.parse().ok()).unwrap_or(1_500);
    let (requests, mut random) = (requests(), Random(0x5eed));
    for (path, body) in &requests {
        let status = server.post(path, body).await.status();
        assert!(status.is_success() || status == 404, "{path}: {status}");
    }
    for _ in 0..runs {
        let (path, body) = &requests[random.below(requests.len())];
        let mut body = body.clone();
        for _ in 0..=random.below(3) {
            change(&mut body, &mut random);
        }
        let answer = server.post(path, &body).await;
        let status = answer.status().as_u16();
        assert!(status < 500, "{path}: {status} for {body}");
        // An answer of lines breaks off if it cannot be finished.
        answer
            .bytes()
            .await
            .unwrap_or_else(|error| panic!("{path}: {error} for {body}"));
    }
    assert_eq!(server.get("/health").await, json!({"status": "ok"}));
}
