use serde_json::{Value, json};

use crate::setup::{Running, call};

#[tokio::test]
async fn what_is_recorded_is_read_back() {
    let server = Running::new().await;
    server.record(&[call(1), call(2), call(3)]).await;
    assert_eq!(server.count().await, 3);
    let calls = server.query(json!({})).await;
    assert_eq!(calls.len(), 3);
    for (index, read) in calls.iter().enumerate() {
        let sent = call(u32::try_from(index).unwrap() + 1);
        for field in [
            "id",
            "trace_id",
            "op_name",
            "inputs",
            "output",
            "attributes",
            "exception",
        ] {
            assert_eq!(read[field], sent[field], "{field}");
        }
        assert_eq!(read["summary"]["usage"], sent["summary"]["usage"]);
        assert_eq!(read["summary"]["weave"]["status"], "success");
    }
    let read = server
        .post(
            "/call/read",
            &json!({"project_id": "acme/chatbot", "id": call(2)["id"], "include_costs": true}),
        )
        .await;
    let read: Value = read.json().await.unwrap();
    assert_eq!(read["call"]["inputs"], call(2)["inputs"]);
    let costs = &read["call"]["summary"]["weave"]["costs"]["gpt-4o-mini-2024-07-18"];
    assert_eq!(costs["prompt_tokens_total_cost"], 0.002);
    let none = server
        .post(
            "/call/read",
            &json!({"project_id": "acme/chatbot", "id": "no-such-call"}),
        )
        .await;
    assert_eq!(none.json::<Value>().await.unwrap(), json!({"call": null}));
}

#[tokio::test]
async fn filters_sorting_and_paging() {
    let server = Running::new().await;
    let mut child = call(5);
    child["parent_id"] = call(4)["id"].clone();
    child["thread_id"] = "thread-1".into();
    server
        .record(&[call(1), call(2), call(3), call(4), child])
        .await;
    let ids = async |query: Value| -> Vec<String> {
        server
            .query(query)
            .await
            .iter()
            .map(|call| {
                call["inputs"]["messages"][0]["content"]
                    .as_str()
                    .unwrap()
                    .replace("question ", "")
            })
            .collect()
    };
    assert_eq!(ids(json!({"limit": 2, "offset": 1})).await, ["2", "3"]);
    let newest = json!([{"field": "started_at", "direction": "desc"}]);
    assert_eq!(
        ids(json!({"sort_by": newest, "limit": 2})).await,
        ["5", "4"]
    );
    let by_tokens = json!([{"field": "summary.usage.gpt-4o-mini-2024-07-18.completion_tokens", "direction": "desc"}]);
    assert_eq!(ids(json!({"sort_by": by_tokens, "limit": 1})).await, ["5"]);
    assert_eq!(
        ids(json!({"filter": {"trace_roots_only": true}})).await,
        ["1", "2", "3", "4"]
    );
    assert_eq!(
        ids(json!({"filter": {"parent_ids": [call(4)["id"]]}})).await,
        ["5"]
    );
    assert_eq!(
        ids(json!({"filter": {"trace_ids": [call(3)["trace_id"]]}})).await,
        ["3"]
    );
    assert_eq!(
        ids(json!({"filter": {"call_ids": [call(1)["id"], call(2)["id"]]}})).await,
        ["1", "2"]
    );
    assert_eq!(
        ids(json!({"filter": {"thread_ids": ["thread-1"]}})).await,
        ["5"]
    );
    assert_eq!(
        ids(json!({"filter": {"op_names": ["something.else"]}})).await,
        Vec::<String>::new()
    );
    let even = json!({"$expr": {"$eq": [{"$getField": "attributes.params.audience"}, {"$literal": "even"}]}});
    assert_eq!(ids(json!({"query": even})).await, ["2", "4"]);
    let bad = server
        .post(
            "/calls/stream_query",
            &json!({"project_id": "acme/chatbot", "query": {"$expr": {"$what": 1}}}),
        )
        .await;
    assert_eq!(bad.status(), 400);
}

#[tokio::test]
async fn a_call_sent_again_is_one_call() {
    let server = Running::new().await;
    server.record(&[call(1), call(2)]).await;
    let mut changed = call(1);
    changed["output"]["choices"][0]["message"]["content"] = "another answer".into();
    server.record(&[call(2), changed.clone(), changed]).await;
    assert_eq!(server.count().await, 2);
    let calls = server.query(json!({})).await;
    assert_eq!(
        calls[0]["output"]["choices"][0]["message"]["content"],
        "another answer"
    );
    assert_eq!(calls[1]["output"], call(2)["output"]);
}

#[tokio::test]
async fn bad_calls_are_refused_with_their_place_and_nothing_is_stored() {
    let server = Running::new().await;
    let mut elsewhere = call(2);
    elsewhere["project_id"] = "acme/other".into();
    for (batch, reason) in [
        (json!([call(1), elsewhere]), "call 1 of the batch"),
        (json!([call(1), {"id": "x"}]), "call 1 of the batch"),
        (json!("nonsense"), "expected"),
    ] {
        let response = server
            .post("/v2/acme/chatbot/calls/complete", &json!({"batch": batch}))
            .await;
        assert!([400, 422].contains(&response.status().as_u16()));
        let body: Value = response.json().await.unwrap();
        assert!(body["reason"].as_str().unwrap().contains(reason), "{body}");
    }
    assert_eq!(server.count().await, 0);
}

#[tokio::test]
async fn the_api_stands_under_traces_too_and_says_what_it_does_not_know() {
    let server = Running::new().await;
    for prefix in ["", "/traces"] {
        assert_eq!(
            server.get(&format!("{prefix}/health")).await,
            json!({"status": "ok"})
        );
        assert!(
            server.get(&format!("{prefix}/server_info")).await["trace_server_version"].is_string()
        );
    }
    let missing = server.post("/no/such/path", &json!({})).await;
    assert_eq!(missing.status(), 404);
    assert!(missing.json::<Value>().await.unwrap()["reason"].is_string());
    let wrong = server
        .client
        .get(format!("{}/calls/stream_query", server.url))
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), 405);
}

#[tokio::test]
async fn names_that_hold_dots_can_be_asked_for() {
    let server = Running::new().await;
    let mut one = call(1);
    one["attributes"]["otel"] = json!({"deployment.environment": "prod"});
    one["summary"]["usage"] = json!({"gpt-4.1": {"requests": 1, "completion_tokens": 7}});
    server.record(&[one, call(2)]).await;
    for (field, value) in [
        ("attributes.otel.deployment.environment", json!("prod")),
        ("summary.usage.gpt-4.1.completion_tokens", json!(7)),
    ] {
        let query = json!({"$expr": {"$eq": [{"$getField": field}, {"$literal": value}]}});
        assert_eq!(
            server.query(json!({"query": query})).await.len(),
            1,
            "{field}"
        );
    }
}

#[tokio::test]
async fn columns_leave_the_others_out() {
    let server = Running::new().await;
    server.record(&[call(1)]).await;
    let calls = server
        .query(json!({"columns": ["summary.usage", "display_name"]}))
        .await;
    let names: Vec<_> = calls[0].as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "attributes",
            "display_name",
            "ended_at",
            "exception",
            "id",
            "inputs",
            "op_name",
            "project_id",
            "started_at",
            "summary",
            "trace_id"
        ]
    );
    assert_eq!(
        (&calls[0]["inputs"], &calls[0]["attributes"]),
        (&json!({}), &json!({}))
    );
    assert_eq!(calls[0]["summary"]["usage"], call(1)["summary"]["usage"]);
}

#[tokio::test]
async fn content_comes_back_as_the_text_it_was() {
    let server = Running::new().await;
    let inputs = r#""inputs":{"z":1,"a":12345678901234567890123,"f":0.10000000000000000555}"#;
    let id = "00000000000000aa";
    let body = format!(
        r#"{{"batch":[{{"project_id":"acme/chatbot","id":"{id}","op_name":"f","started_at":"2026-11-22T10:00:00Z",{inputs}}}]}}"#
    );
    let url = format!("{}/v2/acme/chatbot/calls/complete", server.url);
    let response = server.client.post(url).body(body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let project = json!({"project_id": "acme/chatbot", "id": id});
    let mut columns = project.clone();
    columns["columns"] = json!(["inputs.a"]);
    for (path, query) in [
        ("/calls/stream_query", &project),
        ("/calls/stream_query", &columns),
        ("/call/read", &project),
    ] {
        let read = server.post(path, query).await.text().await.unwrap();
        assert!(read.contains(inputs), "{path}: {read}");
    }
    let url = format!(
        "{}/api/call?entity=acme&project=chatbot&id={id}",
        server.url
    );
    let shown = server.client.get(url).send().await.unwrap();
    assert!(shown.text().await.unwrap().contains(inputs));
}

#[tokio::test]
async fn json_with_line_breaks_is_one_call_in_one_line() {
    let server = Running::new().await;
    let send = async |path: &str, body: &str| {
        let url = format!("{}{path}", server.url);
        let answer = server.client.post(url).body(body.to_owned()).send().await;
        assert_eq!(answer.unwrap().status(), 200, "{path}");
    };
    let inputs = "{\n  \"a\": [\r\n    1\n  ]\n}";
    let whole = format!(
        r#"{{"batch":[{{"project_id":"acme/chatbot","id":"00000000000000aa","op_name":"f","started_at":"2026-11-22T10:00:00Z","inputs":{inputs},"output":{inputs}}}]}}"#
    );
    let start = format!(
        r#"{{"start":{{"project_id":"acme/chatbot","id":"00000000000000bb","trace_id":"t","op_name":"f","started_at":"2026-11-22T10:00:01Z","attributes":{{}},"inputs":{inputs}}}}}"#
    );
    let end = format!(
        r#"{{"end":{{"project_id":"acme/chatbot","id":"00000000000000bb","ended_at":"2026-11-22T10:00:02Z","output":{inputs},"summary":{{}}}}}}"#
    );
    // A client that sends a call again is not refused.
    for _ in 0..2 {
        send("/v2/acme/chatbot/calls/complete", &whole).await;
    }
    send("/call/start", &start).await;
    send("/call/end", &end).await;
    for columns in [json!(null), json!(["inputs", "output"])] {
        let query = json!({"project_id": "acme/chatbot", "columns": columns});
        let answer = server.post("/calls/stream_query", &query).await;
        let text = answer.text().await.unwrap();
        let calls: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(calls.len(), 2, "{text}");
        for call in calls {
            assert_eq!(call["inputs"], json!({"a": [1]}), "{text}");
            assert_eq!(call["output"], json!({"a": [1]}), "{text}");
        }
    }
}

#[tokio::test]
async fn what_a_query_asks_for_in_vain_is_said_even_without_calls() {
    let server = Running::new().await;
    for (query, status) in [
        (json!({"query": {"$expr": {"$what": 1}}}), 400),
        (
            json!({"query": {"$expr": {"$getField": "total_storage_size_bytes"}}}),
            422,
        ),
        (
            json!({"filter": {"turn_ids": null, "input_refs": null, "op_names": null}}),
            200,
        ),
    ] {
        let mut body = query;
        body["project_id"] = "acme/chatbot".into();
        for path in ["/calls/stream_query", "/calls/query_stats"] {
            assert_eq!(server.post(path, &body).await.status(), status, "{body}");
        }
    }
}

#[tokio::test]
async fn calls_are_not_sorted_by_a_field_that_is_none() {
    let server = Running::new().await;
    let body = json!({"project_id": "acme/chatbot", "sort_by": [{"field": "nothing"}]});
    assert_eq!(
        server.post("/calls/stream_query", &body).await.status(),
        422
    );
}

#[tokio::test]
async fn the_client_is_told_its_project_and_who_it_is() {
    let server = Running::new().await;
    let ask = async |query: &str, name: &str| {
        let body = json!({"query": query, "variables": {"entityName": "acme", "name": name}});
        let answer = server.post("/graphql", &body).await;
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().await.unwrap()
    };
    let project = "query Project($name: String!, $entityName: String!) {\n  project(name: $name, entityName: $entityName) {\n    name\n  }\n}";
    assert_eq!(
        ask(project, "chatbot").await["data"]["project"]["name"],
        "chatbot"
    );
    assert!(ask(project, "a/b").await["data"]["project"].is_null());
    let upsert = "mutation UpsertModel($name: String!) { upsertModel(input: {name: $name}) { model { name } } }";
    let made = ask(upsert, "chatbot").await;
    assert_eq!(made["data"]["upsertModel"]["model"]["name"], "chatbot");
    let viewer = ask("query DefaultEntity { viewer { username } }", "").await;
    assert_eq!(viewer["data"]["viewer"]["defaultEntity"]["name"], "local");
    for refused in [
        ask(upsert, "a/b").await,
        ask("query { runs { id } }", "").await,
    ] {
        assert!(
            refused["errors"][0]["message"].is_string() && refused["data"].is_null(),
            "{refused}"
        );
    }
}
