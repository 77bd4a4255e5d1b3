//! Calls in two parts, start and end, in any order: `POST /call/start`, `/call/end`, `/call/upsert_batch`, and the
//! first two also below `/v2/{entity}/{project}`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use spanloom_core::Record;

use super::{objects, query};
use crate::app::App;
use crate::body::RECORDS;
use crate::reply::{self, Problem};
use crate::store::{CallChange, Incoming};

#[derive(Deserialize)]
struct Start {
    start: Record,
}

#[derive(Deserialize)]
struct End {
    end: CallChange,
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    batch: Vec<Item<'a>>,
}

/// A part, whose members may come in any order.
#[derive(Deserialize)]
struct Item<'a> {
    mode: Mode,
    #[serde(borrow)]
    req: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Start,
    End,
}

/// The contents of a batch: the starts, completed by the ends that arrived with them; the other ends; and the answers.
type Parts = (Vec<Record>, Vec<CallChange>, Vec<Value>);

/// `entity/project` of the path, if present.
type Project = Option<Path<(String, String)>>;

pub(super) async fn start(
    State(app): State<Arc<App>>,
    project: Project,
    request: Request,
) -> Result<Response, Problem> {
    let (Start { start }, held) = query::read_records(&app, request).await?;
    has_id(&start.id)?;
    belongs(
        &project,
        &format!("{}/{}", start.stream.entity, start.stream.project),
    )?;
    let answer = started(&start);
    app.store.write(vec![start.into()]).await?;
    drop(held);
    Ok(reply::json(&answer))
}

pub(super) async fn end(
    State(app): State<Arc<App>>,
    project: Project,
    request: Request,
) -> Result<Response, Problem> {
    let (End { end }, held) = query::read_records(&app, request).await?;
    check(&end)?;
    belongs(&project, &end.project_id)?;
    app.store.write_parts(Vec::new(), vec![end]).await?;
    drop(held);
    Ok(reply::json(&json!({})))
}

pub(super) async fn upsert_batch(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let held = app.bodies.read(&parts.headers, body, RECORDS).await?;
    let ((records, ends, answers), room) = held.parsed(|bytes| batch(bytes)).await?;
    let calls = records.into_iter().map(Incoming::from);
    app.store.write_parts(calls.collect(), ends).await?;
    drop(room);
    Ok(reply::json(&json!({"res": answers})))
}

fn unreadable(error: &serde_json::Error) -> Problem {
    unprocessable(format!("the body cannot be read: {error}"))
}

fn unprocessable(reason: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason)
}

/// Refuses an end that no start could ever complete; starts are checked as whole calls are.
fn check(end: &CallChange) -> Result<(), Problem> {
    objects::check_project(&end.project_id)?;
    match end.ended_at {
        Some(_) => has_id(&end.id),
        None => Err(unprocessable("a call's end has no ended_at".to_owned())),
    }
}

fn has_id(id: &str) -> Result<(), Problem> {
    match id.is_empty() {
        true => Err(unprocessable("a call's id is empty".to_owned())),
        false => Ok(()),
    }
}

fn belongs(path: &Project, project: &str) -> Result<(), Problem> {
    let of_path = path
        .as_ref()
        .map(|Path((entity, project))| format!("{entity}/{project}"));
    match of_path {
        Some(of_path) if of_path != project => Err(unprocessable(format!(
            "its project_id is not {of_path}, the project of the path"
        ))),
        _ => Ok(()),
    }
}

fn started(start: &Record) -> Value {
    json!({"id": start.id, "trace_id": start.trace_id})
}

fn batch(bytes: &[u8]) -> Result<Parts, Problem> {
    let Batch { batch } = serde_json::from_slice(bytes).map_err(|error| unreadable(&error))?;
    let (mut records, mut ends, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    for (index, Item { mode, req }) in batch.into_iter().enumerate() {
        let failed =
            |error: serde_json::Error| unprocessable(format!("part {index} of the batch: {error}"));
        match mode {
            Mode::Start => {
                let Start { start } = serde_json::from_str(req.get()).map_err(failed)?;
                has_id(&start.id)?;
                answers.push(started(&start));
                records.push(start);
            }
            Mode::End => {
                let End { end } = serde_json::from_str(req.get()).map_err(failed)?;
                check(&end)?;
                answers.push(json!({}));
                ends.push(end);
            }
        }
    }
    let alone = complete(&mut records, ends);
    Ok((records, alone, answers))
}

/// Adds ends to the starts that arrived with them, and returns the other ends.
fn complete(records: &mut [Record], ends: Vec<CallChange>) -> Vec<CallChange> {
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
            Some(record) => end.apply(record),
            None => alone.push(end),
        }
    }
    alone
}
