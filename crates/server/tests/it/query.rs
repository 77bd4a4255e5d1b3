//! Several views of a stream's calls in one answer.

use serde_json::{Value, json};

use crate::setup::{Running, call};

async fn ask(server: &Running, query: Value) -> (u16, Value) {
    let mut body = json!({"entity": "acme", "project": "chatbot", "stream": "openai_logs"});
    let asked = query.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(asked);
    let answer = server.post("/api/query", &body).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn with_calls() -> Running {
    let server = Running::new().await;
    let mut calls: Vec<Value> = (1..=12).map(call).collect();
    for (n, call) in (1..).zip(&mut calls) {
        call["attributes"]["team"] = format!("team-{}", n % 3).into();
        call["attributes"]["lost"] = (0.25 * f64::from(n)).into();
    }
    calls[11]["summary"]["cost"] = Value::Null;
    server.record(&calls).await;
    server
}

#[tokio::test]
async fn views_have_the_numbers_of_the_other_questions() {
    let server = with_calls().await;
    let stream = "entity=acme&project=chatbot&stream=openai_logs";
    let views = json!([
        {"name": "by team", "group": ["attr:team"], "bins": 48},
        {"name": "dearest", "group": ["attr:team"], "sort": "-cost_usd", "limit": 2},
        {"name": "all"},
        {"name": "odd", "q": "params.audience:odd", "group": ["attr:team", "attr:params.audience"]},
    ]);
    let (status, answer) = ask(&server, json!({ "views": views })).await;
    assert_eq!(status, 200, "{answer}");
    let [by_team, dearest, all, odd] = answer["views"].as_array().unwrap().as_slice() else {
        panic!("{answer}");
    };
    let summary = server
        .get(&format!("/api/summary?{stream}&group=attr:team&bins=48"))
        .await;
    assert_eq!(by_team["totals"], summary["totals"]);
    assert_eq!(by_team["bins"], summary["bins"]);
    assert_eq!(by_team["range"], summary["range"]);
    for (group, of_summary) in by_team["groups"]
        .as_array()
        .unwrap()
        .iter()
        .zip(summary["groups"].as_array().unwrap())
    {
        assert_eq!(group["keys"][0], of_summary["key"]);
        assert_eq!(group["stats"], of_summary["stats"]);
        assert_eq!(group["series"]["p95_ms"], of_summary["series"]["p95_ms"]);
        assert_eq!(
            group["series"]["unpriced_calls"],
            of_summary["series"]["unpriced"]
        );
    }
    let groups = server
        .get(&format!(
            "/api/groups?{stream}&group=attr:team&sort=-cost_usd&limit=2"
        ))
        .await;
    let keys = |answer: &Value| -> Vec<Value> {
        let groups = answer["groups"].as_array().unwrap().iter();
        groups.map(|group| group["keys"].clone()).collect()
    };
    assert_eq!(keys(dearest), keys(&groups));
    assert_eq!(
        (&dearest["total"], &dearest["measured"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(dearest["series"], Value::Null);
    assert_eq!(keys(all), [json!([])]);
    assert_eq!(all["groups"][0]["stats"], all["totals"]);
    assert_eq!(all["totals"]["calls"], 12);
    assert_eq!(all["totals"]["unpriced_calls"], 1);
    assert_eq!(odd["totals"]["calls"], 6);
    assert!(keys(odd).iter().all(|keys| keys[1] == "odd"));
}

#[tokio::test]
async fn only_what_is_asked_for_is_answered_and_attributes_are_added_up() {
    let server = with_calls().await;
    let view = json!({
        "group": ["attr:team"], "sort": "key", "measures": ["calls", "error_rate"],
        "numbers": ["attr:lost", "attr:team", "latency_ms", "attr:nowhere"],
    });
    let (_, answer) = ask(&server, json!({ "views": [view] })).await;
    let group = &answer["views"][0]["groups"][0];
    assert_eq!(group["stats"], json!({"calls": 4, "error_rate": 0.0}));
    // Calls 3, 6, 9 and 12.
    assert_eq!(group["numbers"]["attr:lost"]["sum"], 7.5);
    assert_eq!(group["numbers"]["attr:lost"]["mean"], 1.875);
    assert_eq!(group["numbers"]["latency_ms"]["mean"], 750.0);
    let unknown = json!({"n": 0, "sum": null, "mean": null, "deviation": null});
    assert_eq!(group["numbers"]["attr:team"], unknown);
    assert_eq!(group["numbers"]["attr:nowhere"], unknown);
    let nothing = json!({"q": "team:none", "views": [{"bins": 9}, {"q": "nowhere:1"}]});
    let (_, answer) = ask(&server, nothing).await;
    assert_eq!(answer["views"][0]["totals"]["calls"], 0);
    assert_eq!(answer["views"][0]["totals"]["cost_usd"], Value::Null);
    assert_eq!(answer["views"][0]["totals"]["error_rate"], Value::Null);
    assert_eq!(answer["views"][1]["unknown_fields"], json!(["nowhere"]));
}

#[tokio::test]
async fn what_is_wrong_with_a_query_is_stated() {
    let server = with_calls().await;
    let view = |view: Value| json!({ "views": [view] });
    for (query, reason) in [
        (json!({"views": []}), "views must be 1 to 16"),
        (
            json!({"views": vec![json!({}); 17]}),
            "views must be 1 to 16",
        ),
        (
            view(json!({"bins": 0})),
            "bins must be a number from 1 to 400",
        ),
        (
            view(json!({"limit": 501})),
            "limit must be a number from 1 to 500",
        ),
        (
            view(json!({"bins": 400, "limit": 500, "group": ["model"]})),
            "bins times limit of all views must be at most 20000 together",
        ),
        (
            view(json!({"measures": ["calls", "calls"]})),
            "a measure is asked for twice",
        ),
        (
            view(json!({"q": "umbrella"})),
            "the search of a view has fields only; words belong in the q of the query",
        ),
        (
            view(json!({"group": ["model", "model"]})),
            "both groups are the same",
        ),
        (
            view(json!({"numbers": ["p50_ms"]})),
            "numbers must be latency_ms, ttfc_ms, cost_usd, output_tokens, total_tokens or attr:PATH",
        ),
        (
            json!({"views": [{}], "from": 10, "to": 5}),
            "from must be before to",
        ),
    ] {
        let (status, answer) = ask(&server, query.clone()).await;
        assert_eq!(
            (status, answer["reason"].as_str()),
            (400, Some(reason)),
            "{query}"
        );
    }
    for query in [
        view(json!({"measures": ["calls", "nothing"]})),
        view(json!({"sort": "nothing"})),
        view(json!({"grop": ["model"]})),
        json!({"views": [{}], "form": 1}),
    ] {
        let (status, answer) = ask(&server, query.clone()).await;
        assert_eq!(status, 400, "{query} {answer}");
    }
    let by_position = json!(["acme", "chatbot", "openai_logs", null, null, "", [{}]]);
    let answer = server.post("/api/query", &by_position).await;
    assert_eq!(answer.status(), 400);
}

#[tokio::test]
async fn every_group_is_on_one_page_and_its_order_is_that_of_its_numbers() {
    let server = Running::new().await;
    let mut calls: Vec<Value> = (1..=40).map(call).collect();
    // Equal groups, whose names are in the other order than they come.
    for (n, call) in (0..).zip(&mut calls) {
        call["attributes"]["team"] = format!("team-{:02}", 24 - n % 24).into();
    }
    server.record(&calls).await;
    let mut names = Vec::new();
    for offset in [0, 12, 24] {
        let view = json!({"group": ["attr:team"], "limit": 12, "offset": offset, "bins": 3, "measures": ["calls"]});
        let (_, answer) = ask(&server, json!({ "views": [view] })).await;
        let view = &answer["views"][0];
        assert_eq!(
            (&view["total"], &view["totals"]["calls"]),
            (&json!(24), &json!(40))
        );
        for group in view["groups"].as_array().unwrap() {
            let calls = group["series"]["calls"].as_array().unwrap().iter();
            let sum: u64 = calls.map(|calls| calls.as_u64().unwrap()).sum();
            assert_eq!(Some(sum), group["stats"]["calls"].as_u64());
            names.push((sum, group["keys"][0].as_str().unwrap().to_owned()));
        }
    }
    let mut sorted = names.clone();
    sorted.sort_by(|(calls, name), (other_calls, other)| {
        other_calls.cmp(calls).then(name.cmp(other))
    });
    assert_eq!(names, sorted);
    names.dedup();
    assert_eq!(names.len(), 24);
}
