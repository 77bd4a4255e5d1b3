//! `POST /v2/{entity}/{project}/calls/complete`: finished calls, stored before they are acknowledged.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use spanloom_core::Record;

use crate::app::App;
use crate::body::RECORDS;
use crate::reply::{self, Problem};
use crate::store::Incoming;

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    batch: Vec<&'a RawValue>,
}

pub(super) async fn complete(
    State(app): State<Arc<App>>,
    Path((entity, project)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let held = app.bodies.read(&parts.headers, body, RECORDS).await?;
    let parse = move |bytes: &Bytes| records(bytes, &entity, &project);
    let (records, room) = held.parsed(parse).await?;
    let calls = records.into_iter().map(Incoming::from);
    app.store.write(calls.collect()).await?;
    drop(room);
    Ok(reply::json(&serde_json::json!({})))
}

fn records(bytes: &[u8], entity: &str, project: &str) -> Result<Vec<Record>, Problem> {
    let batch: Batch<'_> = serde_json::from_slice(bytes).map_err(|error| {
        Problem::bad_request(format!("expected {{\"batch\": [call, …]}}: {error}"))
    })?;
    let calls = batch.batch.into_iter().enumerate();
    calls
        .map(|(index, call)| {
            record(call, entity, project).map_err(|reason| {
                Problem::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    format!("call {index} of the batch: {reason}"),
                )
            })
        })
        .collect()
}

fn record(call: &RawValue, entity: &str, project: &str) -> Result<Record, String> {
    let record: Record = serde_json::from_str(call.get()).map_err(|error| error.to_string())?;
    if record.stream.entity != entity || record.stream.project != project {
        return Err(format!(
            "its project_id is not {entity}/{project}, the project of the path"
        ));
    }
    if record.id.is_empty() {
        return Err("its id is empty".to_owned());
    }
    Ok(record)
}
