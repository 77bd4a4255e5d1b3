//! `POST /graphql`: the three operations W&B's client asks when it starts.
//!
//! Known by the field they ask for, since the client names no operation. Every project a record could be written to is
//! there: projects come into being with their first record.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use spanloom_core::StreamName;

use super::query;
use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};

/// Who everybody is, and whose the projects are that name no entity: there are no accounts.
const USER_NAME: &str = "local";

#[derive(Deserialize)]
struct Operation {
    query: String,
    #[serde(default)]
    variables: Option<Variables>,
}

#[derive(Default, Deserialize)]
struct Variables {
    #[serde(default)]
    name: Option<String>,
}

pub(super) async fn graphql(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let operation: Operation = query::read(&app, request, QUERY).await?;
    let answer = answer(&operation).unwrap_or_else(|message| {
        // GraphQL tells of errors in an answer of success.
        json!({"errors": [{"message": message}]})
    });
    Ok(reply::json(&answer))
}

fn answer(operation: &Operation) -> Result<Value, &'static str> {
    let asks_for = |field: &str| operation.query.contains(field);
    let variables = operation.variables.as_ref();
    let name = variables.and_then(|variables| variables.name.as_deref());
    let name = name.filter(|name| StreamName::is_part(name));
    // The client goes on with the name it is told, so it is told the one it said.
    let data = if asks_for("upsertModel(") {
        let name =
            name.ok_or("a project's name has 1 to 128 letters, digits, -, _, . or spaces")?;
        json!({"upsertModel": {"model": {"name": name, "description": null}}})
    } else if asks_for("project(") {
        json!({"project": name.map(|name| json!({"name": name}))})
    } else if asks_for("viewer") {
        json!({"viewer": {"username": USER_NAME, "defaultEntity": {"name": USER_NAME}}})
    } else {
        return Err("of W&B's GraphQL this server knows project, upsertModel and viewer");
    };
    Ok(json!({"data": data}))
}
