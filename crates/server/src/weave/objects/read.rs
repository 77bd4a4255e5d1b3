//! `POST /obj/read`, `/obj/delete` and `/service/projects_info`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use spanloom_core::Timestamp;

use super::{Labels, NO_VALUE, Shown, find};
use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};
use crate::weave::{digest, query};

#[derive(Deserialize)]
struct Read {
    project_id: String,
    object_id: String,
    /// A digest, `latest`, `v` and a number, or an alias.
    digest: String,
    #[serde(default)]
    metadata_only: Option<bool>,
}

#[derive(Serialize)]
struct Found {
    obj: Shown,
}

/// The answer for a deleted object.
#[derive(Serialize)]
struct Deleted {
    reason: String,
    deleted_at: Timestamp,
}

pub(in crate::weave) async fn read(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let read: Read = query::read(&app, request, QUERY).await?;
    let place = app.stream()?;
    let store = Arc::clone(&app);
    let question = move || {
        let store = &store.store;
        let shown = format!("{}:{}", read.object_id, read.digest);
        let found = find(store, &read.project_id, &read.object_id, &read.digest, None)?;
        let version =
            found.ok_or_else(|| Problem::not_found(format!("there is no object {shown}")))?;
        if let Some(deleted_at) = version.deleted_at {
            let reason = format!("the object {shown} was deleted");
            let mut response = reply::json(&Deleted { reason, deleted_at });
            *response.status_mut() = StatusCode::NOT_FOUND;
            return Ok(response);
        }
        let value = match read.metadata_only {
            Some(true) => NO_VALUE.to_owned(),
            _ => store.value(&version)?,
        };
        let labels = Labels::of(store, &read.project_id, &version)?;
        let obj = Shown::of(version, &read.project_id, value, &labels);
        Ok(reply::json(&Found { obj }))
    };
    Ok(reply::held(app.questions.ask(question).await?, place))
}

#[derive(Deserialize)]
struct Delete {
    project_id: String,
    object_id: String,
    /// `None` for all versions.
    #[serde(default)]
    digests: Option<Vec<String>>,
}

pub(in crate::weave) async fn delete(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let delete: Delete = query::read(&app, request, QUERY).await?;
    let store = Arc::clone(&app);
    let question = move || {
        let store = &store.store;
        let mut versions = store.versions(&delete.project_id, Some(&delete.object_id), None)?;
        versions.retain(|version| version.deleted_at.is_none());
        for named in delete.digests.iter().flatten() {
            let is = |version: &crate::store::Version| {
                version.digest == *named || (version.is_latest && named == "latest")
            };
            if !versions.iter().any(is) {
                let reason = format!("there is no object {}:{named}", delete.object_id);
                return Err(Problem::not_found(reason));
            }
        }
        versions.retain(|version| {
            delete.digests.as_ref().is_none_or(|named| {
                named.contains(&version.digest)
                    || (version.is_latest && named.iter().any(|named| named == "latest"))
            })
        });
        Ok(versions.iter().map(|version| version.row).collect())
    };
    let rows = app.questions.ask(question).await?;
    let deleted = app.store.delete_objects(rows).await?;
    Ok(reply::json(&json!({"num_deleted": deleted})))
}

#[derive(Deserialize)]
struct ProjectsInfo {
    project_ids: Vec<String>,
}

/// Returns the ids that represent projects in references, for clients that compute digests themselves.
pub(in crate::weave) async fn projects_info(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let ProjectsInfo { project_ids } = query::read(&app, request, QUERY).await?;
    let infos: Vec<Value> = project_ids
        .iter()
        .map(|project| {
            json!({"external_project_id": project, "internal_project_id": digest::project_id(project)})
        })
        .collect();
    Ok(reply::json(&infos))
}
