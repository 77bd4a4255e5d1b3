//! OTLP over HTTP: spans of any instrumentation become records.
//!
//! Source: OTLP 1.x, section "OTLP/HTTP". Protobuf only; JSON is answered with 415.

mod bound;
mod decode;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message as _;
use spanloom_core::Record;

use crate::reply::{self, Problem};
use crate::server::App;

const PROTOBUF: &str = "application/x-protobuf";

pub(crate) fn routes() -> Router<Arc<App>> {
    // `/otel/v1/traces` is where W&B takes them.
    Router::new()
        .route("/v1/traces", post(traces))
        .route("/otel/v1/traces", post(traces))
}

async fn traces(State(app): State<Arc<App>>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let kind = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some(PROTOBUF) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "expected application/x-protobuf",
        ));
    }
    let bytes = crate::body::read(&parts.headers, body).await?;
    // Off the threads that serve requests: there may be 64 MiB of it.
    let read = tokio::task::spawn_blocking(move || read(bytes)).await;
    let (records, rejected) = read.unwrap_or_else(|_| Err(malformed()))?;
    app.store.write(records).await?;
    let partial_success = (rejected > 0).then(|| ExportTracePartialSuccess {
        rejected_spans: rejected,
        error_message: "spans without a valid trace id, span id and start time were left out"
            .to_owned(),
    });
    Ok(reply::typed(
        PROTOBUF,
        ExportTraceServiceResponse { partial_success }.encode_to_vec(),
    ))
}

fn read(bytes: Bytes) -> Result<(Vec<Record>, i64), Problem> {
    bound::check(&bytes).map_err(|refused| match refused {
        bound::Refused::TooMany => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the request holds too many spans or attributes; send fewer at a time",
        ),
        bound::Refused::Malformed => malformed(),
    })?;
    let request = ExportTraceServiceRequest::decode(bytes).map_err(|_| malformed())?;
    Ok(decode::records(request))
}

fn malformed() -> Problem {
    Problem::bad_request("the body is no ExportTraceServiceRequest")
}
