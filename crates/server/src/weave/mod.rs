//! W&B Weave's calls API, as far as recording and reading calls needs it.
//!
//! `COMPATIBILITY.md` has a row per endpoint. Bodies are read whatever their Content-Type says: older clients send none.

mod call;
mod column;
mod complete;
mod content;
mod expr;
mod filter;
mod graphql;
mod lines;
mod query;
mod read;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Serialize;

use crate::reply;
use crate::server::App;
use crate::store::Refused;

pub(crate) use call::present;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/health", get(health))
        .route("/server_info", get(server_info))
        .route(
            "/v2/{entity}/{project}/calls/complete",
            post(complete::complete),
        )
        .route("/calls/stream_query", post(query::stream_query))
        .route("/calls/query_stats", post(query::query_stats))
        .route("/call/read", post(read::read))
        .route("/graphql", post(graphql::graphql))
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    /// Why the last records were not stored, if they were not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// Frames of payloads that were found to be damaged since the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    damaged_frames: Option<usize>,
}

/// Answered with 200 whatever the status: the server runs, and what is stored can be read.
async fn health(State(app): State<Arc<App>>) -> Response {
    let health = app.store.health();
    reply::json(&Health {
        status: health.refused.map_or("ok", |_| "degraded"),
        reason: health.refused.map(Refused::reason),
        damaged_frames: Some(health.damaged_frames).filter(|frames| *frames > 0),
    })
}

async fn server_info() -> Response {
    reply::json(&serde_json::json!({
        "min_required_weave_python_version": "0.51.0",
        "trace_server_version": env!("CARGO_PKG_VERSION"),
    }))
}
