//! The board: its pages and the API that they read.
//!
//! | file | what |
//! |---|---|
//! | `assets` | the pages, embedded |
//! | `selection` | the calls that a request selects |
//! | `bin` | time buckets |
//! | `stats` | sums, means and percentiles of calls |
//! | `summary` | the numbers and the charts |
//! | `calls` | the table, and one call |
//! | `below` | the sums of the calls below a span |
//! | `content` | the messages of a call, whichever API produced them |
//! | `conversation` | the same messages, as the page shows them |
//! | `text` | one-line previews of prompts and answers |

mod assets;
mod below;
mod bin;
mod calls;
mod content;
mod conversation;
mod selection;
mod stats;
mod summary;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use crate::app::App;
use crate::reply::{self, Problem};
use crate::store::Memory;
use selection::{Parameters, place};

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/info", get(info))
        .route("/api/streams", get(streams))
        .route("/api/version", get(version))
        .route("/api/summary", get(summary::summary))
        .route("/api/calls", get(calls::list))
        .route("/api/call", get(calls::one))
        .merge(assets::routes())
}

async fn info(State(app): State<Arc<App>>) -> Response {
    reply::json(&json!({
        "name": "spanloom",
        "version": env!("CARGO_PKG_VERSION"),
        "base_url": app.url,
        "otlp_http": app.otlp_url,
        "other_logs": app.other_logs.load(Ordering::Relaxed),
    }))
}

async fn version(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    // All streams share one version: a page that reloads because of another stream still shows correct data.
    place(&Parameters::read(query.as_deref()))?;
    Ok(reply::json(&json!({"version": app.store.memory().version})))
}

async fn streams(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let memory = app.store.memory();
    let found = app.questions.ask(move || Ok(list_streams(&memory))).await?;
    Ok(reply::json(&json!({"streams": found})))
}

fn list_streams(memory: &Memory) -> Vec<Value> {
    let mut found: BTreeMap<(u32, u32), (u64, i64)> = BTreeMap::new();
    for row in memory.rows.iter() {
        let (calls, last) = found
            .entry((row.project, row.stream))
            .or_insert((0, i64::MIN));
        *calls += 1;
        *last = row.started_at.max(*last);
    }
    let mut streams: Vec<_> = found.into_iter().collect();
    streams.sort_by_key(|(_, (_, last))| std::cmp::Reverse(*last));
    streams
        .into_iter()
        .filter_map(|((project, stream), (calls, last))| {
            let (entity, project) = memory.dictionary.text(project).split_once('/')?;
            let stream = memory.dictionary.text(stream);
            Some(
                json!({"entity": entity, "project": project, "stream": stream, "calls": calls,
                "last_started_at": stats::ms(last)}),
            )
        })
        .collect()
}
