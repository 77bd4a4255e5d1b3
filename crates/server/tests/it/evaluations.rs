//! Evaluations as OTLP events: feedback on the call, whichever comes first.

use serde_json::{Value, json};

use crate::setup::Running;

const STREAM: &str = "entity=local&project=otlp&stream=shop";

fn attribute(name: &str, value: impl Into<Value>) -> Value {
    json!({"key": name, "value": value.into()})
}

fn text(text: &str) -> Value {
    json!({"stringValue": text})
}

fn event(name: &str, attributes: &[Value]) -> Value {
    json!({"timeUnixNano": "1763848000500000000", "traceId": "01".repeat(16), "spanId": "02".repeat(8),
        "eventName": name, "attributes": attributes})
}

fn logs(records: &[Value]) -> String {
    let resource = json!({"attributes": [attribute("service.name", text("shop"))]});
    json!({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]})
        .to_string()
}

fn span() -> String {
    let resource = json!({"attributes": [attribute("service.name", text("shop"))]});
    let span = json!({"traceId": "01".repeat(16), "spanId": "02".repeat(8), "name": "chat m",
        "startTimeUnixNano": "1763848000000000000", "endTimeUnixNano": "1763848000400000000",
        "attributes": [attribute("gen_ai.operation.name", text("chat"))]});
    json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]})
        .to_string()
}

async fn post(server: &Running, path: &str, body: String) {
    let answer = server.client.post(format!("{}{path}", server.url));
    let answer = answer.header("content-type", "application/json").body(body);
    answer.send().await.unwrap().error_for_status().unwrap();
}

#[tokio::test]
async fn an_evaluation_is_feedback_on_its_call_whichever_comes_first() {
    let relevance = event(
        "gen_ai.evaluation.result",
        &[
            attribute("gen_ai.evaluation.name", text("relevance/v2")),
            attribute(
                "gen_ai.evaluation.score.value",
                json!({"doubleValue": 0.75}),
            ),
            attribute("gen_ai.evaluation.score.label", text("pass")),
            attribute("gen_ai.evaluation.explanation", text("it answers")),
        ],
    );
    let failed = event(
        "gen_ai.evaluation.result",
        &[
            attribute("gen_ai.evaluation.name", text("judge")),
            attribute("error.type", text("timeout")),
        ],
    );
    let nameless = event("gen_ai.evaluation.result", &[]);
    for span_first in [true, false] {
        let server = Running::new().await;
        if span_first {
            post(&server, "/v1/traces", span()).await;
        }
        let records = [relevance.clone(), failed.clone(), nameless.clone()];
        // A sender may send a request twice.
        post(&server, "/v1/logs", logs(&records)).await;
        post(&server, "/v1/logs", logs(&records)).await;
        if !span_first {
            post(&server, "/v1/traces", span()).await;
        }
        let calls = server.get(&format!("/api/calls?{STREAM}")).await;
        assert_eq!(calls["calls"].as_array().unwrap().len(), 1, "{calls}");
        let id = "02".repeat(8);
        let call = server
            .get(&format!("/api/call?entity=local&project=otlp&id={id}"))
            .await;
        let mut feedback = call["feedback"].as_array().unwrap().clone();
        feedback.sort_by_key(|one| one["feedback_type"].to_string());
        assert_eq!(feedback.len(), 2, "{call:#}");
        assert_eq!(feedback[0]["feedback_type"], "wandb.runnable.judge");
        assert_eq!(
            feedback[0]["payload"]["output"],
            json!({"error": "timeout"})
        );
        assert_eq!(feedback[1]["feedback_type"], "wandb.runnable.relevance-v2");
        let output = json!({"score": 0.75, "label": "pass", "explanation": "it answers"});
        assert_eq!(feedback[1]["payload"]["output"], output);
        // W&B's clients read and find it as the result of a scorer.
        let query = json!({"project_id": "local/otlp", "include_feedback": true});
        let found = server.post("/calls/stream_query", &query).await;
        let found = found.text().await.unwrap();
        assert!(found.contains("wandb.runnable.relevance-v2"), "{found}");
        let info = server.get("/api/info").await;
        assert_eq!(info["other_logs"], 2, "the nameless one, twice: {info}");
    }
}

#[tokio::test]
async fn an_evaluation_follows_the_project_of_its_resource() {
    let server = Running::new().await;
    let resource = json!({"attributes": [
        attribute("spanloom.entity", text("acme")), attribute("spanloom.project", text("shop"))]});
    let name = attribute("gen_ai.evaluation.name", text("tone"));
    let record = event("gen_ai.evaluation.result", &[name]);
    let logs =
        json!({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [record]}]}]});
    post(&server, "/v1/logs", logs.to_string()).await;
    let found = server
        .post("/feedback/query", &json!({"project_id": "acme/shop"}))
        .await;
    let found: Value = found.json().await.unwrap();
    let kept = &found["result"][0];
    let call = format!("weave:///acme/shop/call/{}", "02".repeat(8));
    assert_eq!(kept["weave_ref"], call, "{found}");
}
