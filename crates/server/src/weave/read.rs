//! `POST /call/read`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use spanloom_core::Record;

use super::call::present;
use super::query::body;
use crate::reply::{self, Problem};
use crate::server::App;
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
    let read: Read = body(request).await?;
    let location = {
        let memory = app.store.memory();
        let place = memory
            .dictionary
            .code(&read.project_id)
            .and_then(|project| memory.find(project, &Id::new(&read.id)));
        place
            .and_then(|place| memory.rows.get(place))
            .map(|row| (row.frame, row.slot))
    };
    let Some(location) = location else {
        return Ok(reply::json(&Found { call: None }));
    };
    let task = tokio::task::spawn_blocking(move || app.store.payloads(&[location])).await;
    let payloads = task.map_err(|_| Problem::not_found("the call could not be read"))??;
    let call = payloads
        .first()
        .and_then(|payload| present(payload, read.include_costs.unwrap_or(false)));
    Ok(reply::json(&Found { call }))
}
