//! Boards that people have saved, with their versions: `GET` and `POST /api/boards`, `GET` and `DELETE /api/board`.
//!
//! | file | what |
//! |---|---|
//! | `form` | what may be saved |

mod form;

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use spanloom_core::Timestamp;
use uuid::Uuid;

use super::parameters::Parameters;
use super::stats::ms;
use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};
use crate::store::{Base, BoardVersion, Saving};
use form::Board;

/// What is stored of a version.
#[derive(Deserialize, Serialize)]
struct Fields {
    /// The version deletes the board, which can be saved again.
    deleted: bool,
    /// As it was saved.
    board: Box<RawValue>,
}

/// What lists show of a board.
#[derive(Deserialize)]
struct Shown {
    title: String,
    stream: Option<String>,
    panels: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Save {
    entity: String,
    project: String,
    /// A new board has none.
    id: Option<String>,
    /// The version that was changed; any, if it is not given.
    base: Option<u64>,
    board: Board,
}

/// Returns a version with its fields; `None` if they cannot be read.
fn read(version: &BoardVersion) -> Option<(Fields, Shown)> {
    let fields: Fields = serde_json::from_str(&version.fields).ok()?;
    let shown = serde_json::from_str(fields.board.get()).ok()?;
    Some((fields, shown))
}

fn missing() -> Problem {
    Problem::not_found("there is no such board in this project")
}

pub(super) async fn list(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["entity", "project"])?;
    let project = parameters.project()?;
    let question = {
        let app = Arc::clone(&app);
        move || Ok(listed(app.store.boards(&project)?))
    };
    let boards = app.questions.ask(question).await?;
    Ok(reply::json(&json!({"boards": boards})))
}

/// Returns the boards by title.
fn listed(versions: Vec<BoardVersion>) -> Vec<Value> {
    let mut listed: Vec<(String, Value)> = Vec::with_capacity(versions.len());
    for version in versions {
        let Some((fields, shown)) = read(&version) else {
            continue;
        };
        let entry = json!({
            "id": version.board,
            "version": version.number,
            "title": shown.title,
            "stream": shown.stream,
            "panels": shown.panels.len(),
            "saved_at": ms(version.saved_at.as_nanos()),
            "deleted": fields.deleted,
        });
        listed.push((shown.title, entry));
    }
    listed.sort_by(|(one, _), (other, _)| one.cmp(other));
    listed.into_iter().map(|(_, entry)| entry).collect()
}

pub(super) async fn one(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let names = ["entity", "project", "id", "version"];
    let parameters = Parameters::read(query.as_deref(), &names)?;
    let (project, id) = (parameters.project()?, parameters.required("id")?.to_owned());
    let number = match parameters.one("version") {
        None => None,
        Some(text) => Some(
            text.parse()
                .map_err(|_| Problem::bad_request("version must be the number of a version"))?,
        ),
    };
    let question = {
        let app = Arc::clone(&app);
        move || found(&app.store.board(&project, &id)?, number)
    };
    Ok(reply::json(&app.questions.ask(question).await?))
}

/// Returns the version with the number, or the last one, and which versions there are.
fn found(versions: &[BoardVersion], number: Option<u64>) -> Result<Value, Problem> {
    let wanted = versions
        .iter()
        .find(|version| number.is_none_or(|number| version.number == number));
    let version = wanted.ok_or_else(missing)?;
    let (fields, _) = read(version).ok_or_else(|| Problem::internal("the board cannot be read"))?;
    let history = versions.iter().filter_map(|version| {
        let (fields, shown) = read(version)?;
        Some(json!({
            "version": version.number,
            "title": shown.title,
            "saved_at": ms(version.saved_at.as_nanos()),
            "deleted": fields.deleted,
        }))
    });
    Ok(json!({
        "id": version.board,
        "version": version.number,
        "saved_at": ms(version.saved_at.as_nanos()),
        "deleted": fields.deleted,
        "board": fields.board,
        "history": history.collect::<Vec<_>>(),
    }))
}

pub(super) async fn save(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let save: Save = app.bodies.json(request, QUERY).await?;
    save.board.check()?;
    let place = [("entity", save.entity), ("project", save.project)];
    let project = Parameters::of(place.into()).project()?;
    let base = match (&save.id, save.base) {
        (Some(_), Some(base)) => Base::Version(base),
        (Some(_), None) => Base::Last,
        (None, None) => Base::New,
        (None, Some(_)) => return Err(Problem::bad_request("base is of a board with an id")),
    };
    let id = save.id.unwrap_or_else(|| Uuid::now_v7().to_string());
    let board = serde_json::value::to_raw_value(&save.board)
        .map_err(|_| Problem::internal("the board cannot be written"))?;
    let fields = Fields {
        deleted: false,
        board,
    };
    let (version, saved_at) = put(&app, project, id.clone(), base, &fields).await?;
    let saved_at = ms(saved_at.as_nanos());
    Ok(reply::json(
        &json!({"id": id, "version": version, "saved_at": saved_at}),
    ))
}

pub(super) async fn delete(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["entity", "project", "id"])?;
    let (project, id) = (parameters.project()?, parameters.required("id")?.to_owned());
    let question = {
        let (app, project, id) = (Arc::clone(&app), project.clone(), id.clone());
        move || Ok(app.store.board(&project, &id)?)
    };
    let versions = app.questions.ask(question).await?;
    let last = versions
        .first()
        .and_then(|last| Some((last, read(last)?.0)));
    let Some((last, fields)) = last.filter(|(_, fields)| !fields.deleted) else {
        return Err(missing());
    };
    let fields = Fields {
        deleted: true,
        ..fields
    };
    let base = Base::Version(last.number);
    let (version, _) = put(&app, project, id, base, &fields).await?;
    Ok(reply::json(&json!({"version": version})))
}

/// Saves a version; returns its number and time.
async fn put(
    app: &App,
    project: String,
    id: String,
    base: Base,
    fields: &Fields,
) -> Result<(u64, Timestamp), Problem> {
    let now = Timestamp::from(SystemTime::now());
    let fields = serde_json::to_string(fields)
        .map_err(|_| Problem::internal("the board cannot be written"))?;
    match app.store.save_board(project, id, base, now, fields).await? {
        Saving::Saved(version) => Ok((version, now)),
        Saving::Missing => Err(missing()),
        Saving::Stale(last) => Err(Problem::new(
            StatusCode::CONFLICT,
            format!("the board was saved since: its last version is {last}"),
        )),
        Saving::Full => Err(Problem::new(
            StatusCode::CONFLICT,
            "the project has as many boards as it may have; delete one",
        )),
    }
}
