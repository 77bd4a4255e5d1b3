//! `POST /table/create` and `/table/create_from_digests`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::{MOST_CHANGED, MOST_ROWS, check_count, check_digest, row, table};
use crate::app::App;
use crate::body::RECORDS;
use crate::reply::{self, Problem};
use crate::store::{Table, TableRow};
use crate::weave::objects::check_project;
use crate::weave::query;

#[derive(Deserialize)]
struct Create<'a> {
    #[serde(borrow)]
    table: NewTable<'a>,
}

#[derive(Deserialize)]
struct NewTable<'a> {
    project_id: String,
    #[serde(borrow)]
    rows: Vec<&'a RawValue>,
    #[serde(default)]
    expected_digest: Option<String>,
}

pub(in crate::weave) async fn create(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let held = app.bodies.read(&parts.headers, body, RECORDS).await?;
    let ((project, table, rows), room) = held.parsed(|bytes| new_table(bytes)).await?;
    let answer = json!({"digest": table.digest, "row_digests": table.rows});
    app.store.put_table(project, table, rows).await?;
    drop(room);
    Ok(reply::json(&answer))
}

fn new_table(body: &[u8]) -> Result<(String, Table, Vec<TableRow>), Problem> {
    let Create { table: new } = serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("the body cannot be read: {error}")))?;
    check_project(&new.project_id)?;
    check_count(new.rows.len(), MOST_CHANGED)?;
    let rows: Vec<TableRow> = new.rows.into_iter().map(row).collect::<Result<_, _>>()?;
    let table = table(rows.iter().map(|row| row.digest.clone()).collect());
    check_digest(&table, new.expected_digest.as_ref())?;
    Ok((new.project_id, table, rows))
}

#[derive(Deserialize)]
struct FromDigests {
    project_id: String,
    row_digests: Vec<String>,
    #[serde(default)]
    expected_digest: Option<String>,
}

/// Makes a table of rows that were stored before. Rows that are not there are left out of answers.
pub(in crate::weave) async fn create_from_digests(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let (new, room): (FromDigests, _) = query::read_records(&app, request).await?;
    check_project(&new.project_id)?;
    check_count(new.row_digests.len(), MOST_ROWS)?;
    let is_digest = |digest: &String| {
        !digest.is_empty() && digest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if !new.row_digests.iter().all(is_digest) {
        return Err(Problem::bad_request(
            "row_digests has a text that is no digest",
        ));
    }
    let table = table(new.row_digests);
    check_digest(&table, new.expected_digest.as_ref())?;
    let answer = json!({"digest": table.digest});
    app.store
        .put_table(new.project_id, table, Vec::new())
        .await?;
    drop(room);
    Ok(reply::json(&answer))
}
