//! OTLP over HTTP: spans of any instrumentation become records.
//!
//! Source: OTLP 1.x, section "OTLP/HTTP". Protobuf only; JSON is answered with 415.

mod bound;
mod decode;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message as _;
use spanloom_core::{Record, StreamName};

use crate::reply::{self, Problem};
use crate::server::App;

const PROTOBUF: &str = "application/x-protobuf";

/// Names `entity/project` for spans that do not say, as W&B has it.
const PROJECT: &str = "project_id";

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
    let default = default_stream(&parts.headers)?;
    let bytes = crate::body::read(&parts.headers, body).await?;
    // Off the threads that serve requests: there may be 64 MiB of it.
    let read = tokio::task::spawn_blocking(move || read(bytes, &default)).await;
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

/// Where spans go that do not say: the project in the header, else `local/otlp`, in a stream named like their service.
fn default_stream(headers: &HeaderMap) -> Result<StreamName, Problem> {
    let Some(project) = headers.get(PROJECT) else {
        return Ok(local());
    };
    let project = project.to_str().unwrap_or_default();
    let name = format!("{project}/{}", local().stream);
    StreamName::parse(&name, None)
        .map_err(|_| Problem::bad_request("the header project_id is not entity/project"))
}

fn local() -> StreamName {
    StreamName {
        entity: "local".to_owned(),
        project: "otlp".to_owned(),
        stream: "spans".to_owned(),
    }
}

fn read(bytes: Bytes, default: &StreamName) -> Result<(Vec<Record>, i64), Problem> {
    bound::check(&bytes).map_err(|refused| match refused {
        bound::Refused::TooMany => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the request holds too many spans or attributes; send fewer at a time",
        ),
        bound::Refused::Malformed => malformed(),
    })?;
    let request = ExportTraceServiceRequest::decode(bytes).map_err(|_| malformed())?;
    Ok(decode::records(request, default))
}

fn malformed() -> Problem {
    Problem::bad_request("the body is no ExportTraceServiceRequest")
}
