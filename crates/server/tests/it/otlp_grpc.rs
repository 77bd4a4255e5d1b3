//! OTLP over gRPC, on the board's port.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt as _;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;
use serde_json::json;

use crate::otlp::request;
use crate::setup::Running;

const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap();
    [&[flag][..], &length.to_be_bytes(), message].concat()
}

/// The answer's message and the status in its trailers.
async fn call(
    server: &Running,
    path: &str,
    encoding: Option<&str>,
    body: Vec<u8>,
) -> (Vec<u8>, String) {
    let client = reqwest::Client::builder().http2_prior_knowledge();
    let request = client
        .build()
        .unwrap()
        .post(format!("{}{path}", server.url));
    let request = request
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    let request = match encoding {
        Some(encoding) => request.header("grpc-encoding", encoding),
        None => request,
    };
    let answer = request.body(body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let body = http::Response::from(answer).into_body();
    let body = body.collect().await.unwrap();
    let status = body.trailers().unwrap()["grpc-status"]
        .to_str()
        .unwrap()
        .to_owned();
    (body.to_bytes().to_vec(), status)
}

#[tokio::test]
async fn spans_and_logs_are_taken_plain_and_compressed() {
    let server = Running::new().await;
    let plain = framed(0, &request(vec![2; 8]).encode_to_vec());
    let (answer, status) = call(&server, TRACES, None, plain).await;
    assert_eq!((answer.as_slice(), status.as_str()), (&[0_u8; 5][..], "0"));

    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&request(vec![3; 8]).encode_to_vec())
        .unwrap();
    let body = framed(1, &gzip.finish().unwrap());
    let (answer, status) = call(&server, TRACES, Some("gzip"), body).await;
    assert_eq!(status, "0");
    let answer = ExportTraceServiceResponse::decode(&answer[5..]).unwrap();
    assert_eq!(answer.partial_success, None);

    assert_eq!(call(&server, LOGS, None, framed(0, &[])).await.1, "0");
    let stream = "entity=local&project=otlp&stream=shop";
    let totals = &server.get(&format!("/api/summary?{stream}")).await["totals"];
    assert_eq!(totals["calls"], json!(2), "{totals}");
}

#[tokio::test]
async fn refusals_have_the_status_of_grpc() {
    let server = Running::new().await;
    let message = request(vec![2; 8]).encode_to_vec();
    let mut cut = framed(0, &message);
    cut.pop();
    for (body, encoding, status) in [
        (Vec::new(), None, "3"),
        (cut, None, "3"),
        (framed(0, b"no message at all"), None, "3"),
        (framed(1, &message), Some("gzip"), "3"),
        (framed(1, &message), Some("zstd"), "12"),
    ] {
        let (answer, found) = call(&server, TRACES, encoding, body).await;
        assert_eq!((answer, found.as_str()), (Vec::new(), status));
    }
}
