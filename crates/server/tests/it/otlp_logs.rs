//! OTLP logs: events of the GenAI conventions join their span.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use serde_json::{Value, json};

use crate::otlp::{request, text};
use crate::setup::Running;

const PROTOBUF: &str = "application/x-protobuf";
const STREAM: &str = "entity=local&project=otlp&stream=shop";

fn body(pairs: &[(&str, Any)]) -> AnyValue {
    let values = pairs
        .iter()
        .map(|(key, value)| crate::otlp::attribute(key, value.clone()));
    AnyValue {
        value: Some(Any::KvlistValue(KeyValueList {
            values: values.collect(),
        })),
    }
}

fn string(text: &str) -> Any {
    Any::StringValue(text.to_owned())
}

fn record(name: &str, body: AnyValue) -> LogRecord {
    LogRecord {
        time_unix_nano: 1_763_848_000_500_000_000,
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        event_name: name.to_owned(),
        body: Some(body),
        ..LogRecord::default()
    }
}

fn logs(log_records: Vec<LogRecord>) -> Vec<u8> {
    let resource = Resource {
        attributes: vec![text("service.name", "shop")],
        ..Resource::default()
    };
    let scope_logs = vec![ScopeLogs {
        log_records,
        ..ScopeLogs::default()
    }];
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(resource),
            scope_logs,
            ..ResourceLogs::default()
        }],
    }
    .encode_to_vec()
}

/// A span as an instrumentation sends it whose content is in its events.
fn bare_span() -> Vec<u8> {
    let mut message = request(vec![2; 8]);
    let span = &mut message.resource_spans[0].scope_spans[0].spans[0];
    span.attributes
        .retain(|it| it.key != "gen_ai.input.messages");
    message.encode_to_vec()
}

async fn post(server: &Running, path: &str, kind: &str, body: impl Into<Vec<u8>>) -> Vec<u8> {
    let request = reqwest::Client::new().post(format!("{}{path}", server.url));
    let answer = request.header("content-type", kind).body(body.into());
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.bytes().await.unwrap().to_vec()
}

async fn call(server: &Running) -> Value {
    let listed = server.get(&format!("/api/calls?{STREAM}")).await;
    let calls = listed["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 1, "{listed}");
    let id = calls[0]["id"].as_str().unwrap();
    let detail = server
        .get(&format!("/api/call?entity=local&project=otlp&id={id}"))
        .await;
    detail["call"].clone()
}

#[tokio::test]
async fn events_join_their_span_whichever_comes_first() {
    let conversation = || {
        logs(vec![
            record(
                "gen_ai.system.message",
                body(&[("content", string("Be brief."))]),
            ),
            record(
                "gen_ai.user.message",
                body(&[("content", string("When does the tide turn?"))]),
            ),
            record(
                "gen_ai.choice",
                body(&[
                    ("finish_reason", string("stop")),
                    (
                        "message",
                        body(&[("content", string("At nine."))]).value.unwrap(),
                    ),
                ]),
            ),
            // The log of the service, which is accepted and left.
            record(
                "",
                AnyValue {
                    value: Some(string("tide asked for")),
                },
            ),
        ])
    };
    for logs_first in [true, false] {
        let server = Running::new().await;
        let mut requests = [("/v1/logs", conversation()), ("/v1/traces", bare_span())];
        if !logs_first {
            requests.reverse();
        }
        for (path, body) in requests {
            assert_eq!(post(&server, path, PROTOBUF, body).await, [0_u8; 0]);
        }
        let call = call(&server).await;
        let messages = &call["inputs"]["messages"];
        assert_eq!(
            messages,
            &json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "When does the tide turn?"}]),
            "{call}"
        );
        let answer = &call["output"]["choices"][0];
        assert_eq!(answer["message"]["content"], "At nine.", "{call}");
        let usage = &call["summary"]["usage"]["gpt-4o-mini"];
        assert_eq!(usage["prompt_tokens"], 1_000, "{call}");
        assert_eq!(call["display_name"], "chat gpt-4o-mini");
        assert!(call["ended_at"].is_string(), "{call}");
    }
}

#[tokio::test]
async fn the_details_of_an_operation_are_read_in_json() {
    let server = Running::new().await;
    post(&server, "/v1/traces", PROTOBUF, bare_span()).await;
    let text = |text: &str| json!({"stringValue": text});
    let part = json!({"kvlistValue": {"values": [{"key": "type", "value": text("text")}, {"key": "content", "value": text("When?")}]}});
    let message = json!({"kvlistValue": {"values": [
        {"key": "role", "value": text("user")},
        {"key": "parts", "value": {"arrayValue": {"values": [part]}}}]}});
    let logs = json!({"resourceLogs": [{
        "resource": {"attributes": [{"key": "service.name", "value": text("shop")}]},
        "scopeLogs": [{"logRecords": [{
            "timeUnixNano": "1763848000500000000",
            "traceId": "01".repeat(16), "spanId": "02".repeat(8),
            "eventName": "gen_ai.client.inference.operation.details",
            "attributes": [
                {"key": "gen_ai.input.messages", "value": {"arrayValue": {"values": [message]}}},
                {"key": "gen_ai.output.messages", "value": text(r#"[{"role":"assistant","parts":[{"type":"text","content":"At nine."}]}]"#)},
            ],
        }, {"attributes": [1]}, {"body": text("a line of a log")}]}],
    }]});
    let answer = post(&server, "/v1/logs", "application/json", logs.to_string()).await;
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(
        answer["partialSuccess"]["rejectedLogRecords"], "1",
        "{answer}"
    );
    let info = server.get("/api/info").await;
    assert_eq!(info["other_logs"], 1, "{info}");
    let call = call(&server).await;
    assert_eq!(call["inputs"]["messages"][0]["content"], "When?", "{call}");
    let content = &call["output"]["choices"][0]["message"]["content"];
    assert_eq!(content, "At nine.", "{call}");
}
