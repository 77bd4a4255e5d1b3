//! The board: its pages and the API that they read.
//!
//! | file | what |
//! |---|---|
//! | `assets` | the pages, embedded |
//! | `selection` | the calls that a request selects |
//! | `stats` | measures, as the page reads them |
//! | `summary` | the numbers and the charts |
//! | `calls` | the table, and one call |
//! | `values` | the values of a property |
//! | `deletion` | the deletion of calls |
//! | `object` | the objects that W&B's clients have published |
//! | `below` | the sums of the calls below a span |
//! | `content` | the messages of a call, whichever API produced them |
//! | `conversation` | the same messages, as the page shows them |
//! | `text` | one-line previews of prompts and answers |

mod assets;
mod below;
mod calls;
mod content;
mod conversation;
mod deletion;
mod object;
mod selection;
mod stats;
mod summary;
mod text;
mod values;

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
use crate::store::question::{self, Until};
use selection::{Parameters, place};

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/info", get(info))
        .route("/api/streams", get(streams))
        .route("/api/version", get(version))
        .route("/api/summary", get(summary::summary))
        .route("/api/values", get(values::values))
        .route("/api/calls", get(calls::list).delete(deletion::delete))
        .route("/api/call", get(calls::one))
        .route("/api/objects", get(object::list))
        .route("/api/object", get(object::one))
        .merge(assets::routes())
}

async fn info(State(app): State<Arc<App>>) -> Response {
    reply::json(&json!({
        "name": "spanloom",
        "version": env!("CARGO_PKG_VERSION"),
        "base_url": app.url,
        "otlp_http": app.otlp_url,
        "space": app.store.space(),
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
    let question = move |until: &Until| list_streams(&memory, until);
    let found = app.questions.ask_until(question).await?;
    Ok(reply::json(&json!({"streams": found})))
}

/// Returns every stream, the one with the latest call first.
fn list_streams(memory: &Memory, until: &Until) -> Result<Vec<Value>, Problem> {
    let mut streams = question::streams(&memory.rows, until)?;
    streams.sort_by_key(|stream| std::cmp::Reverse(stream.last_started_at));
    let shown = streams.into_iter().filter_map(|stream| {
        let (entity, project) = memory.dictionary.text(stream.project).split_once('/')?;
        Some(json!({
            "entity": entity,
            "project": project,
            "stream": memory.dictionary.text(stream.stream),
            "calls": stream.calls,
            "last_started_at": stats::ms(stream.last_started_at),
        }))
    });
    Ok(shown.collect())
}
