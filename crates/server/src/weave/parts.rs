//! Calls in two parts, start and end, in any order: `POST /call/start`, `/call/end`, `/call/upsert_batch`, and the same two
//! beneath `/v2/{entity}/{project}`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use spanloom_core::Record;

use crate::body::{Held, RECORDS};
use crate::reply::{self, Problem};
use crate::server::App;
use crate::store::CallEnd;

#[derive(Deserialize)]
struct Start {
    start: Box<Record>,
}

#[derive(Deserialize)]
struct End {
    end: CallEnd,
}

#[derive(Deserialize)]
struct Batch {
    batch: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(tag = "mode", content = "req", rename_all = "lowercase")]
enum Part {
    Start(Start),
    End(End),
}

/// `entity/project` of the path, where there is one.
type Project = Option<Path<(String, String)>>;

pub(super) async fn start(
    State(app): State<Arc<App>>,
    project: Project,
    request: Request,
) -> Result<Response, Problem> {
    let (Start { start }, held) = read(&app, request).await?;
    belongs(
        &project,
        &format!("{}/{}", start.stream.entity, start.stream.project),
    )?;
    let answer = started(&start);
    app.store.write(vec![*start]).await?;
    drop(held);
    Ok(reply::json(&answer))
}

pub(super) async fn end(
    State(app): State<Arc<App>>,
    project: Project,
    request: Request,
) -> Result<Response, Problem> {
    let (End { end }, held) = read(&app, request).await?;
    belongs(&project, &end.project_id)?;
    app.store.write_parts(Vec::new(), vec![end]).await?;
    drop(held);
    Ok(reply::json(&json!({})))
}

pub(super) async fn upsert_batch(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let (Batch { batch }, held) = read(&app, request).await?;
    let answers: Vec<Value> = batch.iter().map(answer).collect();
    let (records, ends) = together(batch);
    app.store.write_parts(records, ends).await?;
    drop(held);
    Ok(reply::json(&json!({"res": answers})))
}

/// Reads a body of records, which stays in the account of bodies until `Held` is dropped.
async fn read<T: serde::de::DeserializeOwned + Send + 'static>(
    app: &App,
    request: Request,
) -> Result<(T, crate::body::Room), Problem> {
    let (parts, body) = request.into_parts();
    let Held { bytes, room } = app.bodies.read(&parts.headers, body, RECORDS).await?;
    // Off the threads that serve requests: there may be 64 MiB of it.
    let parsed = tokio::task::spawn_blocking(move || serde_json::from_slice(&bytes)).await;
    let parsed = parsed.map_err(|_| Problem::internal("the body was not read"))?;
    let read = parsed.map_err(|error: serde_json::Error| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("the body cannot be read: {error}"),
        )
    })?;
    Ok((read, room))
}

fn belongs(path: &Project, project: &str) -> Result<(), Problem> {
    let of_path = path
        .as_ref()
        .map(|Path((entity, project))| format!("{entity}/{project}"));
    match of_path {
        Some(of_path) if of_path != project => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("its project_id is not {of_path}, the project of the path"),
        )),
        _ => Ok(()),
    }
}

fn started(start: &Record) -> Value {
    json!({"id": start.id, "trace_id": start.trace_id})
}

fn answer(part: &Part) -> Value {
    match part {
        Part::Start(Start { start }) => started(start),
        Part::End(_) => json!({}),
    }
}

/// The starts, with those ends that came with them, and the other ends.
fn together(batch: Vec<Part>) -> (Vec<Record>, Vec<CallEnd>) {
    let (mut records, mut ends): (Vec<Record>, Vec<CallEnd>) = (Vec::new(), Vec::new());
    for part in batch {
        match part {
            Part::Start(Start { start }) => records.push(*start),
            Part::End(End { end }) => ends.push(end),
        }
    }
    let key = |project: &str, id: &str| (project.to_owned(), id.to_owned());
    let mut places = HashMap::new();
    for (place, record) in records.iter().enumerate() {
        let project = format!("{}/{}", record.stream.entity, record.stream.project);
        places.insert(key(&project, &record.id), place);
    }
    let mut alone = Vec::new();
    for end in ends {
        let place = places.get(&key(&end.project_id, &end.id));
        match place.and_then(|place| records.get_mut(*place)) {
            Some(record) => end.complete(record),
            None => alone.push(end),
        }
    }
    (records, alone)
}
