//! `GET /api/summary`: the numbers, the charts and the available filters.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde_json::{Value, json};
use spanloom_core::Outcome;

use super::bin::Bins;
use super::selection::{Parameters, Selection};
use super::stats::{Accumulator, Series, ms};
use crate::app::App;
use crate::reply::{self, Problem};
use crate::store::{Code, Memory, Row};

/// The maximum number of groups shown; further groups are only counted.
const GROUPS: usize = 12;

/// The property that calls are grouped by.
enum Group {
    Model,
    Operation,
    Provider,
    Status,
    Outcome,
    /// An attribute path; `None` if no call has it.
    Attribute(Option<Code>),
}

impl Group {
    fn read(text: &str, memory: &Memory) -> Result<Self, Problem> {
        Ok(match text {
            "model" => Self::Model,
            "op" => Self::Operation,
            "provider" => Self::Provider,
            "status" => Self::Status,
            "outcome" => Self::Outcome,
            other => match other.strip_prefix("attr:") {
                Some(path) => Self::Attribute(memory.dictionary.code(path)),
                None => {
                    return Err(Problem::bad_request(
                        "group must be model, op, provider, status, outcome or attr:PATH",
                    ));
                }
            },
        })
    }

    fn key<'a>(&self, row: &Row, memory: &'a Memory) -> &'a str {
        let text = |code: Option<Code>| code.map_or("", |code| memory.dictionary.text(code));
        match self {
            Self::Model => text(row.model),
            Self::Operation => text(row.operation),
            Self::Provider => text(row.provider),
            Self::Status => row.status.as_str(),
            Self::Outcome => row.outcome.map_or("", Outcome::as_str),
            Self::Attribute(path) => text(path.and_then(|path| row.attribute(path))),
        }
    }
}

/// The calls of a group: in total and by bucket.
struct Member {
    all: Accumulator,
    buckets: Vec<Accumulator>,
}

impl Member {
    fn new(bins: &Bins) -> Self {
        Self {
            all: Accumulator::default(),
            buckets: vec![Accumulator::default(); bins.count],
        }
    }

    fn add(&mut self, row: &Row, bins: &Bins) {
        self.all.add(row);
        if let Some(bucket) = bins
            .of(row.started_at)
            .and_then(|bin| self.buckets.get_mut(bin))
        {
            bucket.add(row);
        }
    }
}

pub(super) async fn summary(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let memory = app.store.memory();
    let question = move || {
        let parameters = Parameters::read(query.as_deref());
        answer(&parameters, &memory)
    };
    Ok(reply::json(&app.questions.ask(question).await?))
}

fn answer(parameters: &Parameters, memory: &Memory) -> Result<Value, Problem> {
    let selection = Selection::read(parameters, memory)?;
    let group = Group::read(parameters.one("group").unwrap_or("model"), memory)?;
    let most = parameters.number("bins", 60, 1..=400)?;
    let in_range: Vec<&Row> = memory
        .rows
        .iter()
        .filter(|row| row.is_model_call() && selection.is_in_range(row))
        .collect();
    let bins = bins(&selection, &in_range, most);

    let selected: Vec<&Row> = in_range
        .iter()
        .copied()
        .filter(|row| selection.accepts(row))
        .collect();
    let keys = largest(selected.iter().map(|row| group.key(row, memory)));
    let groups_total = keys.len();
    // Only shown groups have columns: there may be as many groups as calls.
    let mut groups: HashMap<&str, Member> = keys
        .iter()
        .take(GROUPS)
        .map(|(key, _)| (*key, Member::new(&bins)))
        .collect();
    let mut whole = Member::new(&bins);
    for row in selected {
        whole.add(row, &bins);
        if let Some(member) = groups.get_mut(group.key(row, memory)) {
            member.add(row, &bins);
        }
    }
    let groups: Vec<Value> = keys
        .iter()
        .filter_map(|(key, _)| Some((key, groups.remove(key)?)))
        .map(|(key, member)| json!({"key": key, "stats": member.all.stats(), "series": Series::of(member.buckets)}))
        .collect();
    Ok(json!({
        "range": {
            "from": ms(bins.first),
            "to": ms(bins.first.saturating_add(bins.width.saturating_mul(i64::try_from(bins.count).unwrap_or(i64::MAX)))),
            "bin_ms": ms(bins.width),
        },
        "bins": bins.edges().map(ms).collect::<Vec<_>>(),
        "totals": whole.all.stats(),
        "all": Series::of(whole.buckets),
        "groups": groups,
        "groups_total": groups_total,
        "models": models(&in_range, memory),
        "attributes": attributes(&in_range, memory),
    }))
}

/// Returns buckets over the requested range, or over the range of the rows.
fn bins(selection: &Selection, rows: &[&Row], most: usize) -> Bins {
    let times = || rows.iter().map(|row| row.started_at);
    let from = selection.range.from.or_else(|| times().min()).unwrap_or(0);
    let to = selection
        .range
        .to
        .or_else(|| times().max().map(|last| last.saturating_add(1)))
        .unwrap_or(from);
    Bins::cover(from, to, most)
}

fn models(rows: &[&Row], memory: &Memory) -> Vec<Value> {
    largest(
        rows.iter()
            .map(|row| row.model.map_or("", |model| memory.dictionary.text(model))),
    )
    .into_iter()
    .map(|(key, calls)| json!({"key": key, "calls": calls}))
    .collect()
}

/// Returns the count of each key, the most frequent first, equal counts by name.
fn largest<'a>(keys: impl Iterator<Item = &'a str>) -> Vec<(&'a str, u64)> {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable_by(|(key, calls), (other_key, other)| {
        other.cmp(calls).then_with(|| key.cmp(other_key))
    });
    counts
}

fn attributes(rows: &[&Row], memory: &Memory) -> Vec<Value> {
    let mut values: HashMap<Code, HashSet<Code>> = HashMap::new();
    for (path, value) in rows.iter().flat_map(|row| row.attributes.iter()) {
        values.entry(*path).or_default().insert(*value);
    }
    let mut shown: Vec<(&str, usize)> = values
        .into_iter()
        .map(|(path, values)| (memory.dictionary.text(path), values.len()))
        .collect();
    shown.sort_unstable();
    shown
        .into_iter()
        .map(|(path, values)| json!({"path": path, "values": values}))
        .collect()
}
