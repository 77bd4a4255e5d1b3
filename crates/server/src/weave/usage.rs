//! Tokens and costs of calls with all that they called: `POST /trace/usage` and `POST /calls/usage`.
//!
//! Each token counts once: W&B's clients sum up in a call what the calls below it report, so a call's own usage counts only
//! where none of these is among the calls that were asked for.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use spanloom_core::Record;

use super::call::ProjectPrices;
use super::query::{self, Query};
use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};
use crate::store::question::Until;
use crate::store::{Code, Id, Memory, Store};

/// The calls that are read where a request names no number.
const LIMIT: usize = 10_000;
/// The most calls that a request may name.
const CALLS: usize = 1_000;
/// The calls that are read between two looks at the clock.
const PAGE: usize = 1_024;

/// The costs of a model, in US dollars.
const COSTS: [&str; 4] = [
    "prompt_tokens_total_cost",
    "completion_tokens_total_cost",
    "cache_read_input_tokens_total_cost",
    "cache_creation_input_tokens_total_cost",
];

/// `POST /trace/usage`: of each call that a query selects.
pub(super) async fn of_query(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let mut query: Query = query::read(&app, request, QUERY).await?;
    let place = app.stream()?;
    let limit = limit(query.limit)?;
    let memory = app.store.memory();
    let places = query::select(&app, &memory, &mut query, limit.saturating_add(1)).await?;
    if places.len() > limit {
        return Err(too_many(&format!("more than {limit} calls were selected")));
    }
    let store = Arc::clone(&app);
    let question = move |until: &Until| {
        let costs = query.form.with_costs();
        let prices = query.form.prices(&store.store, &query.project_id)?;
        let usage = Usages::read(&store.store, &memory, &places, &prices, until)?;
        let wanted: Vec<String> = usage.ids.clone();
        Ok(reply::json(&usage.answer(&wanted, costs)))
    };
    Ok(reply::held(app.questions.ask_until(question).await?, place))
}

#[derive(Deserialize)]
struct OfCalls {
    project_id: String,
    call_ids: Vec<String>,
    #[serde(default)]
    include_costs: Option<bool>,
    #[serde(default)]
    limit: Option<usize>,
}

/// `POST /calls/usage`: of calls by their ids, with all calls of their traces.
pub(super) async fn of_calls(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let asked: OfCalls = query::read(&app, request, QUERY).await?;
    let place = app.stream()?;
    let limit = limit(asked.limit)?;
    if asked.call_ids.len() > CALLS {
        let reason = format!("a request may have at most {CALLS} call_ids");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, reason));
    }
    let store = Arc::clone(&app);
    let question = move |until: &Until| {
        let memory = store.store.memory();
        let costs = asked.include_costs == Some(true);
        let prices = match costs {
            true => ProjectPrices::read(&store.store, &asked.project_id)?,
            false => ProjectPrices::default(),
        };
        let mut all = Usages::default();
        let Some(project) = memory.dictionary.code(&asked.project_id) else {
            return Ok(reply::json(&all.answer(&asked.call_ids, costs)));
        };
        for trace in traces(&memory, project, &asked) {
            until.check()?;
            let trace = memory.rows.trace(project, &trace);
            if trace.len() > limit {
                let reason = format!(
                    "Cannot compute complete usage: a single trace exceeds the {limit}-call aggregation limit. Increase limit and retry."
                );
                return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, reason));
            }
            all.extend(Usages::read(&store.store, &memory, &trace, &prices, until)?);
        }
        Ok(reply::json(&all.answer(&asked.call_ids, costs)))
    };
    Ok(reply::held(app.questions.ask_until(question).await?, place))
}

fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    match asked.unwrap_or(LIMIT) {
        0 => Err(Problem::bad_request(
            "Usage aggregation limit must be positive",
        )),
        limit => Ok(limit),
    }
}

fn too_many(reason: &str) -> Problem {
    let reason = format!("Cannot compute complete usage: {reason}. Increase limit and retry.");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, reason)
}

/// Returns the traces of the calls.
fn traces(memory: &Memory, project: Code, asked: &OfCalls) -> HashSet<Id> {
    let ids = asked.call_ids.iter().map(|id| Id::new(id));
    let rows = ids.filter_map(|id| memory.rows.get(memory.find(project, &id)?));
    rows.map(|row| row.trace.clone()).collect()
}

/// The usage of a model.
#[derive(Clone, Debug, Default)]
struct Usage {
    requests: u64,
    prompt: u64,
    completion: u64,
    total: u64,
    cache_read: u64,
    cache_creation: u64,
    /// Of prompt, completion, reads of the cache and writes to it.
    costs: [f64; 4],
}

impl Usage {
    fn add(&mut self, other: &Self) {
        for (own, other) in [
            (&mut self.requests, other.requests),
            (&mut self.prompt, other.prompt),
            (&mut self.completion, other.completion),
            (&mut self.total, other.total),
            (&mut self.cache_read, other.cache_read),
            (&mut self.cache_creation, other.cache_creation),
        ] {
            *own = own.saturating_add(other);
        }
        for (own, other) in self.costs.iter_mut().zip(other.costs) {
            *own += other;
        }
    }

    fn answer(&self, costs: bool) -> Value {
        let mut answer = json!({
            "requests": self.requests,
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.total,
            "cache_read_input_tokens": self.cache_read,
            "cache_creation_input_tokens": self.cache_creation,
        });
        if let Some(answer) = answer.as_object_mut() {
            for (name, cost) in COSTS.into_iter().zip(self.costs) {
                answer.insert(name.to_owned(), json!(costs.then_some(cost)));
            }
        }
        answer
    }
}

/// By model.
type Models = BTreeMap<String, Usage>;

/// The usage of calls, each with the calls below it.
#[derive(Default)]
struct Usages {
    ids: Vec<String>,
    of_call: HashMap<String, Models>,
    unfinished: Vec<String>,
}

impl Usages {
    /// Reads calls and adds them up. Blocks on the disk.
    fn read(
        store: &Store,
        memory: &Memory,
        places: &[usize],
        prices: &ProjectPrices,
        until: &Until,
    ) -> Result<Self, Problem> {
        let mut own: Vec<Models> = vec![Models::new(); places.len()];
        let reports = |place: &usize| {
            let row = memory.rows.get(*place);
            row.is_some_and(|row| row.model.is_some() || row.total_tokens().is_some())
        };
        let (indexes, reporting): (Vec<usize>, Vec<usize>) = places
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, place)| reports(place))
            .unzip();
        for (indexes, page) in indexes.chunks(PAGE).zip(reporting.chunks(PAGE)) {
            until.check()?;
            store.read(memory, page, |at, record| {
                let place = indexes.get(at).and_then(|index| own.get_mut(*index));
                if let Some(models) = place {
                    *models = of_record(&record, prices);
                }
            })?;
        }
        let index_of: HashMap<usize, usize> = places
            .iter()
            .enumerate()
            .map(|(index, place)| (*place, index))
            .collect();
        let parent = |place: usize| {
            let row = memory.rows.get(place)?;
            index_of.get(&memory.parent(&row)?).copied()
        };
        let parents: Vec<Option<usize>> = places.iter().map(|place| parent(*place)).collect();
        let all = add_up(own, &parents);
        let mut usages = Self::default();
        for (place, models) in places.iter().zip(all) {
            let Some(row) = memory.rows.get(*place) else {
                continue;
            };
            let id = row.id.to_string();
            if row.ended_at.is_none() {
                usages.unfinished.push(id.clone());
            }
            usages.ids.push(id.clone());
            usages.of_call.insert(id, models);
        }
        Ok(usages)
    }

    fn extend(&mut self, other: Self) {
        self.ids.extend(other.ids);
        self.of_call.extend(other.of_call);
        self.unfinished.extend(other.unfinished);
    }

    /// Returns the answer about these calls. One that is not there has no usage.
    fn answer(mut self, wanted: &[String], costs: bool) -> Value {
        let of_call: Map<String, Value> = wanted
            .iter()
            .map(|id| {
                let models = self.of_call.get(id).into_iter().flatten();
                let models: Map<String, Value> = models
                    .map(|(model, usage)| (model.clone(), usage.answer(costs)))
                    .collect();
                (id.clone(), Value::Object(models))
            })
            .collect();
        self.unfinished.sort_unstable();
        json!({"call_usage": of_call, "unfinished_call_ids": self.unfinished})
    }
}

/// Returns what a call itself reports.
fn of_record(record: &Record, prices: &ProjectPrices) -> Models {
    let costs = prices.costs(record).unwrap_or_default();
    let mut models = Models::new();
    for of_model in record.priced_usage() {
        let usage = &of_model.usage;
        let cost = |name: &str| {
            let cost = costs.get(&of_model.model)?.get(name)?;
            cost.as_f64()
        };
        let own = Usage {
            requests: of_model.requests,
            prompt: usage.input_tokens.unwrap_or(0),
            completion: usage.output_tokens.unwrap_or(0),
            total: usage.total_tokens().unwrap_or(0),
            cache_read: usage.cache_read_tokens.unwrap_or(0),
            cache_creation: usage.cache_write_tokens.unwrap_or(0),
            costs: COSTS.map(|name| cost(name).unwrap_or(0.0)),
        };
        models.entry(of_model.model).or_default().add(&own);
    }
    models
}

/// Returns the usage of each call with the calls below it: the sum of those if there is any, else its own. Calls whose
/// parents form a circle have their own.
fn add_up(mut own: Vec<Models>, parents: &[Option<usize>]) -> Vec<Models> {
    let mut open = vec![0_usize; parents.len()];
    for parent in parents.iter().flatten() {
        if let Some(open) = open.get_mut(*parent) {
            *open += 1;
        }
    }
    let mut below: Vec<Models> = vec![Models::new(); parents.len()];
    let mut ready: Vec<usize> = (0..parents.len())
        .filter(|index| open.get(*index) == Some(&0))
        .collect();
    while let Some(index) = ready.pop() {
        let sum = below.get_mut(index).map(std::mem::take).unwrap_or_default();
        let Some(models) = own.get_mut(index) else {
            continue;
        };
        if !sum.is_empty() {
            *models = sum;
        }
        let Some(parent) = parents.get(index).copied().flatten() else {
            continue;
        };
        if let Some(below) = below.get_mut(parent) {
            for (model, usage) in models.iter() {
                below.entry(model.clone()).or_default().add(usage);
            }
        }
        if let Some(open) = open.get_mut(parent) {
            *open -= 1;
            if *open == 0 {
                ready.push(parent);
            }
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models(tokens: &[(&str, u64)]) -> Models {
        let models = tokens.iter().map(|(model, prompt)| {
            let usage = Usage {
                prompt: *prompt,
                ..Usage::default()
            };
            ((*model).to_owned(), usage)
        });
        models.collect()
    }

    fn prompts(models: &Models) -> Vec<(&str, u64)> {
        models
            .iter()
            .map(|(model, usage)| (model.as_str(), usage.prompt))
            .collect()
    }

    #[test]
    fn each_token_counts_once_in_every_call_above_it() {
        let own = vec![
            models(&[("a", 99)]),
            models(&[("a", 5), ("b", 7)]),
            models(&[]),
            models(&[("a", 3)]),
            models(&[("c", 1)]),
        ];
        let parents = [None, Some(0), Some(0), Some(2), None];
        let all = add_up(own, &parents);
        let all: Vec<_> = all.iter().map(prompts).collect();
        assert_eq!(
            all,
            [
                vec![("a", 8), ("b", 7)],
                vec![("a", 5), ("b", 7)],
                vec![("a", 3)],
                vec![("a", 3)],
                vec![("c", 1)],
            ]
        );
    }

    #[test]
    fn a_circle_of_parents_ends() {
        let own = vec![
            models(&[("a", 1)]),
            models(&[("a", 2)]),
            models(&[("a", 4)]),
        ];
        let all = add_up(own, &[Some(1), Some(0), Some(0)]);
        let all: Vec<_> = all.iter().map(prompts).collect();
        assert_eq!(all, [vec![("a", 1)], vec![("a", 2)], vec![("a", 4)]]);
    }
}
