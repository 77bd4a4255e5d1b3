use serde_json::{Value, json};

use crate::setup::{Running, call};

const STREAM: &str = "entity=acme&project=chatbot&stream=openai_logs";

async fn summary(server: &Running, rest: &str) -> Value {
    server.get(&format!("/api/summary?{STREAM}{rest}")).await
}

#[tokio::test]
async fn the_numbers_are_those_of_the_calls() {
    let server = Running::new().await;
    server.record(&(1..=10).map(call).collect::<Vec<_>>()).await;
    let summary = summary(&server, "").await;
    let totals = &summary["totals"];
    assert_eq!(
        (
            totals["calls"].as_u64(),
            totals["priced_calls"].as_u64(),
            totals["errors"].as_u64()
        ),
        (Some(10), Some(10), Some(0))
    );
    assert_eq!(
        (
            totals["input_tokens"].as_u64(),
            totals["output_tokens"].as_u64()
        ),
        (Some(550), Some(55))
    );
    assert!((totals["cost_usd"].as_f64().unwrap() - 0.055).abs() < 1e-9);
    assert!((totals["mean_total_tokens"].as_f64().unwrap() - 60.5).abs() < 1e-9);
    assert_eq!(
        (totals["p50_ms"].as_f64(), totals["p95_ms"].as_f64()),
        (Some(500.0), Some(1_000.0))
    );
    assert_eq!(totals["ttfc_p50_ms"], Value::Null, "no call was streamed");
    let calls: u64 = summary["all"]["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|calls| calls.as_u64().unwrap())
        .sum();
    assert_eq!(calls, 10);
    assert_eq!(
        summary["bins"].as_array().unwrap().len(),
        summary["all"]["p50_ms"].as_array().unwrap().len()
    );
    assert_eq!(
        summary["models"],
        json!([{"key": "gpt-4o-mini-2024-07-18", "calls": 10}])
    );
    assert_eq!(
        summary["attributes"],
        json!([{"path": "params.audience", "values": 2}])
    );
}

#[tokio::test]
async fn unknown_is_null_and_a_gap_and_never_zero() {
    let server = Running::new().await;
    let mut unknown = call(1);
    unknown["summary"] = json!({});
    server.record(&[unknown]).await;
    let summary = summary(&server, "").await;
    for field in [
        "cost_usd",
        "input_tokens",
        "mean_cost_usd",
        "mean_total_tokens",
    ] {
        assert_eq!(summary["totals"][field], Value::Null, "{field}");
    }
    assert_eq!(summary["all"]["cost_usd"][0], Value::Null);
    assert_eq!(summary["all"]["unpriced"][0], 1);
    let calls = server.get(&format!("/api/calls?{STREAM}")).await;
    assert_eq!(calls["calls"][0]["cost_usd"], Value::Null);
    assert_eq!(calls["calls"][0]["total_tokens"], Value::Null);
}

#[tokio::test]
async fn groups_and_filters_by_any_attribute() {
    let server = Running::new().await;
    server.record(&(1..=9).map(call).collect::<Vec<_>>()).await;
    let grouped = summary(&server, "&group=attr:params.audience").await;
    let keys: Vec<_> = grouped["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| (&group["key"], &group["stats"]["calls"]))
        .collect();
    assert_eq!(json!(keys), json!([["odd", 5], ["even", 4]]));
    let even = summary(&server, "&attr=params.audience%3Deven").await;
    assert_eq!(
        (
            even["totals"]["calls"].as_u64(),
            even["models"][0]["calls"].as_u64()
        ),
        (Some(4), Some(4))
    );
    assert_eq!(
        summary(&server, "&model=no-such-model").await["totals"]["calls"],
        0
    );
    assert_eq!(
        summary(&server, "&outcome=").await["totals"]["calls"],
        0,
        "every call says how it ended"
    );
    assert_eq!(
        summary(&server, "&status=error").await["totals"]["calls"],
        0
    );
    let from = 1_795_341_605_000_u64; // five seconds after ten
    assert_eq!(
        summary(&server, &format!("&from={from}")).await["totals"]["calls"],
        5
    );
    let elsewhere = server
        .get("/api/summary?entity=acme&project=chatbot&stream=other")
        .await;
    assert_eq!(elsewhere["totals"]["calls"], 0);
}

#[tokio::test]
async fn the_table_sorts_pages_and_previews() {
    let server = Running::new().await;
    let mut unpriced = call(3);
    unpriced["summary"].as_object_mut().unwrap().remove("cost");
    server.record(&[call(1), call(2), unpriced, call(4)]).await;
    let ids = async |rest: &str| -> Vec<String> {
        let table = server.get(&format!("/api/calls?{STREAM}{rest}")).await;
        assert_eq!(table["total"], 4);
        table["calls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["completion"].as_str().unwrap().replace("answer ", ""))
            .collect()
    };
    assert_eq!(ids("").await, ["4", "3", "2", "1"]);
    assert_eq!(
        ids("&sort=-cost_usd").await,
        ["4", "2", "1", "3"],
        "what is not known comes last"
    );
    assert_eq!(ids("&sort=cost_usd").await, ["1", "2", "4", "3"]);
    assert_eq!(ids("&sort=latency_ms&limit=2&offset=1").await, ["2", "3"]);
    for wrong in ["&sort=what", "&limit=0", "&limit=x", "&from=x"] {
        let response = server
            .client
            .get(format!("{}/api/calls?{STREAM}{wrong}", server.url))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 400, "{wrong}");
    }
}

#[tokio::test]
async fn one_call_comes_with_all_that_was_recorded() {
    let server = Running::new().await;
    let before = server.get(&format!("/api/version?{STREAM}")).await;
    server.record(&[call(7)]).await;
    assert_ne!(server.get(&format!("/api/version?{STREAM}")).await, before);
    let id = call(7)["id"].as_str().unwrap().to_owned();
    let one = server
        .get(&format!("/api/call?entity=acme&project=chatbot&id={id}"))
        .await;
    assert_eq!(one["stream"], "openai_logs");
    assert_eq!(one["call"]["inputs"], call(7)["inputs"]);
    assert_eq!(
        (
            one["row"]["prompt"].as_str(),
            one["row"]["completion"].as_str()
        ),
        (Some("question 7"), Some("answer 7"))
    );
    let missing = server
        .client
        .get(format!(
            "{}/api/call?entity=acme&project=chatbot&id=none",
            server.url
        ))
        .send()
        .await
        .unwrap();
    assert_eq!(missing.status(), 404);
    assert_eq!(server.get("/api/info").await["base_url"], server.url);
    assert_eq!(
        server.get("/api/streams").await["streams"][0]["stream"],
        "openai_logs"
    );
}

#[tokio::test]
async fn the_largest_groups_are_shown_and_all_are_counted() {
    let server = Running::new().await;
    let calls: Vec<_> = (1..=40)
        .map(|n| {
            let mut call = call(n);
            // Value 20 is the most frequent; each value from 1 on occurs once.
            call["attributes"]["user"] = format!("user-{:02}", n.min(20)).into();
            call
        })
        .collect();
    server.record(&calls).await;
    let summary = summary(&server, "&group=attr:user").await;
    let groups = summary["groups"].as_array().unwrap();
    assert_eq!(
        (summary["groups_total"].as_u64(), groups.len()),
        (Some(20), 12)
    );
    let shown = |index: usize| (&groups[index]["key"], &groups[index]["stats"]["calls"]);
    assert_eq!(shown(0), (&json!("user-20"), &json!(21)));
    assert_eq!(shown(1), (&json!("user-01"), &json!(1)), "equals by name");
    assert_eq!(summary["totals"]["calls"], 40);
}

#[tokio::test]
async fn the_values_of_a_property_are_found_by_their_start() {
    let server = Running::new().await;
    let mut calls: Vec<Value> = (1..=9).map(call).collect();
    for (n, user) in [
        "Ada", "ada l.", "Bob", "Ada", "Eve", "Bob", "Ada", "eve", "ü",
    ]
    .into_iter()
    .enumerate()
    {
        calls[n]["wb_user_id"] = json!(user);
    }
    server.record(&calls).await;
    let stream = "entity=acme&project=chatbot&stream=openai_logs";
    let values = async |rest: &str| {
        let answer = server.get(&format!("/api/values?{stream}&{rest}")).await;
        let values = answer["values"].as_array().unwrap().iter();
        let values: Vec<(String, u64)> = values
            .map(|one| {
                (
                    one["value"].as_str().unwrap().to_owned(),
                    one["calls"].as_u64().unwrap(),
                )
            })
            .collect();
        (answer["total"].as_u64().unwrap(), values)
    };
    let of = |pairs: &[(&str, u64)]| {
        pairs
            .iter()
            .map(|(value, calls)| ((*value).to_owned(), *calls))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        values("of=user&prefix=ad").await,
        (2, of(&[("Ada", 3), ("ada l.", 1)]))
    );
    assert_eq!(
        values("of=user&limit=2").await,
        (6, of(&[("Ada", 3), ("Bob", 2)]))
    );
    let odd = values("of=attr:params.audience&prefix=o&user=Ada").await;
    assert_eq!(odd, (1, of(&[("odd", 2)])));
    assert_eq!(values("of=attr:none").await, (0, Vec::new()));
    let url = format!("{}/api/values?{stream}&of=what", server.url);
    assert_eq!(server.client.get(url).send().await.unwrap().status(), 400);
}
