//! OTLP over HTTP: spans of any instrumentation become records, and log events join them.
//!
//! Source: OTLP 1.x, section "OTLP/HTTP".
//!
//! | file | what |
//! |---|---|
//! | `bound` | a protobuf request, split and counted |
//! | `wire` | the fields of a protobuf message |
//! | `protobuf` | the spans of a protobuf request, one by one |
//! | `span` | a span in protobuf |
//! | `text` | a JSON request, repaired and counted |
//! | `grpc` | the same over gRPC |
//! | `json` | the spans of a JSON request, one by one |
//! | `message`, `object`, `scalar` | the contents of JSON spans and log records |
//! | `logs` | events of the GenAI conventions join their spans |
//! | `decode` | spans become records, and faults are collected |

mod bound;
mod decode;
mod grpc;
mod json;
mod logs;
mod message;
mod object;
mod protobuf;
mod scalar;
mod span;
mod text;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message as _;
use serde_json::json;
use spanloom_core::StreamName;

use self::bound::Refused;
use self::decode::Taken;
use crate::app::App;
use crate::body::RECORDS;
use crate::reply::{self, Problem};
use crate::store::{Document, DocumentKind, Incoming};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// The header that sets `entity/project` for spans that name none, as in W&B's API.
const PROJECT: &str = "project_id";

pub(crate) fn routes() -> Router<Arc<App>> {
    // `/otel/v1/traces` is the path of W&B's API.
    Router::new()
        .route("/v1/traces", post(traces))
        .route("/otel/v1/traces", post(traces))
        // Of W&B's SDK for conversations.
        .route("/agents/otel/v1/traces", post(traces))
        .route("/traces/agents/otel/v1/traces", post(traces))
        .route("/v1/logs", post(logs))
        .merge(grpc::routes())
}

/// The signal that a request carries.
#[derive(Clone, Copy, Debug)]
enum Signal {
    Traces,
    Logs,
}

impl Signal {
    /// Returns the member of an answer that counts what was left out.
    const fn rejected(self) -> &'static str {
        match self {
            Self::Traces => "rejectedSpans",
            Self::Logs => "rejectedLogRecords",
        }
    }
}

/// The encoding of a request and of its answer.
#[derive(Clone, Copy, Debug)]
enum Encoding {
    Protobuf,
    Json,
}

impl Encoding {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case(PROTOBUF) {
            Some(Self::Protobuf)
        } else if kind.eq_ignore_ascii_case(JSON) {
            Some(Self::Json)
        } else {
            None
        }
    }

    fn read(self, signal: Signal, request: &[u8], default: &StreamName) -> Result<Taken, Problem> {
        let taken = match self {
            Self::Protobuf => protobuf::read(signal, request, default),
            Self::Json => json::read(signal, request, default),
        };
        taken.map_err(|refused| match refused {
            Refused::TooMany => Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the request holds too many spans, log records or attributes; send fewer at a time",
            ),
            Refused::Malformed => malformed(),
        })
    }

    /// Returns the answer to traces in protobuf; that to logs has the same fields.
    fn protobuf(partial_success: Option<ExportTracePartialSuccess>) -> Vec<u8> {
        ExportTraceServiceResponse { partial_success }.encode_to_vec()
    }

    fn answer(
        self,
        signal: Signal,
        partial_success: Option<ExportTracePartialSuccess>,
    ) -> Response {
        match self {
            Self::Protobuf => reply::typed(PROTOBUF, Self::protobuf(partial_success)),
            Self::Json => reply::json(&partial_success.map_or_else(
                || json!({}),
                // 64-bit numbers are strings in protobuf's JSON.
                |partial| {
                    json!({"partialSuccess": {
                        signal.rejected(): partial.rejected_spans.to_string(),
                        "errorMessage": partial.error_message,
                    }})
                },
            )),
        }
    }
}

async fn traces(State(app): State<Arc<App>>, request: Request) -> Result<Response, Problem> {
    export(&app, Signal::Traces, request).await
}

async fn logs(State(app): State<Arc<App>>, request: Request) -> Result<Response, Problem> {
    export(&app, Signal::Logs, request).await
}

async fn export(app: &App, signal: Signal, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let encoding = Encoding::of(&parts.headers).ok_or_else(|| {
        Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("expected {PROTOBUF} or {JSON}"),
        )
    })?;
    let default = default_stream(&parts.headers)?;
    let held = app.bodies.read(&parts.headers, body, RECORDS).await?;
    let parse = move |bytes: &Bytes| encoding.read(signal, bytes, &default);
    let (taken, room) = held.parsed(parse).await?;
    let partial_success = taken.partial_success();
    let other_logs = taken.other_logs;
    store(app, taken.records, taken.feedback).await?;
    app.other_logs.fetch_add(other_logs, Ordering::Relaxed);
    drop(room);
    Ok(encoding.answer(signal, partial_success))
}

/// Stores what a request has. Feedback is kept whether or not its call is: if its storing fails, the sender sends all again,
/// and nothing is stored twice.
async fn store(
    app: &App,
    records: Vec<Incoming>,
    feedback: BTreeMap<String, Vec<Document>>,
) -> Result<(), Problem> {
    app.store.write(records).await?;
    for (project, documents) in feedback {
        let kind = DocumentKind::Feedback;
        app.store
            .put_documents(kind, project, documents, Vec::new())
            .await?;
    }
    Ok(())
}

/// Returns the default for spans that name no project: the project in the header, else `local/otlp`, in a stream named
/// after their service.
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

fn malformed() -> Problem {
    Problem::bad_request("the body is not an OTLP export request")
}
