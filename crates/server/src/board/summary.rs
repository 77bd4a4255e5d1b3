//! `GET /api/summary`: the numbers, the charts and the available filters.

use std::cmp::Ordering;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::parameters::Parameters;
use super::property;
use super::scope::{Scope, model_calls};
use super::stats::{Series, Stats, ms};
use crate::app::App;
use crate::reply::{self, Problem};
use crate::store::question::{self, By, Dimension, Key, Until, Which};
use crate::store::{Code, Memory};

/// The maximum number of groups shown; further groups are only counted.
const GROUPS: usize = 12;

pub(super) async fn summary(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::of_selection(query.as_deref(), &["group", "bins"])?;
    let scope = Scope::of(&app, &parameters).await?;
    let question = move |until: &Until| answer(&parameters, &scope, until);
    Ok(reply::json(&app.questions.ask_until(question).await?))
}

fn answer(parameters: &Parameters, scope: &Scope, until: &Until) -> Result<Value, Problem> {
    let (memory, selection) = (&*scope.memory, &*scope.selection);
    let group = property::read("group", parameters.one("group").unwrap_or("model"), memory)?;
    let most_bins = parameters.number("bins", 60, 1..=400)?;
    let in_range = model_calls(selection.in_range());
    let starts = question::starts(&memory.rows, &in_range, until)?;
    let of_models = model_calls(scope.filter_without(Some(Dimension::Model)));
    let models = question::counts(&memory.rows, &of_models, Dimension::Model, until)?;
    let attributes = question::attributes(&memory.rows, &in_range, until)?;
    let by = By {
        groups: [Some(group), None],
        which: Which::Largest(GROUPS),
        // The axis of time covers all calls in range, whatever the other filters. Without a call it is empty.
        starts: starts.unwrap_or((0, -1)),
        most_bins,
        with_times: true,
    };
    let name_of = |code: Option<Code>| property::value(group, code, memory);
    let by_name = |[left, _]: &Key, [right, _]: &Key| name_of(*left).cmp(name_of(*right));
    let filter = model_calls(scope.filter());
    let found = question::breakdown(&memory.rows, &filter, by, by_name, until)?;
    let groups = found.groups.iter().map(|([code, _], series)| {
        json!({
            "key": name_of(*code),
            "stats": Stats::of(&series.all),
            "series": Series::of(&series.bins),
        })
    });
    Ok(json!({
        "range": {
            "from": ms(found.bins.first),
            "to": ms(found.bins.last()),
            "bin_ms": ms(found.bins.width),
        },
        "bins": found.bins.edges().map(ms).collect::<Vec<_>>(),
        "totals": Stats::of(&found.all.all),
        "all": Series::of(&found.all.bins),
        "groups": groups.collect::<Vec<_>>(),
        "groups_total": found.groups_total,
        "models": models_by_calls(&models, memory),
        "attributes": attribute_paths(attributes, memory),
        "search": scope.about_search(),
    }))
}

/// Returns models with the number of their calls, the most frequent first, equal numbers by name.
fn models_by_calls(calls: &[(Option<Code>, u64)], memory: &Memory) -> Vec<Value> {
    let named = calls
        .iter()
        .map(|(code, calls)| (property::value(Dimension::Model, *code, memory), *calls));
    let mut named: Vec<(&str, u64)> = named.collect();
    named.sort_unstable_by(
        |(name, calls), (other_name, other)| match other.cmp(calls) {
            Ordering::Equal => name.cmp(other_name),
            order => order,
        },
    );
    named
        .into_iter()
        .map(|(key, calls)| json!({"key": key, "calls": calls}))
        .collect()
}

/// Returns attribute paths sorted by name, with the number of their values.
fn attribute_paths(found: impl IntoIterator<Item = (Code, usize)>, memory: &Memory) -> Vec<Value> {
    let named = found
        .into_iter()
        .map(|(path, values)| (memory.dictionary.text(path), values));
    let mut shown: Vec<(&str, usize)> = named.collect();
    shown.sort_unstable();
    shown
        .into_iter()
        .map(|(path, values)| json!({"path": path, "values": values}))
        .collect()
}
