//! `POST /call/update` and `POST /calls/delete`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::{objects, query};
use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};
use crate::store::{CallChange, Id};

/// The maximum characters of a display name, and the maximum number of calls that are deleted with one request, as in W&B's
/// server.
const LONGEST_NAME: usize = 1_024;
const MOST: usize = 1_000;

#[derive(Deserialize)]
struct Update {
    project_id: String,
    call_id: String,
    /// An empty name removes the name.
    #[serde(default)]
    display_name: Option<String>,
}

/// Renames a call, which may not have arrived yet.
pub(super) async fn update(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let update: Update = query::read(&app, request, QUERY).await?;
    objects::check_project(&update.project_id)?;
    let name = update
        .display_name
        .ok_or_else(|| Problem::bad_request("display_name is missing"))?;
    if name.chars().count() > LONGEST_NAME {
        let reason = format!("display_name may have at most {LONGEST_NAME} characters");
        return Err(Problem::bad_request(reason));
    }
    let change = CallChange {
        project_id: update.project_id,
        id: update.call_id,
        ended_at: None,
        output: None,
        summary: None,
        exception: None,
        wb_run_step_end: None,
        display_name: Some(name),
    };
    app.store.write_parts(Vec::new(), vec![change]).await?;
    Ok(reply::json(&json!({})))
}

#[derive(Deserialize)]
struct Delete {
    project_id: String,
    call_ids: Vec<String>,
}

/// Deletes calls and all calls below them. Calls that are not there are no error.
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let delete: Delete = query::read(&app, request, QUERY).await?;
    if delete.call_ids.len() > MOST {
        let reason = format!("a request may delete at most {MOST} calls");
        return Err(Problem::too_large(reason));
    }
    let memory = app.store.memory();
    let project = memory.dictionary.code(&delete.project_id);
    let (mut places, mut waiting) = (Vec::new(), Vec::new());
    for id in delete.call_ids {
        match project.and_then(|project| memory.find(project, &Id::new(&id))) {
            Some(place) => places.push(place),
            None => waiting.push((delete.project_id.clone(), id)),
        }
    }
    let deleted = app.delete(memory, places, waiting).await?;
    Ok(reply::json(&json!({"num_deleted": deleted})))
}
