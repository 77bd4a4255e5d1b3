//! Searches: `q` of every question about a selection.

use serde_json::{Value, json};

use crate::setup::{Running, call};

const STREAM: &str = "entity=acme&project=chatbot&stream=openai_logs";

fn query(q: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(q.as_bytes()).collect();
    format!("{STREAM}&q={encoded}")
}

async fn found(server: &Running, q: &str) -> Vec<u64> {
    let table = server
        .get(&format!("/api/calls?{}&sort=started_at", query(q)))
        .await;
    let summary = server.get(&format!("/api/summary?{}", query(q))).await;
    assert_eq!(table["total"], summary["totals"]["calls"], "{q}");
    crate::setup::numbers(table["calls"].as_array().unwrap())
}

/// Returns ten calls: with users, an error, an unknown cost and other models.
fn calls() -> Vec<Value> {
    let mut calls: Vec<Value> = (1..=10).map(call).collect();
    calls[2]["wb_user_id"] = "u-7".into();
    calls[3]["wb_user_id"] = "u-8".into();
    calls[4]["summary"]["cost"] = Value::Null;
    calls[5]["exception"] = "RateLimit: too many requests".into();
    calls[6]["attributes"]["spanloom"]["response_model"] = "claude-opus-5".into();
    calls[6]["inputs"]["messages"][0]["content"] = "Brauche ich einen Schirm in Zürich?".into();
    calls
}

#[tokio::test]
async fn calls_are_found_by_fields_numbers_and_words() {
    let server = Running::new().await;
    server.record(&calls()).await;
    for (q, expected) in [
        ("model:claude-opus-5", &[7][..]),
        ("model:claude*", &[7]),
        ("-model:gpt*", &[7]),
        ("user:(u-7 OR u-8)", &[3, 4]),
        ("has:user -user:u-7", &[4]),
        ("status:error", &[6]),
        ("params.audience:even latency:>=600ms", &[6, 8, 10]),
        ("params.audience:even -latency:>=600ms", &[2, 4]),
        ("latency:0.2..0.3", &[2, 3]),
        ("-has:cost", &[5]),
        ("cost:>0.0085", &[9, 10]),
        ("-cost:<=0.0085", &[5, 9, 10]),
        ("tokens:<23", &[1, 2]),
        ("zürich", &[7]),
        ("SCHIRM user:u-7", &[]),
        ("\"question 1\"", &[1, 10]),
        ("\"question 1\" -\"answer 10\"", &[1]),
        ("\"too many\"", &[6]),
        ("messages", &[]),
        ("name:openai.chat*", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ("tean:search", &[]),
    ] {
        assert_eq!(found(&server, q).await, expected, "{q}");
    }
}

#[tokio::test]
async fn an_answer_states_how_far_the_search_came() {
    let server = Running::new().await;
    server.record(&calls()).await;
    let of =
        async |q: &str| server.get(&format!("/api/calls?{}", query(q))).await["search"].clone();
    let words = of("schirm tean:x").await;
    assert_eq!(words["unknown_fields"], json!(["tean"]));
    let words = of("schirm").await;
    assert_eq!(
        (&words["content"]["read"], &words["content"]["is_complete"]),
        (&json!(10), &json!(true))
    );
    assert!(words["content"]["reached"].is_f64());
    assert_eq!(of("model:x").await["content"], Value::Null);
}

#[tokio::test]
async fn what_is_wrong_is_a_sentence_and_nothing_is_deleted_by_content() {
    let server = Running::new().await;
    server.record(&calls()).await;
    for (q, reason) in [
        (
            "latency:>fast",
            "latency:>fast is no number; write latency:>2, <500ms or 1..3",
        ),
        ("\"open", "the quotation mark before open is not closed"),
    ] {
        let address = format!("{}/api/summary?{}", server.url, query(q));
        let answer = server.client.get(address).send().await.unwrap();
        assert_eq!(answer.status(), 400);
        assert_eq!(answer.json::<Value>().await.unwrap()["reason"], reason);
    }
    let delete = async |q: &str| {
        let address = format!("{}/api/calls?{}", server.url, query(q));
        server.client.delete(address).send().await.unwrap()
    };
    assert_eq!(delete("schirm").await.status(), 400);
    assert_eq!(server.count().await, 10);
    // What excludes a field that no call has would delete every call.
    for q in ["-modle:gpt*", "-params.audience:>2", "-has:tean"] {
        assert_eq!(delete(q).await.status(), 400, "{q}");
    }
    assert_eq!(server.count().await, 10);
    let deleted: Value = delete("model:claude*").await.json().await.unwrap();
    assert_eq!(
        (deleted["deleted"].as_u64(), server.count().await),
        (Some(1), 9)
    );
}

#[tokio::test]
async fn counts_of_values_obey_the_other_filters() {
    let server = Running::new().await;
    server.record(&calls()).await;
    let values = async |rest: &str, of: &str| {
        let answer = server
            .get(&format!("/api/values?{}&of={of}", query(rest)))
            .await;
        answer["values"].clone()
    };
    let both = json!([{"value": "u-7", "calls": 1}, {"value": "u-8", "calls": 1}]);
    assert_eq!(
        values("user:u-7", "user").await,
        both,
        "a filter on the property itself does not count"
    );
    let odd = json!([{"value": "u-7", "calls": 1}]);
    assert_eq!(values("params.audience:odd", "user").await, odd);
}
