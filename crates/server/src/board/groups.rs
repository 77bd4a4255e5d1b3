//! `GET /api/groups`: calls grouped by one or two properties, in any order, with the mean and the spread of their numbers.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::parameters::Parameters;
use super::property;
use super::quantity::Quantities;
use super::scope::Scope;
use super::sort::Sort;
use super::stats::Stats;
use super::views::{View, see};
use crate::app::App;
use crate::reply::{self, Problem};
use crate::store::Memory;
use crate::store::question::{Dimension, Groups, Until};

pub(super) async fn groups(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::of_selection(
        query.as_deref(),
        &["group", "sort", "limit", "offset", "spans"],
    )?;
    let scope = Scope::of(&app, &parameters).await?;
    let question = move |until: &Until| answer(&parameters, &scope, until);
    Ok(reply::json(&app.questions.ask_until(question).await?))
}

fn answer(parameters: &Parameters, scope: &Scope, until: &Until) -> Result<Value, Problem> {
    let memory = &*scope.memory;
    let by = read_groups(parameters, memory)?;
    let view = View {
        groups: by,
        sort: Sort::read(parameters.one("sort").unwrap_or("-calls"))?,
        limit: parameters.number("limit", 50, 1..=500)?,
        offset: parameters.number("offset", 0, 0..=usize::MAX)?,
        bins: None,
        with_times: true,
        quantities: Quantities::own(),
    };
    let with_spans = parameters.switch("spans")?;
    let filter = || scope.filter_of(with_spans);
    let seen = see(memory, &filter, std::slice::from_ref(&view), until)?;
    let seen = seen.into_iter().next();
    let seen = seen.ok_or_else(|| Problem::internal("the groups were not measured"))?;
    let count = by.iter().flatten().count();
    let groups = seen.found.groups.iter().zip(&seen.spreads);
    let groups = groups.map(|((key, series), spreads)| {
        json!({
            "keys": view.names(key, memory).get(..count).unwrap_or_default(),
            "stats": Stats::of(&series.all),
            "spread": view.quantities.shown(spreads),
        })
    });
    Ok(json!({
        "groups": groups.collect::<Vec<_>>(),
        "total": seen.total,
        // The others have fewer calls than each of these, and are not shown: filters lead to them.
        "measured": seen.measured,
        "totals": Stats::of(&seen.found.all.all),
        "search": scope.about_search(),
    }))
}

fn read_groups(parameters: &Parameters, memory: &Memory) -> Result<Groups, Problem> {
    let asked: Vec<&str> = parameters.all("group").collect();
    match asked.is_empty() {
        true => Ok([Some(Dimension::Model), None]),
        false => property::read_groups(&asked, memory),
    }
}
