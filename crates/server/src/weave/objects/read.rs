//! `POST /obj/read`, `/obj/delete` and `/service/projects_info`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shown, Version, find};
use crate::reply::{self, Problem};
use crate::server::App;
use crate::store::ObjectQuery;
use crate::weave::{digest, query};

#[derive(Deserialize)]
struct Read {
    project_id: String,
    object_id: String,
    /// A digest, `latest`, or `v` and a number.
    digest: String,
    #[serde(default)]
    metadata_only: Option<bool>,
}

pub(in crate::weave) async fn read(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let read: Read = query::read(&app, request).await?;
    let store = Arc::clone(&app);
    let shown = format!("{}:{}", read.object_id, read.digest);
    let with_value = !read.metadata_only.unwrap_or(false);
    let question = move || {
        find(
            &store.store,
            &read.project_id,
            &read.object_id,
            &read.digest,
        )
    };
    match app.questions.ask(question).await? {
        Version::Stored(stored) => Ok(reply::json(&json!({"obj": Shown::of(*stored, with_value)}))),
        Version::Missing => Err(Problem::not_found(format!("there is no object {shown}"))),
        Version::Deleted(deleted_at) => {
            let reason = format!("the object {shown} was deleted");
            let mut response = reply::json(&json!({"reason": reason, "deleted_at": deleted_at}));
            *response.status_mut() = StatusCode::NOT_FOUND;
            Ok(response)
        }
    }
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
    let delete: Delete = query::read(&app, request).await?;
    let store = Arc::clone(&app);
    let (project, name) = (delete.project_id, delete.object_id);
    let (of_project, of_name) = (project.clone(), name.clone());
    let question = move || match delete.digests {
        Some(names) => {
            let mut digests = Vec::new();
            for named in names {
                match find(&store.store, &of_project, &of_name, &named)? {
                    Version::Stored(stored) => digests.push(stored.object.digest),
                    Version::Deleted(_) | Version::Missing => {
                        return Err(Problem::not_found(format!(
                            "there is no object {of_name}:{named}"
                        )));
                    }
                }
            }
            Ok(digests)
        }
        None => {
            let query = ObjectQuery {
                project: of_project,
                names: Some(vec![of_name]),
                kind: None,
            };
            let versions = store.store.objects(&query)?;
            Ok(versions
                .into_iter()
                .map(|stored| stored.object.digest)
                .collect())
        }
    };
    let digests = app.questions.ask(question).await?;
    let deleted = app.store.delete_objects(project, name, digests).await?;
    Ok(reply::json(&json!({"num_deleted": deleted})))
}

#[derive(Deserialize)]
struct ProjectsInfo {
    project_ids: Vec<String>,
}

/// The ids that stand for projects in references, for clients that compute digests themselves.
pub(in crate::weave) async fn projects_info(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let ProjectsInfo { project_ids } = query::read(&app, request).await?;
    let infos: Vec<Value> = project_ids
        .iter()
        .map(|project| {
            json!({"external_project_id": project, "internal_project_id": digest::project_id(project)})
        })
        .collect();
    Ok(reply::json(&infos))
}
