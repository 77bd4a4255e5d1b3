//! `GET /api/trace`: one trace as a tree.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::calls::CallRow;
use super::parameters::Parameters;
use super::tree::{Below, Tree};
use crate::app::App;
use crate::reply::{self, Problem};
use crate::store::{Id, Memory};

/// The most spans of an answer.
const MOST: usize = 10_000;

#[derive(Serialize)]
struct Span {
    #[serde(flatten)]
    row: CallRow,
    stream: String,
    depth: usize,
    below: Option<Below>,
}

pub(super) async fn trace(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["entity", "project", "id"])?;
    let (project, id) = (parameters.project()?, parameters.required("id")?.to_owned());
    let memory = app.store.memory();
    let question = move || answer(&memory, &project, &id);
    Ok(reply::json(&app.questions.ask(question).await?))
}

fn answer(memory: &Memory, project: &str, id: &str) -> Result<Value, Problem> {
    let code = memory.dictionary.code(project);
    let tree = code.map(|project| Tree::of(memory, project, &Id::new(id)));
    let nodes = tree.map(|tree| tree.0).unwrap_or_default();
    if nodes.is_empty() {
        return Err(Problem::not_found("there is no such trace in this project"));
    }
    let total = nodes.len();
    let spans = nodes.into_iter().take(MOST).filter_map(|node| {
        let row = memory.rows.get(node.place)?;
        Some(Span {
            row: CallRow::of(&row, memory),
            stream: memory.dictionary.text(row.stream).to_owned(),
            depth: node.depth,
            below: node.below,
        })
    });
    let spans: Vec<Span> = spans.collect();
    Ok(json!({"trace_id": id, "total": total, "shown": spans.len(), "spans": spans}))
}
