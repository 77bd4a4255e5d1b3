//! What W&B's clients ask for of calls, besides the calls: runs, sizes, references, ranges.

use serde_json::{Value, json};

use crate::setup::{Running, call, numbers};

const PROJECT: &str = "acme/chatbot";

#[tokio::test]
async fn runs_are_kept_and_found() {
    let server = Running::new().await;
    let mut calls: Vec<Value> = (1..=3).map(call).collect();
    calls[0]["wb_run_id"] = json!("acme/chatbot/r1");
    calls[0]["wb_run_step"] = json!(10);
    calls[0]["wb_run_step_end"] = json!(11);
    calls[1]["wb_run_id"] = json!("acme/other/r1");
    server.record(&calls).await;
    // In two parts.
    let mut start = call(4);
    start["ended_at"] = Value::Null;
    start["wb_run_id"] = json!("acme/chatbot/r2");
    start["wb_run_step"] = json!(9);
    server.post("/call/start", &json!({"start": start})).await;
    let end = json!({"project_id": PROJECT, "id": start["id"], "ended_at": "2026-11-22T10:00:09Z", "summary": {}, "wb_run_step_end": 12});
    server.post("/call/end", &json!({"end": end})).await;
    let read = server.query(json!({})).await;
    let run = |n: usize| {
        [
            &read[n]["wb_run_id"],
            &read[n]["wb_run_step"],
            &read[n]["wb_run_step_end"],
        ]
    };
    assert_eq!(run(0), [&json!("acme/chatbot/r1"), &json!(10), &json!(11)]);
    assert_eq!(run(2), [&Value::Null; 3]);
    assert_eq!(run(3), [&json!("acme/chatbot/r2"), &json!(9), &json!(12)]);
    for (wanted, expected) in [
        (json!(["r1"]), vec![1]),
        (json!(["acme/other/r1"]), vec![2]),
        (json!([]), vec![1, 2, 3, 4]),
    ] {
        assert_eq!(
            numbers(
                &server
                    .query(json!({"filter": {"wb_run_ids": wanted}}))
                    .await
            ),
            expected
        );
    }
    let sort = json!([{"field": "wb_run_step", "direction": "desc"}]);
    assert_eq!(
        numbers(&server.query(json!({"sort_by": sort})).await),
        [1, 4, 2, 3]
    );
}

#[tokio::test]
async fn only_what_was_sent_is_among_the_attributes() {
    let server = Running::new().await;
    let mut own = call(1);
    own["attributes"] = json!({"a": 1});
    own["wb_user_id"] = json!("ada");
    server.record(&[own, call(2)]).await;
    let calls = server.query(json!({})).await;
    assert_eq!(calls[0]["attributes"], json!({"a": 1}));
    assert_eq!(calls[1]["attributes"]["stream"], "openai_logs");
    assert_eq!(
        (&calls[0]["wb_user_id"], &calls[1]["wb_user_id"]),
        (&json!("ada"), &json!("local"))
    );
    for (user, expected) in [("ada", vec![1]), ("local", vec![2]), ("eve", vec![])] {
        assert_eq!(
            numbers(
                &server
                    .query(json!({"filter": {"wb_user_ids": [user]}}))
                    .await
            ),
            expected
        );
    }
    for empty in [
        "op_names",
        "parent_ids",
        "trace_ids",
        "call_ids",
        "wb_user_ids",
        "input_refs",
        "output_refs",
    ] {
        assert_eq!(
            server.query(json!({"filter": {empty: []}})).await.len(),
            2,
            "{empty}"
        );
    }
    let by_ref = json!({"filter": {"op_names": ["weave:///acme/chatbot/op/openai.chat.completions.create:*"]}});
    assert_eq!(server.query(by_ref).await.len(), 2);
}

#[tokio::test]
async fn lists_large_numbers_and_equal_times_are_told_apart() {
    let server = Running::new().await;
    let mut calls: Vec<Value> = (1..=4).map(call).collect();
    for (n, one) in (0..).zip(&mut calls) {
        // The first two begin and end at the same time, but for less than a millisecond.
        if n < 2 {
            one["started_at"] = json!("2026-11-30T10:00:00.000100Z");
            one["ended_at"] = json!(format!("2026-11-30T10:00:00.000{}00Z", 9 - n));
        }
        one["inputs"] =
            json!({"x": [n, {"y": n}], "n": 9_007_199_254_740_992_i64 + n, "w": format!("w{n}")});
    }
    server.record(&calls).await;
    let matching = async |expression: Value| {
        let found = server.query(json!({"query": {"$expr": expression}})).await;
        let mut found = numbers(&found);
        found.sort_unstable();
        found
    };
    let (x, n) = (
        json!({"$getField": "inputs.x"}),
        json!({"$getField": "inputs.n"}),
    );
    let literal = |value: Value| json!({"$literal": value});
    let large = literal(json!(9_007_199_254_740_993_i64));
    for (expression, expected) in [
        (json!({"$eq": [x, literal(json!([0, {"y": 0}]))]}), vec![1]),
        (
            json!({"$eq": [x, literal(json!([1.0, {"y": 1}]))]}),
            vec![2],
        ),
        (
            json!({"$not": [{"$eq": [x, literal(json!([0, {"y": 0}]))]}]}),
            vec![2, 3, 4],
        ),
        (
            json!({"$in": [x, [literal(json!([7])), literal(json!({"y": 0}))]]}),
            vec![],
        ),
        (json!({"$gt": [x, literal(json!([0]))]}), vec![]),
        (json!({"$eq": [n, large]}), vec![2]),
        (json!({"$in": [n, [large]]}), vec![2]),
        (json!({"$gt": [n, large]}), vec![3, 4]),
        (
            json!({"$eq": [n, literal(json!("9007199254740993"))]}),
            vec![2],
        ),
    ] {
        assert_eq!(matching(expression.clone()).await, expected, "{expression}");
    }
    let sorted = async |sorts: &[(&str, &str)], more: Value| {
        let sorts: Vec<Value> = sorts
            .iter()
            .map(|(field, direction)| json!({"field": field, "direction": direction}))
            .collect();
        let mut query = json!({"sort_by": sorts});
        query
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        numbers(&server.query(query).await)
    };
    let all = json!({});
    assert_eq!(
        sorted(&[("inputs.n", "desc")], all.clone()).await,
        [4, 3, 2, 1]
    );
    let latency = "summary.weave.latency_ms";
    for (first, direction, w, expected) in [
        ("started_at", "asc", "desc", [3, 4, 2, 1]),
        ("started_at", "asc", "asc", [3, 4, 1, 2]),
        ("started_at", "desc", "desc", [2, 1, 4, 3]),
        (latency, "asc", "desc", [2, 1, 3, 4]),
        (latency, "desc", "asc", [4, 3, 1, 2]),
    ] {
        let sorts = [(first, direction), ("inputs.w", w)];
        assert_eq!(sorted(&sorts, all.clone()).await, expected, "{sorts:?}");
        // The same by pages, and where calls are read to be selected.
        for (at, number) in expected.iter().enumerate() {
            let page = json!({"limit": 1, "offset": at});
            assert_eq!(sorted(&sorts, page).await, [*number], "{sorts:?} {at}");
        }
        let any = json!({"query": {"$expr": {"$gt": [n, literal(json!(0))]}}});
        assert_eq!(sorted(&sorts, any).await, expected, "{sorts:?}");
    }
}

#[tokio::test]
async fn references_in_calls_are_followed() {
    let server = Running::new().await;
    let object = async |name: &str, value: Value| {
        let made = server
            .ask(
                "/obj/create",
                json!({"obj": {"project_id": PROJECT, "object_id": name, "val": value}}),
            )
            .await;
        format!(
            "weave:///{PROJECT}/object/{name}:{}",
            made["digest"].as_str().unwrap()
        )
    };
    let inner = object("inner", json!({"size": 3})).await;
    let outer = object("outer", json!({"part": inner, "list": [1]})).await;
    let mut calls: Vec<Value> = (1..=2).map(call).collect();
    calls[0]["inputs"] = json!({"model": outer, "deep": [{"ref": inner}]});
    calls[0]["output"] = json!("weave:///acme/chatbot/object/gone:d");
    calls[1]["inputs"] = json!({"model": "text"});
    server.record(&calls).await;
    let expand = json!(["output", "inputs.model.part", "inputs.model", "inputs.none"]);
    let expanded = server.query(json!({"expand_columns": expand})).await;
    let model = json!({"part": {"size": 3, "_ref": inner}, "list": [1], "_ref": outer});
    assert_eq!(expanded[0]["inputs"]["model"], model);
    assert_eq!(
        (&expanded[0]["output"], &expanded[1]["inputs"]["model"]),
        (&calls[0]["output"], &json!("text"))
    );
    let query =
        json!({"$expr": {"$eq": [{"$getField": "inputs.model.part.size"}, {"$literal": 3}]}});
    let found = server.query(json!({"expand_columns": expand, "query": query, "return_expanded_column_values": false})).await;
    assert_eq!(
        (found.len(), &found[0]["inputs"]["model"]),
        (1, &json!(outer))
    );
    assert_eq!(server.query(json!({"query": query})).await.len(), 0);
    for (reference, expected) in [
        (inner.clone(), vec![1]),
        (format!("weave:///{PROJECT}/object/outer:*"), vec![1]),
        ("text".to_owned(), vec![2]),
    ] {
        assert_eq!(
            numbers(
                &server
                    .query(json!({"filter": {"input_refs": [reference]}}))
                    .await
            ),
            expected
        );
    }
    assert_eq!(
        numbers(
            &server
                .query(json!({"filter": {"output_refs": [calls[0]["output"]]}}))
                .await
        ),
        [1]
    );
}

#[tokio::test]
async fn sizes_are_those_of_what_is_stored() {
    let server = Running::new().await;
    let mut calls: Vec<Value> = (1..=3).map(call).collect();
    calls[1]["trace_id"] = calls[0]["trace_id"].clone();
    calls[1]["parent_id"] = calls[0]["id"].clone();
    calls[2]["inputs"]["more"] = json!("x".repeat(1_000));
    server.record(&calls).await;
    let read = server
        .query(json!({"include_storage_size": true, "include_total_storage_size": true}))
        .await;
    let size = |n: usize, name: &str| read[n][name].as_u64();
    let own: Vec<u64> = (0..3)
        .map(|n| size(n, "storage_size_bytes").unwrap())
        .collect();
    assert!(own[2] > own[0] + 1_000 && own[0] > 400, "{own:?}");
    assert_eq!(size(0, "total_storage_size_bytes"), Some(own[0] + own[1]));
    assert_eq!(size(1, "total_storage_size_bytes"), None);
    let stats = server
        .ask(
            "/calls/query_stats",
            json!({"include_total_storage_size": true}),
        )
        .await;
    assert_eq!(
        stats,
        json!({"count": 3, "has_more": false, "total_storage_size_bytes": own.iter().sum::<u64>()})
    );
    let sort = json!([{"field": "storage_size_bytes", "direction": "desc"}]);
    assert_eq!(
        numbers(&server.query(json!({"sort_by": sort, "limit": 1})).await),
        [3]
    );
    let columns = server.query(json!({"columns": ["output_dump"]})).await;
    assert_eq!(columns[0]["output"], calls[0]["output"]);
    assert_eq!(columns[0]["inputs"], json!({}));
}

#[tokio::test]
async fn a_range_of_starts_is_answered_from_rows() {
    let server = Running::new().await;
    let calls: Vec<Value> = (1..=9).map(call).collect();
    server.record(&calls).await;
    let start = json!({"$getField": "started_at"});
    let after = |n: usize| json!({"$gt": [start, {"$literal": calls[n - 1]["started_at"]}]});
    let before = json!({"$not": [{"$gte": [start, {"$literal": calls[6]["started_at"]}]}]});
    let even = json!({"$eq": [{"$getField": "attributes.params.audience"}, {"$literal": "even"}]});
    for (conditions, expected) in [
        (json!([after(3)]), vec![4, 5, 6, 7, 8, 9]),
        (json!([after(3), before]), vec![4, 5, 6]),
        (json!([after(3), before, even]), vec![4, 6]),
    ] {
        let query = json!({"$expr": {"$and": conditions}});
        assert_eq!(
            numbers(&server.query(json!({"query": query})).await),
            expected
        );
        let newest = json!({"query": query, "sort_by": [{"field": "started_at", "direction": "desc"}], "limit": 1});
        assert_eq!(
            numbers(&server.query(newest).await),
            expected[expected.len() - 1..]
        );
    }
    // Dates, and times without a zone, are those of UTC; a text that is no time has no order.
    for (operator, time, expected) in [
        ("$gte", json!("2026-11-22"), 9),
        ("$lt", json!("2026-11-22"), 0),
        ("$gt", json!("2026-11-22 10:00:07"), 2),
        ("$lte", json!("2026-11-22T10:00:07"), 7),
        ("$lt", json!("garbage"), 0),
    ] {
        let query = json!({"$expr": {operator: [start, {"$literal": time}]}});
        assert_eq!(
            server.query(json!({"query": query})).await.len(),
            expected,
            "{operator} {time}"
        );
        let inside = json!({"$expr": {"$or": [{operator: [start, {"$literal": time}]}]}});
        assert_eq!(
            server.query(json!({"query": inside})).await.len(),
            expected,
            "{operator} {time}"
        );
    }
    let slowest = json!({"sort_by": [{"field": "summary.weave.latency_ms", "direction": "desc"}], "limit": 2});
    assert_eq!(numbers(&server.query(slowest).await), [9, 8]);
}
