//! `POST /call/read`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use spanloom_core::Record;

use super::call::present;
use super::query;
use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};
use crate::store::Id;

#[derive(Deserialize)]
struct Read {
    project_id: String,
    id: String,
    #[serde(default)]
    include_costs: Option<bool>,
}

#[derive(Serialize)]
struct Found {
    call: Option<Record>,
}

pub(super) async fn read(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let read: Read = query::read(&app, request, QUERY).await?;
    let store = Arc::clone(&app);
    let question = move || {
        let memory = store.store.memory();
        let project = memory.dictionary.code(&read.project_id);
        let place = project.and_then(|project| memory.find(project, &Id::new(&read.id)));
        let mut call = None;
        let places: Vec<usize> = place.into_iter().collect();
        store.store.read(&memory, &places, |_, record| {
            call = Some(present(record, read.include_costs.unwrap_or(false)));
        })?;
        Ok(Found { call })
    };
    Ok(reply::json(&app.questions.ask(question).await?))
}
