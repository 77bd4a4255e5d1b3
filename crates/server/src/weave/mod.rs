//! W&B Weave's calls API, as far as recording and reading calls needs it.
//!
//! `COMPATIBILITY.md` has a row per endpoint. Bodies are read whatever their Content-Type says: older clients send none.

mod call;
mod column;
mod complete;
mod expr;
mod graphql;
mod query;
mod read;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};

use crate::reply;
use crate::server::App;

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

async fn health() -> Response {
    reply::json(&serde_json::json!({"status": "ok"}))
}

async fn server_info() -> Response {
    reply::json(&serde_json::json!({
        "min_required_weave_python_version": "0.51.0",
        "trace_server_version": env!("CARGO_PKG_VERSION"),
    }))
}
