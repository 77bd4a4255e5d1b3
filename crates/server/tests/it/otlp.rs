use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};

use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;
use reqwest::Response;
use serde_json::{Value, json};

use crate::otlp_json::node;
use crate::setup::Running;

pub(crate) fn attribute(key: &str, value: Any) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

pub(crate) fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Any::StringValue(value.to_owned()))
}

pub(crate) fn request(span_id: Vec<u8>) -> ExportTraceServiceRequest {
    let span = Span {
        trace_id: vec![1; 16],
        span_id,
        name: "chat gpt-4o-mini".to_owned(),
        kind: 3,
        start_time_unix_nano: 1_763_848_000_000_000_000,
        end_time_unix_nano: 1_763_848_001_000_000_000,
        attributes: vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.provider.name", "openai"),
            text("gen_ai.request.model", "gpt-4o-mini"),
            attribute("gen_ai.usage.input_tokens", Any::IntValue(1_000)),
            attribute("gen_ai.usage.output_tokens", Any::IntValue(100)),
            text(
                "gen_ai.input.messages",
                r#"[{"role":"user","parts":[{"type":"text","content":"hi"}]}]"#,
            ),
            text("deployment", "blue"),
        ],
        ..Span::default()
    };
    let resource = Resource {
        attributes: vec![text("service.name", "shop")],
        ..Resource::default()
    };
    let scope_spans = vec![ScopeSpans {
        spans: vec![span],
        ..ScopeSpans::default()
    }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans,
            ..ResourceSpans::default()
        }],
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) async fn send(server: &Running, body: Vec<u8>, encoding: &str, kind: &str) -> Response {
    let request = server.client.post(format!("{}/v1/traces", server.url));
    request
        .header("content-type", kind)
        .header("content-encoding", encoding)
        .body(body)
        .send()
        .await
        .unwrap()
}

pub(crate) const PROTOBUF: &str = "application/x-protobuf";
pub(crate) const JSON: &str = "application/json";

/// Returns how many spans of a request a new server rejects, and the calls that it then has.
pub(crate) async fn stored(body: impl Into<Vec<u8>>, kind: &str) -> (Option<i64>, Vec<Value>) {
    let server = Running::new().await;
    let response = send(&server, body.into(), "identity", kind).await;
    assert_eq!(
        (
            response.status().as_u16(),
            response.headers()["content-type"].to_str().unwrap()
        ),
        (200, kind)
    );
    let answer = response.bytes().await.unwrap();
    let rejected = if kind == JSON {
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let rejected = answer["partialSuccess"]["rejectedSpans"].as_str();
        rejected.map(|spans| spans.parse().unwrap())
    } else {
        let answer = ExportTraceServiceResponse::decode(answer).unwrap();
        answer.partial_success.map(|partial| partial.rejected_spans)
    };
    let project = json!({"project_id": "local/otlp"});
    (rejected, server.query(project).await)
}

/// Returns the ids of the stored spans, in order.
pub(crate) fn ids(calls: &[Value]) -> Vec<&str> {
    let mut ids: Vec<&str> = calls
        .iter()
        .map(|call| call["id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn spans_of_others_become_records_with_cost() {
    let server = Running::new().await;
    let response = send(
        &server,
        gzip(&request(vec![2; 8]).encode_to_vec()),
        "gzip",
        PROTOBUF,
    )
    .await;
    assert_eq!(
        (
            response.status().as_u16(),
            response.headers()["content-type"].to_str().unwrap()
        ),
        (200, PROTOBUF)
    );
    let answer = ExportTraceServiceResponse::decode(response.bytes().await.unwrap()).unwrap();
    assert_eq!(answer.partial_success, None);

    let calls = server
        .get("/api/calls?entity=local&project=otlp&stream=shop")
        .await;
    let row = &calls["calls"][0];
    assert_eq!(
        (calls["total"].as_u64(), row["id"].as_str()),
        (Some(1), Some("0202020202020202"))
    );
    assert_eq!(
        (row["input_tokens"].as_u64(), row["latency_ms"].as_f64()),
        (Some(1_000), Some(1_000.0))
    );
    // $0.15 and $0.60 per million tokens.
    assert_eq!(row["cost_usd"].as_f64(), Some(0.000_21));
    assert_eq!(row["prompt"], "hi");
    assert_eq!(row["attributes"]["otel.deployment"], "blue");
}

#[tokio::test]
async fn what_an_agent_sums_up_is_not_counted_beside_its_calls() {
    let server = Running::new().await;
    let mut message = request(vec![2; 8]);
    let spans = &mut message.resource_spans[0].scope_spans[0].spans;
    let call = spans[0].clone();
    spans[0].parent_span_id = vec![9; 8];
    spans.push(Span {
        span_id: vec![9; 8],
        name: "invoke_agent helper".to_owned(),
        attributes: vec![
            text("gen_ai.operation.name", "invoke_agent"),
            text("gen_ai.agent.name", "helper"),
            text("gen_ai.request.model", "gpt-4o-mini"),
            attribute("gen_ai.usage.input_tokens", Any::IntValue(1_000)),
            attribute("gen_ai.usage.output_tokens", Any::IntValue(100)),
        ],
        ..call.clone()
    });
    spans.push(Span {
        span_id: vec![8; 8],
        parent_span_id: vec![9; 8],
        name: "execute_tool search".to_owned(),
        attributes: vec![text("gen_ai.operation.name", "execute_tool")],
        ..call
    });
    let answer = send(&server, gzip(&message.encode_to_vec()), "gzip", PROTOBUF).await;
    assert_eq!(answer.status(), 200);
    let stream = "entity=local&project=otlp&stream=shop";
    let listed = server.get(&format!("/api/calls?{stream}")).await;
    let summary = server.get(&format!("/api/summary?{stream}")).await;
    let totals = &summary["totals"];
    assert_eq!(
        (
            totals["calls"].as_u64(),
            totals["input_tokens"].as_u64(),
            totals["cost_usd"].as_f64()
        ),
        (Some(1), Some(1_000), Some(0.000_21)),
        "{listed}"
    );
}

#[tokio::test]
async fn invalid_spans_are_counted_and_the_others_kept() {
    let server = Running::new().await;
    let mut both = request(vec![2; 8]);
    both.resource_spans
        .extend(request(vec![0; 8]).resource_spans);
    let response = send(&server, both.encode_to_vec(), "identity", PROTOBUF).await;
    let answer = ExportTraceServiceResponse::decode(response.bytes().await.unwrap()).unwrap();
    assert_eq!(answer.partial_success.unwrap().rejected_spans, 1);
    assert_eq!(server.get("/api/streams").await["streams"][0]["calls"], 1);
}

#[tokio::test]
async fn a_span_in_protobuf_that_cannot_be_read_costs_no_other() {
    let mut message = request(vec![2; 8]);
    let spans = &mut message.resource_spans[0].scope_spans[0].spans;
    let good = spans[0].clone();
    let named = |id: u8, name: &str| Span {
        span_id: vec![id; 8],
        name: name.to_owned(),
        ..good.clone()
    };
    let long = named(4, "long here");
    spans.extend([named(3, "cut here"), long, named(5, "last")]);
    let mut body = message.encode_to_vec();
    let mut change = |name: &[u8], offset: usize, byte: u8| {
        let at = body.windows(name.len()).position(|found| found == name);
        body[at.unwrap() + offset - 1] = byte;
    };
    // A text that is not Unicode is repaired; a text that is longer than its span cannot be read.
    change(b"cut here", 1, 0xff);
    change(b"long here", 0, 0x7f);
    let (rejected, calls) = stored(body, PROTOBUF).await;
    assert_eq!(rejected, Some(1));
    let expected = ["0202020202020202", "0303030303030303", "0505050505050505"];
    assert_eq!(ids(&calls), expected);
    let name = |call: &&Value| call["display_name"] == "\u{fffd}ut here";
    assert!(calls.iter().any(|call| name(&call)), "{calls:?}");
}

#[tokio::test]
async fn an_empty_request_is_fine() {
    let server = Running::new().await;
    assert_eq!(
        send(&server, Vec::new(), "identity", PROTOBUF)
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn bodies_that_cannot_be_taken_are_refused() {
    let server = Running::new().await;
    let bomb = gzip(&vec![0; 32 << 20]);
    assert!(bomb.len() < 200_000);
    assert_eq!(send(&server, bomb, "gzip", PROTOBUF).await.status(), 413);
    assert_eq!(
        send(&server, b"no gzip".to_vec(), "gzip", PROTOBUF)
            .await
            .status(),
        400
    );
    assert_eq!(
        send(&server, b"\xff\xff\xff".to_vec(), "identity", PROTOBUF)
            .await
            .status(),
        400
    );
    assert_eq!(
        send(&server, Vec::new(), "br", PROTOBUF).await.status(),
        415
    );
    assert_eq!(
        send(&server, Vec::new(), "identity", "text/plain")
            .await
            .status(),
        415
    );
}

#[tokio::test]
async fn a_small_body_with_a_great_many_spans_is_refused() {
    let server = Running::new().await;
    let mut many = request(vec![2; 8]);
    many.resource_spans[0].scope_spans[0].spans = vec![Span::default(); 100_001];
    let body = many.encode_to_vec();
    assert!(body.len() < 250_000);
    assert_eq!(
        send(&server, body, "identity", PROTOBUF).await.status(),
        413
    );
    let many = node(&[json!("here")]).to_string();
    let many = many.replace("\"here\"", &format!("{}{{}}", "{},".repeat(100_000)));
    let body = many.into_bytes();
    assert!(body.len() < 350_000);
    assert_eq!(send(&server, body, "identity", JSON).await.status(), 413);
}

#[tokio::test]
async fn the_listener_for_otlp_alone_takes_spans_and_nothing_else() {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = crate::setup::builder()
        .with_otlp_http(Some(free))
        .bind()
        .await
        .unwrap();
    let (board, otlp) = (server.url(), server.otlp_url().unwrap());
    let serving = tokio::task::spawn(server.serve(std::future::pending()));
    let client = reqwest::Client::new();
    let spans = client
        .post(format!("{otlp}/v1/traces"))
        .header("content-type", PROTOBUF)
        .body(request(vec![2; 8]).encode_to_vec());
    assert_eq!(spans.send().await.unwrap().status(), 200);
    let elsewhere = client.get(format!("{otlp}/api/streams")).send().await;
    assert_eq!(elsewhere.unwrap().status(), 404);
    let streams = client.get(format!("{board}/api/streams")).send().await;
    let streams: Value = streams.unwrap().json().await.unwrap();
    assert_eq!(streams["streams"][0]["stream"], "shop");
    serving.abort();
}

#[tokio::test]
async fn the_header_names_the_project_of_spans_that_do_not() {
    let server = Running::new().await;
    let body = request(vec![2; 8]).encode_to_vec();
    let send = |project: &'static str| {
        let request = server
            .client
            .post(format!("{}/otel/v1/traces", server.url))
            .header("content-type", PROTOBUF)
            .header("project_id", project)
            .body(body.clone());
        async { request.send().await.unwrap() }
    };
    assert_eq!(send("acme/shop").await.status(), 200);
    let calls = server
        .get("/api/calls?entity=acme&project=shop&stream=shop")
        .await;
    assert_eq!(calls["total"].as_u64(), Some(1));

    let refused = send("acme").await;
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.unwrap().contains("entity/project"));
}
