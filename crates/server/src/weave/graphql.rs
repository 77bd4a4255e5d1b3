//! `POST /graphql`: the three operations that W&B's client requests when it starts.
//!
//! Operations are recognized by the field they request, since the client names no operation. Every project that a
//! record could be written to exists: projects are created with their first record.

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

/// The name of every user, and the entity of projects that name none: there are no accounts.
pub(super) const USER_NAME: &str = "local";

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
        // GraphQL reports errors in a successful answer.
        json!({"errors": [{"message": message}]})
    });
    Ok(reply::json(&answer))
}

fn answer(operation: &Operation) -> Result<Value, &'static str> {
    let asks_for = |field: &str| operation.query.contains(field);
    let variables = operation.variables.as_ref();
    let name = variables.and_then(|variables| variables.name.as_deref());
    let name = name.filter(|name| StreamName::is_part(name));
    // The client continues with the name in the answer, so the answer repeats the name in the request.
    let data = if asks_for("upsertModel(") {
        let name =
            name.ok_or("a project name must have 1 to 128 letters, digits, -, _, . or spaces")?;
        json!({"upsertModel": {"model": {"name": name, "description": null}}})
    } else if asks_for("project(") {
        json!({"project": name.map(|name| json!({"name": name}))})
    } else if asks_for("viewer") {
        json!({"viewer": {"username": USER_NAME, "defaultEntity": {"name": USER_NAME}}})
    } else {
        return Err("this server supports only project, upsertModel and viewer of W&B's GraphQL");
    };
    Ok(json!({"data": data}))
}
