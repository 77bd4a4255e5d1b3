//! OTLP over HTTP: spans of any instrumentation become records.
//!
//! Source: OTLP 1.x, section "OTLP/HTTP". Protobuf only; JSON is answered with 415.

mod decode;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message as _;

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
    let request = ExportTraceServiceRequest::decode(bytes)
        .map_err(|_| Problem::bad_request("the body is no ExportTraceServiceRequest"))?;
    let (records, rejected) = decode::records(request);
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
