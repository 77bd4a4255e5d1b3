//! OTLP over gRPC: the same messages in a frame, and a status in the trailers.
//!
//! Sources: gRPC over HTTP/2; OTLP 1.x, section "OTLP/gRPC".

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::post;
use bytes::{BufMut as _, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Encoding, Signal};
use crate::app::App;
use crate::body::{Held, RECORDS};
use crate::reply::Problem;

const GRPC: &str = "application/grpc";
/// A flag that a message is compressed, and its length.
const HEAD: usize = 5;

/// Statuses of gRPC for the HTTP statuses of problems, and whether OTLP's clients try again. Source: gRPC's status codes;
/// OTLP 1.x, "OTLP/gRPC Response".
const STATUSES: [(StatusCode, u8); 6] = [
    (StatusCode::BAD_REQUEST, 3),
    (StatusCode::REQUEST_TIMEOUT, 4),
    // Without a delay for the next try it means that the request is too large.
    (StatusCode::PAYLOAD_TOO_LARGE, 8),
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, 12),
    (StatusCode::INTERNAL_SERVER_ERROR, 13),
    (StatusCode::SERVICE_UNAVAILABLE, 14),
];
const UNKNOWN: u8 = 2;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            post(traces),
        )
        .route(
            "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            post(logs),
        )
}

async fn traces(State(app): State<Arc<App>>, request: Request) -> Response {
    answered(export(&app, Signal::Traces, request).await)
}

async fn logs(State(app): State<Arc<App>>, request: Request) -> Response {
    answered(export(&app, Signal::Logs, request).await)
}

async fn export(app: &App, signal: Signal, request: Request) -> Result<Bytes, Problem> {
    let (mut parts, body) = request.into_parts();
    if !is_grpc(&parts.headers) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("expected {GRPC}"),
        ));
    }
    let default = super::default_stream(&parts.headers)?;
    // The encoding is that of the message in the frame.
    parts.headers.remove(CONTENT_ENCODING);
    let held = app.bodies.read(&parts.headers, body, RECORDS).await?;
    let held = message(app, &parts.headers, held).await?;
    let encoding = Encoding::Protobuf;
    let parse = move |bytes: &Bytes| encoding.read(signal, bytes, &default);
    let (taken, room) = held.parsed(parse).await?;
    let answer = Encoding::protobuf(taken.partial_success());
    let other_logs = taken.other_logs;
    super::store(app, taken.records, taken.feedback).await?;
    app.other_logs.fetch_add(other_logs, Ordering::Relaxed);
    drop(room);
    Ok(answer.into())
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes());
    // `application/grpc+proto` is the same.
    kind.is_some_and(|kind| kind.starts_with(GRPC.as_bytes()))
}

/// Takes the only message out of its frame, and inflates it.
async fn message(app: &App, headers: &HeaderMap, held: Held) -> Result<Held, Problem> {
    let malformed = || Problem::bad_request("the body is not one gRPC message");
    let (is_compressed, length) = match held.bytes.get(..HEAD) {
        Some(&[flag, a, b, c, d]) => (flag == 1, u32::from_be_bytes([a, b, c, d])),
        _ => return Err(malformed()),
    };
    if usize::try_from(length).ok() != held.bytes.len().checked_sub(HEAD) {
        return Err(malformed());
    }
    let Held { bytes, room } = held;
    let held = Held {
        bytes: bytes.slice(HEAD..),
        room,
    };
    match headers.get("grpc-encoding").map(|it| it.as_bytes()) {
        _ if !is_compressed => Ok(held),
        Some(b"gzip") => app.bodies.inflated(held, RECORDS).await,
        _ => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the only supported grpc-encoding is gzip",
        )),
    }
}

fn answered(answer: Result<Bytes, Problem>) -> Response {
    let mut trailers = HeaderMap::new();
    let body = match answer {
        Ok(message) => {
            trailers.insert("grpc-status", HeaderValue::from_static("0"));
            let mut frame = BytesMut::with_capacity(HEAD + message.len());
            frame.put_u8(0);
            frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
            frame.put_slice(&message);
            frame.freeze()
        }
        Err(problem) => {
            let code = STATUSES
                .iter()
                .find(|(status, _)| *status == problem.status());
            let code = code.map_or(UNKNOWN, |(_, code)| *code);
            trailers.insert("grpc-status", HeaderValue::from(u16::from(code)));
            let reason = utf8_percent_encode(problem.reason(), NON_ALPHANUMERIC).to_string();
            if let Ok(reason) = HeaderValue::from_str(&reason) {
                trailers.insert("grpc-message", reason);
            }
            Bytes::new()
        }
    };
    let body = Full::new(body).with_trailers(async move { Some(Ok(trailers)) });
    let mut response = Response::new(Body::new(body));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(GRPC));
    response
}
