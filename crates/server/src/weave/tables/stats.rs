//! `POST /table/query_stats` and `/table/query_stats_batch`.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};
use crate::store::Store;
use crate::store::question::Until;
use crate::weave::query;

#[derive(Deserialize)]
struct One {
    project_id: String,
    digest: String,
}

/// Counts the rows of a table; a table that is not there has none.
pub(in crate::weave) async fn query_stats(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let one: One = query::read(&app, request, QUERY).await?;
    let store = Arc::clone(&app);
    let question = move || Ok(store.store.table(&one.project_id, &one.digest)?);
    let rows = app.questions.ask(question).await?;
    Ok(reply::json(
        &json!({"count": rows.map_or(0, |rows| rows.len())}),
    ))
}

#[derive(Deserialize)]
struct Several {
    project_id: String,
    #[serde(default)]
    digests: Option<Vec<String>>,
    #[serde(default)]
    include_storage_size: Option<bool>,
}

/// Counts the rows of tables; those that are not there are left out.
pub(in crate::weave) async fn query_stats_batch(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let several: Several = query::read(&app, request, QUERY).await?;
    let store = Arc::clone(&app);
    let question = move |until: &Until| {
        let mut tables: Vec<Value> = Vec::new();
        let digests: BTreeSet<&String> = several.digests.iter().flatten().collect();
        for digest in digests {
            until.check()?;
            let Some(rows) = store.store.table(&several.project_id, digest)? else {
                continue;
            };
            let size = match several.include_storage_size {
                Some(true) => Some(bytes(&store.store, &several.project_id, &rows, until)?),
                _ => None,
            };
            tables.push(json!({"digest": digest, "count": rows.len(), "storage_size_bytes": size}));
        }
        Ok(json!({"tables": tables}))
    };
    Ok(reply::json(&app.questions.ask_until(question).await?))
}

/// Returns the bytes of rows.
fn bytes(store: &Store, project: &str, rows: &[String], until: &Until) -> Result<i64, Problem> {
    const PAGE: usize = 256;
    let mut bytes = 0_i64;
    for page in rows.chunks(PAGE) {
        until.check()?;
        bytes = bytes.saturating_add(store.table_bytes(project, page)?);
    }
    Ok(bytes)
}
