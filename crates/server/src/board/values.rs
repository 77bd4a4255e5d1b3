//! `GET /api/values`: the values of a property, those of most calls first; for lists of suggestions.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::parameters::Parameters;
use super::property;
use super::scope::Scope;
use crate::app::App;
use crate::reply::{self, Problem};
use crate::store::question::{self, Until};

/// The values of an answer, and the most that there may be.
const VALUES: usize = 20;
const MOST: usize = 1_000;

pub(super) async fn values(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::of_selection(query.as_deref(), &["of", "prefix", "limit"])?;
    let scope = Scope::of(&app, &parameters).await?;
    let question = move |until: &Until| answer(&parameters, &scope, until);
    Ok(reply::json(&app.questions.ask_until(question).await?))
}

fn answer(parameters: &Parameters, scope: &Scope, until: &Until) -> Result<Value, Problem> {
    let memory = &*scope.memory;
    let of = property::read("of", parameters.required("of")?, memory)?;
    let filter = scope.filter_without(Some(of));
    let prefix = parameters.one("prefix").unwrap_or_default().to_lowercase();
    let limit = parameters.number("limit", VALUES, 1..=MOST)?;
    let is_wanted = |code| {
        property::value(of, Some(code), memory)
            .to_lowercase()
            .starts_with(&prefix)
    };
    let order = |left, right| {
        property::value(of, Some(left), memory).cmp(property::value(of, Some(right), memory))
    };
    let found = question::distinct(&memory.rows, &filter, of, is_wanted, order, until)?;
    let total = found.len();
    let shown = found.into_iter().take(limit);
    let values = shown.map(
        |(code, calls)| json!({"value": property::value(of, Some(code), memory), "calls": calls}),
    );
    Ok(json!({"total": total, "values": values.collect::<Vec<_>>()}))
}
