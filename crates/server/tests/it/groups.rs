//! Calls grouped by one or two properties.

use serde_json::{Value, json};

use crate::setup::{Running, call};

const STREAM: &str = "entity=acme&project=chatbot&stream=openai_logs";

async fn groups(server: &Running, rest: &str) -> Value {
    server.get(&format!("/api/groups?{STREAM}{rest}")).await
}

fn keys(answer: &Value) -> Vec<Vec<&str>> {
    let groups = answer["groups"].as_array().unwrap().iter();
    groups
        .map(|group| {
            group["keys"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| key.as_str().unwrap())
                .collect()
        })
        .collect()
}

#[tokio::test]
async fn an_experiment_has_a_cell_for_each_pair_with_mean_spread_and_n() {
    let server = Running::new().await;
    let mut calls: Vec<Value> = (1..=8).map(call).collect();
    for (n, call) in (0..).zip(&mut calls) {
        call["attributes"]["params"]["prompt"] = if n < 4 { "short" } else { "long" }.into();
    }
    server.record(&calls).await;
    let answer = groups(
        &server,
        "&group=attr:params.prompt&group=attr:params.audience&sort=key",
    )
    .await;
    assert_eq!(
        keys(&answer),
        [
            ["long", "even"],
            ["long", "odd"],
            ["short", "even"],
            ["short", "odd"]
        ]
    );
    assert_eq!(answer["total"], 4);
    // Calls 5 and 7: 500 and 700 ms, 5 and 7 tokens.
    let odd = &answer["groups"][1]["spread"];
    let latency = &odd["latency_ms"];
    assert_eq!(
        (&latency["n"], &latency["mean"]),
        (&json!(2), &json!(600.0))
    );
    assert!((latency["deviation"].as_f64().unwrap() - 20_000_f64.sqrt()).abs() < 1e-6);
    assert_eq!(odd["output_tokens"]["mean"], 6.0);
    assert_eq!(
        odd["ttfc_ms"],
        json!({"n": 0, "sum": null, "mean": null, "deviation": null})
    );
}

#[tokio::test]
async fn groups_are_sorted_by_any_measure_and_all_are_reached() {
    let server = Running::new().await;
    let mut calls: Vec<Value> = (1..=30).map(call).collect();
    for (n, call) in (1..).zip(&mut calls) {
        call["attributes"]["team"] = format!("team-{:02}", n % 10).into();
    }
    // The cost of a team is unknown.
    for call in [9, 19, 29] {
        calls[call]["summary"]["cost"] = Value::Null;
    }
    server.record(&calls).await;
    let answer = groups(&server, "&group=attr:team&sort=-cost_usd&limit=3").await;
    assert_eq!(keys(&answer), [["team-09"], ["team-08"], ["team-07"]]);
    assert_eq!(
        (&answer["total"], &answer["measured"]),
        (&json!(10), &json!(10))
    );
    assert_eq!(answer["totals"]["calls"], 30);
    let last = groups(&server, "&group=attr:team&sort=-cost_usd&limit=3&offset=8").await;
    assert_eq!(
        keys(&last),
        [["team-01"], ["team-00"]],
        "an unknown cost comes last"
    );
    let first = groups(&server, "&group=attr:team&sort=cost_usd&limit=1").await;
    assert_eq!(keys(&first), [["team-01"]]);
    let by_latency = groups(&server, "&group=attr:team&sort=-p95_ms&limit=1").await;
    assert_eq!(keys(&by_latency), [["team-00"]]);
    let refused = format!("{}/api/groups?{STREAM}&sort=beauty", server.url);
    let refused = server.client.get(refused).send().await.unwrap();
    assert_eq!(refused.status(), 400);
}

#[tokio::test]
async fn streams_come_with_their_measures_if_asked() {
    let server = Running::new().await;
    let mut calls: Vec<Value> = (1..=6).map(call).collect();
    calls[5]["attributes"]["stream"] = "other".into();
    server.record(&calls).await;
    let plain = server.get("/api/streams").await;
    assert_eq!(plain["streams"][0]["stats"], Value::Null);
    let streams = server.get("/api/streams?bins=10").await;
    let [other, logs] = streams["streams"].as_array().unwrap().as_slice() else {
        panic!("{streams}")
    };
    assert_eq!(
        (&other["stream"], &logs["stream"]),
        (&json!("other"), &json!("openai_logs"))
    );
    assert_eq!(
        (&other["stats"]["calls"], &logs["stats"]["calls"]),
        (&json!(1), &json!(5))
    );
    let bins: u64 = logs["bins"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!(bins, 5);
    assert!((logs["stats"]["cost_usd"].as_f64().unwrap() - 0.015).abs() < 1e-9);
}
