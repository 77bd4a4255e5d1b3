//! OTLP in JSON, in the formats of Node's and other exporters.

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use prost::Message as _;
use serde_json::{Value, json};

use crate::otlp::*;
use crate::setup::Running;

/// Returns the span of `request`, in the format of Node's exporter.
fn node_span(span_id: &str) -> Value {
    json!({
        "traceId": "01".repeat(16),
        "spanId": span_id,
        "name": "chat gpt-4o-mini",
        "kind": 3,
        "startTimeUnixNano": "1763848000000000000",
        "endTimeUnixNano": "1763848001000000000",
        "attributes": [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.provider.name", "value": {"stringValue": "openai"}},
            {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o-mini"}},
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": 1000}},
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": 100}},
            {
                "key": "gen_ai.input.messages",
                "value": {"stringValue": r#"[{"role":"user","parts":[{"type":"text","content":"hi"}]}]"#},
            },
            {"key": "deployment", "value": {"stringValue": "blue"}},
        ],
        "droppedAttributesCount": 0,
        "events": [],
        "droppedEventsCount": 0,
        "status": {"code": 0},
        "links": [],
        "droppedLinksCount": 0,
        "flags": 257,
    })
}

pub(crate) fn node(spans: &[Value]) -> Value {
    json!({"resourceSpans": [{
        "resource": {
            "attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}],
            "droppedAttributesCount": 0,
        },
        "scopeSpans": [{"scope": {"name": "shop", "version": "1.0.0"}, "spans": spans}],
    }]})
}

#[tokio::test]
async fn what_nodes_exporter_sends_is_stored_like_its_twin_in_protobuf() {
    let mut twin = request(vec![2; 8]);
    twin.resource_spans[0].scope_spans[0].scope = Some(InstrumentationScope {
        name: "shop".to_owned(),
        ..InstrumentationScope::default()
    });
    let twin = stored(twin.encode_to_vec(), PROTOBUF).await;
    assert_eq!((twin.0, twin.1.len()), (None, 1));
    let node = node(&[node_span("0202020202020202")]).to_string();
    assert_eq!(stored(node.clone(), JSON).await, twin);
    let mut snake = node.replace("UnixNano", "_unix_nano");
    for (camel, other) in [
        ("resourceSpans", "resource_spans"),
        ("scopeSpans", "scope_spans"),
        ("traceId", "trace_id"),
        ("spanId", "span_id"),
        ("startTime_", "start_time_"),
        ("endTime_", "end_time_"),
        ("stringValue", "string_value"),
        ("intValue", "int_value"),
    ] {
        assert!(snake.contains(camel), "{camel}");
        snake = snake.replace(camel, other);
    }
    assert_eq!(stored(snake, JSON).await, twin);
}

#[tokio::test]
async fn numbers_ids_and_absent_fields_are_taken_as_every_sender_writes_them() {
    let span = node_span("0202020202020202");
    let usual = stored(node(std::slice::from_ref(&span)).to_string(), JSON).await;
    assert_eq!((usual.0, usual.1.len()), (None, 1));
    for (place, value) in [
        ("/traceId", json!("AQEBAQEBAQEBAQEBAQEBAQ==")),
        ("/spanId", json!("AgICAgICAgI=")),
        ("/startTimeUnixNano", json!(1_763_848_000_000_000_000_u64)),
        ("/startTimeUnixNano", json!(1.763_848e18)),
        (
            "/startTimeUnixNano",
            json!({"low": 633_896_960, "high": 410_677_865}),
        ),
        ("/attributes/3/value", json!({"intValue": "1000"})),
        ("/attributes/3/value/intValue", json!(1000.0)),
        (
            "/attributes/3/value",
            json!({"stringValue": null, "intValue": 1000}),
        ),
        ("/kind", json!("SPAN_KIND_CLIENT")),
        ("/status", json!({"code": "STATUS_CODE_UNSET"})),
        ("/status", json!(null)),
        ("/events", json!(null)),
        ("/links", json!(null)),
        ("/flags", json!({"of": ["another", "time"]})),
    ] {
        let mut other = span.clone();
        *other.pointer_mut(place).unwrap() = value;
        let request = node(&[other]).to_string();
        assert_eq!(stored(request.clone(), JSON).await, usual, "{request}");
    }
}

#[tokio::test]
async fn json_may_be_compressed_and_its_type_may_have_parameters() {
    let server = Running::new().await;
    let body = gzip(
        node(&[node_span("0202020202020202")])
            .to_string()
            .as_bytes(),
    );
    for kind in [JSON, "application/json; charset=utf-8", "Application/JSON"] {
        let response = send(&server, body.clone(), "gzip", kind).await;
        assert_eq!(
            (
                response.status().as_u16(),
                response.headers()["content-type"].to_str().unwrap()
            ),
            (200, JSON)
        );
        assert_eq!(response.text().await.unwrap(), "{}");
    }
    for body in ["", "no JSON", "[]", r#"{"resourceSpans": 1}"#] {
        let body = body.as_bytes().to_vec();
        let refused = send(&server, body, "identity", JSON).await;
        assert_eq!(refused.status(), 400);
        let reason: Value = refused.json().await.unwrap();
        assert!(reason["reason"].is_string());
    }
    let refused = send(&server, Vec::new(), "identity", "text/json").await;
    assert_eq!(refused.status(), 415);
    let reason = refused.text().await.unwrap();
    assert!(reason.contains(PROTOBUF) && reason.contains(JSON));
}

#[tokio::test]
async fn a_span_in_json_that_cannot_be_read_costs_no_other() {
    let deep = "{\"arrayValue\":{\"values\":[".repeat(200);
    let deep = format!("{deep}{}", "]}}".repeat(200));
    for (field, value) in [
        (r#""name":"chat gpt-4o-mini""#, r#""name":5"#),
        (r#""spanId":"0303030303030303""#, r#""spanId":"0303""#),
        (
            r#""startTimeUnixNano":"1763848000000000000""#,
            r#""startTimeUnixNano":"today""#,
        ),
        (r#"{"stringValue":"blue"}"#, deep.as_str()),
    ] {
        let bad = node_span("0303030303030303").to_string();
        assert!(bad.contains(field), "{bad}");
        let bad = bad.replace(field, value);
        let spans = [
            node_span("0202020202020202"),
            json!("here"),
            node_span("0505050505050505"),
        ];
        let body = node(&spans).to_string().replace("\"here\"", &bad);
        let (rejected, calls) = stored(body, JSON).await;
        assert_eq!(rejected, Some(1), "{field}");
        assert_eq!(ids(&calls), ["0202020202020202", "0505050505050505"]);
    }
}

#[tokio::test]
async fn half_a_pair_in_json_is_replaced() {
    let body = node(&[node_span("0202020202020202")]).to_string();
    let body = body.replace("chat gpt-4o-mini", "chat \\ud83d");
    let (rejected, calls) = stored(body, JSON).await;
    assert_eq!(rejected, None);
    assert_eq!(calls[0]["display_name"], "chat \u{fffd}");
}
