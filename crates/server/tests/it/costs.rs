//! Prices that a project sets, and the costs of calls.

use serde_json::{Value, json};

use crate::setup::{Running, call};

const PROJECT: &str = "acme/chatbot";

#[tokio::test]
async fn a_projects_prices_are_used_until_they_are_removed() {
    let server = Running::new().await;
    // W&B's clients record usage and no cost.
    let mut own = call(1);
    own["attributes"] = json!({"stream": "openai_logs"});
    own["summary"] = json!({"usage": {"gpt-4o-mini": {"requests": 1, "prompt_tokens": 1_000_000, "completion_tokens": 0}}});
    server.record(&[own, call(2)]).await;
    let costs = async || {
        let calls = server.query(json!({"include_costs": true})).await;
        calls[0]["summary"]["weave"]["costs"]["gpt-4o-mini"].clone()
    };
    let built_in = costs().await;
    assert_eq!(built_in["prompt_tokens_total_cost"], 0.15);
    let needed = [
        "prompt_tokens_total_cost",
        "completion_tokens_total_cost",
        "prompt_token_cost",
        "completion_token_cost",
        "prompt_token_cost_unit",
        "completion_token_cost_unit",
        "effective_date",
        "provider_id",
        "pricing_level",
        "pricing_level_id",
        "created_at",
        "created_by",
    ];
    assert!(
        needed.iter().all(|name| built_in.get(*name).is_some()),
        "{built_in}"
    );
    let price = |dollars: f64, date: &str| {
        json!({"costs": {"gpt-4o-mini": {"prompt_token_cost": dollars, "completion_token_cost": 0.0,
        "cache_read_input_token_cost": 0.0, "prompt_token_cost_unit": null, "effective_date": date, "provider_id": null}}, "wb_user_id": null})
    };
    let made = server
        .ask("/cost/create", price(2.0, "2026-01-01T00:00:00Z"))
        .await;
    assert_eq!(made["ids"][0][1], "gpt-4o-mini");
    server
        .ask("/cost/create", price(3.0, "2099-01-01T00:00:00Z"))
        .await;
    assert_eq!(
        (
            &costs().await["prompt_tokens_total_cost"],
            &costs().await["pricing_level"]
        ),
        (&json!(2_000_000.0), &json!("project"))
    );
    let query = |expression: Value| json!({"fields": null, "query": {"$expr": expression}, "sort_by": null, "limit": 100, "offset": 0});
    let always = json!({"$eq": [{"$literal": "1"}, {"$literal": "1"}]});
    assert_eq!(
        server.ask("/cost/query", query(always)).await["results"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let of_model = json!({"$in": [{"$getField": "llm_id"}, [{"$literal": "other"}]]});
    assert_eq!(
        server.ask("/cost/query", query(of_model)).await,
        json!({"results": []})
    );
    // Calls are selected and sorted by their costs as well.
    let field = "summary.weave.costs.gpt-4o-mini.prompt_tokens_total_cost";
    let dear = json!({"$expr": {"$gt": [{"$getField": field}, {"$literal": 1_000}]}});
    assert_eq!(server.query(json!({"query": dear})).await.len(), 1);
    let sort = json!([{"field": field, "direction": "desc"}]);
    assert_eq!(
        server.query(json!({"sort_by": sort})).await[0]["id"],
        call(1)["id"]
    );
    let id = &made["ids"][0][0];
    server
        .ask(
            "/cost/purge",
            json!({"query": {"$expr": {"$in": [{"$getField": "id"}, [{"$literal": id}]]}}}),
        )
        .await;
    // Python's times may have no zone.
    server
        .ask("/cost/create", price(2.0, "2098-01-01T00:00:00"))
        .await;
    // The price of the future is not that of the call, and the built-in one is.
    assert_eq!(costs().await["prompt_tokens_total_cost"], 0.15);
    let all = json!({"project_id": PROJECT, "query": {"$expr": {"$eq": [{"$literal": 1}, {"$literal": 1}]}}});
    assert_eq!(server.post("/cost/purge", &all).await.status(), 400);
    let stream = "entity=acme&project=chatbot&stream=openai_logs";
    let totals = &server.get(&format!("/api/summary?{stream}")).await["totals"];
    assert_eq!(
        totals["cost_usd"], 0.152,
        "the board has the cost too: {totals}"
    );
}
