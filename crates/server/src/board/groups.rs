//! `GET /api/groups`: calls grouped by one or two properties, in any order, with the mean and the spread of their numbers.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::parameters::Parameters;
use super::property;
use super::scope::Scope;
use super::stats::Stats;
use super::summary::model_calls;
use crate::app::App;
use crate::reply::{self, Problem};
use crate::store::Memory;
use crate::store::question::{self, By, Dimension, Key, Measures, Number, Series, Spread, Until};

/// The most groups that are measured and put in order: those of most calls.
const MOST: usize = 2_000;

/// The numbers whose spread is shown, and what a unit of theirs is in the answer.
const SPREADS: [(&str, Number, f64); 5] = [
    ("latency_ms", Number::Latency, 1e6),
    ("ttfc_ms", Number::FirstChunk, 1e6),
    ("cost_usd", Number::Cost, 1e9),
    ("output_tokens", Number::OutputTokens, 1.0),
    ("total_tokens", Number::TotalTokens, 1.0),
];

/// A measure that groups are sorted by.
type Measure = fn(&Measures) -> Option<f64>;

const MEASURES: [(&str, Measure); 13] = [
    ("calls", |of| Some(of.calls as f64)),
    ("errors", |of| Some(of.errors as f64)),
    ("error_rate", |of| {
        Some(of.errors as f64 / of.calls.max(1) as f64)
    }),
    ("cost_usd", |of| of.cost.total().map(|nanos| nanos as f64)),
    ("mean_cost_usd", |of| of.cost.mean()),
    ("input_tokens", |of| {
        of.input_tokens.total().map(|tokens| tokens as f64)
    }),
    ("output_tokens", |of| {
        of.output_tokens.total().map(|tokens| tokens as f64)
    }),
    ("mean_ms", |of| of.latency.mean()),
    ("p50_ms", |of| quantile(of, 0.5)),
    ("p95_ms", |of| quantile(of, 0.95)),
    ("p99_ms", |of| quantile(of, 0.99)),
    ("ttfc_p50_ms", |of| {
        of.first_chunk.quantile(0.5).map(|nanos| nanos as f64)
    }),
    ("last_started_at", |of| of.last.map(|nanos| nanos as f64)),
];

fn quantile(of: &Measures, share: f64) -> Option<f64> {
    of.latency.quantile(share).map(|nanos| nanos as f64)
}

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
    let sort = Sort::read(parameters.one("sort").unwrap_or("-calls"))?;
    let limit = parameters.number("limit", 50, 1..=500)?;
    let offset = parameters.number("offset", 0, 0..=usize::MAX)?;
    // Tools and agents are spans, not calls to a model.
    let with_spans = parameters.switch("spans")?;
    let filter = || match with_spans {
        true => scope.filter(),
        false => model_calls(scope.filter()),
    };
    let names = |key: &Key| name_all(by, key, memory);
    let count = by.iter().flatten().count();
    let found = question::breakdown(
        &memory.rows,
        &filter(),
        By::groups(by, MOST),
        |left, right| names(left).cmp(&names(right)),
        until,
    )?;
    let measured = found.groups.len();
    let groups = sort.apply(found.groups, names);
    let shown: Vec<(Key, Series)> = groups.into_iter().skip(offset).take(limit).collect();
    let keys: Vec<Key> = shown.iter().map(|(key, _)| *key).collect();
    let numbers = SPREADS.map(|(_, number, _)| number);
    let spreads = question::spread(&memory.rows, &filter(), by, &keys, numbers, until)?;
    let groups = shown.iter().zip(spreads).map(|((key, series), spreads)| {
        json!({
            "keys": names(key).get(..count).unwrap_or_default(),
            "stats": Stats::of(&series.all),
            "spread": ShownSpread::all(spreads),
        })
    });
    Ok(json!({
        "groups": groups.collect::<Vec<_>>(),
        "total": found.groups_total,
        // The others have fewer calls than each of these, and are not shown: filters lead to them.
        "measured": measured,
        "totals": Stats::of(&found.all.all),
        "search": scope.about_search(),
    }))
}

fn read_groups(
    parameters: &Parameters,
    memory: &Memory,
) -> Result<[Option<Dimension>; 2], Problem> {
    // Two paths that no call has are the same property, and not the same question.
    let asked: Vec<&str> = parameters.all("group").collect();
    if matches!(asked.as_slice(), [one, other] if one == other) {
        return Err(Problem::bad_request("both groups are the same"));
    }
    let groups = asked
        .into_iter()
        .map(|text| property::read("group", text, memory));
    let groups: Vec<Dimension> = groups.collect::<Result<_, _>>()?;
    match groups.as_slice() {
        [] => Ok([Some(Dimension::Model), None]),
        [one] => Ok([Some(*one), None]),
        [one, other] => Ok([Some(*one), Some(*other)]),
        _ => Err(Problem::bad_request(
            "calls are grouped by two properties at most",
        )),
    }
}

/// Returns the names of a group's values; a property that is not asked for has an empty one.
fn name_all<'m>(by: [Option<Dimension>; 2], key: &Key, memory: &'m Memory) -> [&'m str; 2] {
    let ([first, second], [one, other]) = (by, *key);
    let name = |of: Option<Dimension>, code| of.map_or("", |of| property::value(of, code, memory));
    [name(first, one), name(second, other)]
}

/// The order of groups.
struct Sort {
    /// `None` sorts by name.
    measure: Option<Measure>,
    descending: bool,
}

impl Sort {
    fn read(text: &str) -> Result<Self, Problem> {
        let (descending, name) = text
            .strip_prefix('-')
            .map_or((false, text), |name| (true, name));
        let measure = MEASURES.iter().find(|(measure, _)| *measure == name);
        if measure.is_none() && name != "key" {
            let names: Vec<&str> = MEASURES.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            return Err(Problem::bad_request(format!(
                "sort must be key or one of {names}, prefixed with - for descending"
            )));
        }
        let measure = measure.map(|(_, measure)| *measure);
        Ok(Self {
            measure,
            descending,
        })
    }

    /// Sorts groups. Unknown measures come last in either direction, equal ones by name.
    fn apply<'m>(
        &self,
        groups: Vec<(Key, Series)>,
        names: impl Fn(&Key) -> [&'m str; 2],
    ) -> Vec<(Key, Series)> {
        let measure = |series: &Series| self.measure.and_then(|of| of(&series.all));
        let ranked = groups.into_iter().map(|group| (measure(&group.1), group));
        let mut ranked: Vec<_> = ranked.collect();
        ranked.sort_by(|(left, (left_key, _)), (right, (right_key, _))| {
            let order = match (left, right) {
                (Some(left), Some(right)) => left.total_cmp(right),
                // In the direction of the sort, so that reversing it leaves them last.
                (left, right) if self.descending => left.is_some().cmp(&right.is_some()),
                (left, right) => right.is_some().cmp(&left.is_some()),
            };
            let order = if self.descending {
                order.reverse()
            } else {
                order
            };
            let by_name = || match (self.measure, self.descending) {
                (None, true) => names(right_key).cmp(&names(left_key)),
                _ => names(left_key).cmp(&names(right_key)),
            };
            order.then_with(by_name)
        });
        ranked.into_iter().map(|(_, group)| group).collect()
    }
}

/// The number of values, their mean and their standard deviation; a single value has no deviation.
#[derive(Serialize)]
struct ShownSpread {
    n: u64,
    mean: Option<f64>,
    deviation: Option<f64>,
}

impl ShownSpread {
    fn all(spreads: [Spread; SPREADS.len()]) -> Value {
        let shown = SPREADS
            .iter()
            .zip(spreads)
            .map(|((name, _, unit), spread)| {
                let shown = Self {
                    n: spread.count,
                    mean: spread.mean().map(|mean| mean / unit),
                    deviation: spread.deviation().map(|deviation| deviation / unit),
                };
                ((*name).to_owned(), json!(shown))
            });
        Value::Object(shown.collect())
    }
}
