//! W&B Weave's API, as far as its clients call it.
//!
//! | file | what |
//! |---|---|
//! | `complete`, `parts` | receiving calls, whole or as start and end |
//! | `change` | renaming and deleting calls |
//! | `query`, `read`, `lines` | reading calls |
//! | `filter`, `fixed`, `content`, `expr`, `field` | selecting and ordering calls |
//! | `call` | the readable form of a call |
//! | `objects`, `files`, `refs` | the objects and files that calls refer to |
//! | `tables` | the tables of datasets |
//! | `feedback` | reactions, notes, annotations and scores |
//! | `costs` | a project's own prices |
//! | `documents` | queries for feedback and prices |
//! | `threads` | conversations |
//! | `usage` | tokens and costs of calls with all that they called |
//! | `order`, `ties` | the order of JSON values, and of calls by several fields |
//! | `time` | times as programs write them |
//! | `digest` | the digests that identify versions |
//! | `ids` | queries that name ids |
//! | `graphql` | the requests of a client when it starts |
//!
//! `COMPATIBILITY.md` has a row per endpoint. Bodies are read whatever their Content-Type: older clients send none.

mod call;
mod change;
mod complete;
mod content;
mod costs;
mod digest;
mod documents;
mod expr;
mod feedback;
mod field;
mod files;
mod filter;
mod fixed;
mod graphql;
mod ids;
mod lines;
mod objects;
mod order;
mod parts;
mod query;
mod read;
mod refs;
mod tables;
mod threads;
mod ties;
mod time;
mod usage;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post, put};
use serde::Serialize;

use crate::app::App;
use crate::reply;
use crate::store::Refused;

pub(crate) use call::{add_costs, present};
pub(crate) use feedback::{evaluation, of_call};
pub(crate) use objects::{Labels, find_version};
pub(crate) use refs::table_of;

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
        .route("/v2/{entity}/{project}/call/start", post(parts::start))
        .route("/v2/{entity}/{project}/call/end", post(parts::end))
        .route("/call/start", post(parts::start))
        .route("/call/end", post(parts::end))
        .route("/call/upsert_batch", post(parts::upsert_batch))
        .route("/call/update", post(change::update))
        .route("/calls/delete", post(change::delete))
        .route("/obj/create", post(objects::create))
        .route("/obj/read", post(objects::read))
        .route("/obj/delete", post(objects::delete))
        .route("/objs/query", post(objects::query))
        .route(
            "/objs/{name}/versions/{digest}/tags",
            put(objects::add_tags),
        )
        .route(
            "/objs/{name}/versions/{digest}/tags/remove",
            post(objects::remove_tags),
        )
        .route("/objs/{name}/aliases", put(objects::set_aliases))
        .route("/objs/{name}/aliases/remove", post(objects::remove_aliases))
        .route("/tags", get(objects::tags))
        .route("/aliases", get(objects::aliases))
        .route("/cost/create", post(costs::create))
        .route("/cost/query", post(costs::query))
        .route("/cost/purge", post(costs::purge))
        .route("/trace/usage", post(usage::of_query))
        .route("/calls/usage", post(usage::of_calls))
        .route("/threads/stream_query", post(threads::stream_query))
        .route("/table/create", post(tables::create))
        .route(
            "/table/create_from_digests",
            post(tables::create_from_digests),
        )
        .route("/table/update", post(tables::update))
        .route("/table/query", post(tables::query))
        .route("/table/query_stats", post(tables::query_stats))
        .route("/table/query_stats_batch", post(tables::query_stats_batch))
        .route("/feedback/create", post(feedback::create))
        .route("/feedback/batch/create", post(feedback::create_batch))
        .route("/feedback/replace", post(feedback::replace))
        .route("/feedback/query", post(feedback::query))
        .route("/feedback/purge", post(feedback::purge))
        .route("/refs/read_batch", post(refs::read_batch))
        .route("/file/create", post(files::create))
        .route("/files/create", post(files::create))
        .route("/file/content", post(files::content))
        .route("/files/content", post(files::content))
        .route("/service/projects_info", post(objects::projects_info))
        .route("/graphql", post(graphql::graphql))
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    /// The reason the last records were not stored, if they were not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// The number of payload frames found to be damaged since the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    damaged_frames: Option<usize>,
    /// The number of calls that could not be read at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    lost_calls: Option<usize>,
    /// The name of the database that could not be opened at the start, in whose place a new one began.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_aside: Option<String>,
}

/// Answers with 200 regardless of the status: the server runs, and stored records can be read.
async fn health(State(app): State<Arc<App>>) -> Response {
    let health = app.store.health();
    reply::json(&Health {
        status: health.refused.map_or("ok", |_| "degraded"),
        reason: health.refused.map(Refused::reason),
        damaged_frames: Some(health.damaged_frames).filter(|frames| *frames > 0),
        lost_calls: Some(health.lost_calls).filter(|calls| *calls > 0),
        set_aside: health.set_aside,
    })
}

async fn server_info() -> Response {
    reply::json(&serde_json::json!({
        "min_required_weave_python_version": "0.51.0",
        "trace_server_version": env!("CARGO_PKG_VERSION"),
    }))
}
