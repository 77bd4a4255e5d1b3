//! `GET /api/streams`: all streams, and with `bins` the measures of each.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::parameters::{Parameters, range};
use super::scope::model_calls;
use super::stats::{Stats, ms};
use crate::app::App;
use crate::reply::{self, Problem};
use crate::store::Memory;
use crate::store::question::{self, Breakdown, By, Dimension, Filter, Key, Range, Until, Which};

/// The most streams that are measured: those of most calls.
const MOST: usize = 500;

pub(super) async fn streams(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["bins", "from", "to"])?;
    let memory = app.store.memory();
    let question = move |until: &Until| answer(&parameters, &memory, until);
    Ok(reply::json(&app.questions.ask_until(question).await?))
}

/// Returns every stream, the one with the latest call first.
fn answer(parameters: &Parameters, memory: &Memory, until: &Until) -> Result<Value, Problem> {
    let mut streams = question::streams(&memory.rows, until)?;
    streams.sort_by_key(|stream| Reverse(stream.last_started_at));
    let range = range(parameters)?;
    let measured = match parameters.one("bins") {
        Some(_) => Some(Measured::of(parameters, range, memory, until)?),
        None => None,
    };
    let shown = streams.into_iter().filter_map(|stream| {
        let (entity, project) = memory.dictionary.text(stream.project).split_once('/')?;
        let mut shown = json!({
            "entity": entity,
            "project": project,
            "stream": memory.dictionary.text(stream.stream),
            "calls": stream.calls,
            "last_started_at": ms(stream.last_started_at),
        });
        if let (Some(measured), Some(shown)) = (&measured, shown.as_object_mut()) {
            measured.put([Some(stream.project), Some(stream.stream)], shown);
        }
        Some(shown)
    });
    Ok(json!({"streams": shown.collect::<Vec<_>>()}))
}

/// The measures of streams, by project and stream.
struct Measured {
    found: Breakdown,
    index: HashMap<Key, usize>,
}

impl Measured {
    fn of(
        parameters: &Parameters,
        range: Range,
        memory: &Memory,
        until: &Until,
    ) -> Result<Self, Problem> {
        let most_bins = parameters.number("bins", 24, 1..=100)?;
        let filter = model_calls(Filter::of_range(range));
        let starts = question::starts(&memory.rows, &filter, until)?;
        let by = By {
            groups: [Some(Dimension::Project), Some(Dimension::Stream)],
            which: Which::Largest(MOST),
            starts: starts.unwrap_or((0, -1)),
            most_bins,
            with_times: true,
        };
        let by_code = |left: &Key, right: &Key| -> Ordering { left.cmp(right) };
        let found = question::breakdown(&memory.rows, &filter, by, by_code, until)?;
        let keys = found.groups.iter().map(|(key, _)| *key);
        Ok(Self {
            index: keys.zip(0..).collect(),
            found,
        })
    }

    /// Adds the measures of a stream. One without calls in the range has none, nor has one beyond the largest.
    fn put(&self, key: Key, shown: &mut serde_json::Map<String, Value>) {
        let bins = self.found.bins;
        let group = self.index.get(&key);
        let Some((_, series)) = group.and_then(|index| self.found.groups.get(*index)) else {
            return;
        };
        let calls: Vec<u64> = series.bins.iter().map(|bin| bin.calls).collect();
        shown.insert("stats".to_owned(), json!(Stats::of(&series.all)));
        shown.insert("bins".to_owned(), json!(calls));
        shown.insert("from".to_owned(), json!(ms(bins.first)));
        shown.insert("to".to_owned(), json!(ms(bins.last())));
    }
}
