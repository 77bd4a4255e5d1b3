//! `POST /table/update`: another table, made from a stored one.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::{MOST_CHANGED, MOST_ROWS, check_count, row, table};
use crate::app::App;
use crate::reply::{self, Problem};
use crate::store::TableRow;
use crate::weave::objects::check_project;
use crate::weave::query;

#[derive(Deserialize)]
struct Update {
    project_id: String,
    base_digest: String,
    updates: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Append(NewRow),
    Insert(NewRowAt),
    Pop(At),
}

#[derive(Deserialize)]
struct NewRow {
    row: Box<RawValue>,
}

#[derive(Deserialize)]
struct NewRowAt {
    index: usize,
    row: Box<RawValue>,
}

#[derive(Deserialize)]
struct At {
    index: usize,
}

pub(in crate::weave) async fn update(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let (update, room): (Update, _) = query::read_records(&app, request).await?;
    check_project(&update.project_id)?;
    let store = Arc::clone(&app);
    let question = move || {
        let Update {
            project_id,
            base_digest,
            updates,
        } = update;
        let base = store.store.table(&project_id, &base_digest)?;
        let base = base.ok_or_else(|| Problem::not_found("there is no such table"))?;
        let (digests, rows, changed) = changed(base, updates)?;
        Ok((project_id, table(digests), rows, changed))
    };
    let (project, table, rows, changed) = app.questions.ask(question).await?;
    let answer = json!({"digest": table.digest, "updated_row_digests": changed});
    app.store.put_table(project, table, rows).await?;
    drop(room);
    Ok(reply::json(&answer))
}

/// The maximum number of rows that changes may move.
const MOST_MOVED: usize = 100_000_000;

/// The digests of a table's rows, its new rows, and the digest of the row that each change added or removed.
type Changed = (Vec<String>, Vec<TableRow>, Vec<String>);

/// Applies changes in their order.
fn changed(mut digests: Vec<String>, changes: Vec<Change>) -> Result<Changed, Problem> {
    check_count(changes.len(), MOST_CHANGED)?;
    let (mut rows, mut changed) = (Vec::new(), Vec::new());
    let mut moved = 0_usize;
    let outside = || Problem::bad_request("an index is outside of the table");
    for change in changes {
        let (index, new) = match change {
            Change::Append(NewRow { row }) => (digests.len(), Some(row)),
            Change::Insert(NewRowAt { index, row }) => (index, Some(row)),
            Change::Pop(At { index }) => (index, None),
        };
        // Changes at the front move all that follows.
        moved = moved.saturating_add(digests.len().saturating_sub(index));
        check_count(moved, MOST_MOVED)?;
        let digest = match new {
            Some(_) if index > digests.len() => return Err(outside()),
            Some(value) => {
                let row = row(&value)?;
                digests.insert(index, row.digest.clone());
                rows.push(row);
                digests.get(index).cloned()
            }
            None if index < digests.len() => Some(digests.remove(index)),
            None => return Err(outside()),
        };
        changed.extend(digest);
    }
    check_count(digests.len(), MOST_ROWS)?;
    Ok((digests, rows, changed))
}
