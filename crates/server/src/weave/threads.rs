//! `POST /threads/stream_query`: conversations, with the turns in them.
//!
//! A turn is a call of a thread that is not below another call of the thread: rows know that, and no call is read.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use spanloom_core::Timestamp;

use super::query::{self, SortBy};
use super::{order, time};
use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};
use crate::store::question::{self, Dimension, Range, Until};
use crate::store::{Code, Memory, Row, Store};

/// The fields of a thread by which threads are sorted.
const FIELDS: [&str; 6] = [
    "thread_id",
    "turn_count",
    "start_time",
    "last_updated",
    "p50_turn_duration_ms",
    "p99_turn_duration_ms",
];
/// The calls that are looked at between two looks at the clock.
const PAGE: usize = 1_024;

#[derive(Deserialize)]
struct Query {
    project_id: String,
    #[serde(default)]
    filter: Option<Filter>,
    #[serde(default)]
    sort_by: Option<Vec<SortBy>>,
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    offset: Option<usize>,
}

/// Conditions on turns.
#[derive(Deserialize)]
struct Filter {
    #[serde(default, deserialize_with = "time::deserialize")]
    after_datetime: Option<Timestamp>,
    #[serde(default, deserialize_with = "time::deserialize")]
    before_datetime: Option<Timestamp>,
    /// All threads, if it is empty.
    #[serde(default)]
    thread_ids: Option<Vec<String>>,
}

/// A turn of a thread.
struct Turn {
    id: String,
    started_at: Timestamp,
    ended_at: Option<Timestamp>,
}

pub(super) async fn stream_query(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let query: Query = query::read(&app, request, QUERY).await?;
    let place = app.stream()?;
    order::check(query.sort_by.as_deref().unwrap_or_default())?;
    for sort in query.sort_by.iter().flatten() {
        if !FIELDS.contains(&sort.field.as_str()) {
            let reason = format!(
                "Unsupported sort field: {}. Supported fields: {FIELDS:?}",
                sort.field
            );
            return Err(Problem::bad_request(reason));
        }
    }
    let store = Arc::clone(&app);
    let question = move |until: &Until| {
        let mut lines = String::new();
        for thread in threads(&store.store, &query, until)? {
            lines.push_str(&thread.to_string());
            lines.push('\n');
        }
        Ok(reply::typed("application/jsonl", lines))
    };
    Ok(reply::held(app.questions.ask_until(question).await?, place))
}

fn threads(store: &Store, query: &Query, until: &Until) -> Result<Vec<Value>, Problem> {
    let memory = store.memory();
    let mut turns: BTreeMap<&str, Vec<Turn>> = BTreeMap::new();
    for page in places(&memory, query, until)?.chunks(PAGE) {
        until.check()?;
        for row in page.iter().filter_map(|place| memory.rows.get(*place)) {
            let parent = memory.parent(&row).and_then(|place| memory.rows.get(place));
            let is_turn = parent.is_none_or(|parent| parent.thread != row.thread);
            let thread = row
                .thread
                .map_or("", |thread| memory.dictionary.text(thread));
            if is_turn && !thread.is_empty() {
                turns.entry(thread).or_default().push(Turn::of(&row));
            }
        }
    }
    let threads = turns
        .into_iter()
        .filter_map(|(id, turns)| thread(id, &turns));
    let threads: Vec<Value> = threads.collect();
    let newest = [SortBy::descending("last_updated")];
    let sorts = query.sort_by.as_deref().filter(|sorts| !sorts.is_empty());
    let sorts = sorts.unwrap_or(&newest);
    let threads = order::sort(sorts, threads);
    let (offset, limit) = (query.offset.unwrap_or(0), query.limit.unwrap_or(usize::MAX));
    Ok(threads.into_iter().skip(offset).take(limit).collect())
}

/// Returns the places of the calls that have a thread.
fn places(memory: &Memory, query: &Query, until: &Until) -> Result<Vec<usize>, Problem> {
    let Some(project) = memory.dictionary.code(&query.project_id) else {
        return Ok(Vec::new());
    };
    let conditions = query.filter.as_ref();
    let after = conditions.and_then(|filter| filter.after_datetime);
    let before = conditions.and_then(|filter| filter.before_datetime);
    let range = Range {
        from: after.map(|after| after.as_nanos().saturating_add(1)),
        to: before.map(Timestamp::as_nanos),
    };
    let wanted = conditions.and_then(|filter| filter.thread_ids.as_ref());
    let wanted: HashSet<Code> = wanted
        .into_iter()
        .flatten()
        .map(|thread| memory.dictionary.code(thread).unwrap_or(Code::MAX))
        .collect();
    let filter = question::Filter::of_range(range)
        .with_one_of(Dimension::Project, vec![Some(project)])
        .with(Dimension::Thread, |code| {
            code.is_some_and(|code| wanted.is_empty() || wanted.contains(&code))
        });
    Ok(question::places(&memory.rows, &filter, usize::MAX, until)?)
}

impl Turn {
    fn of(row: &Row) -> Self {
        Self {
            id: row.id.to_string(),
            started_at: Timestamp::from_nanos(row.started_at),
            ended_at: row.ended_at.map(Timestamp::from_nanos),
        }
    }
}

/// Returns a thread; `None` while all its turns run.
fn thread(id: &str, turns: &[Turn]) -> Option<Value> {
    let first = turns.iter().min_by_key(|turn| turn.started_at.as_nanos())?;
    let ended = turns.iter().filter_map(|turn| Some((turn, turn.ended_at?)));
    let (last, ended_at) = ended.max_by_key(|(_, ended_at)| ended_at.as_nanos())?;
    let mut durations: Vec<f64> = turns
        .iter()
        .filter_map(|turn| Some(turn.ended_at?.since(turn.started_at).as_millis() as f64))
        .collect();
    durations.sort_unstable_by(f64::total_cmp);
    Some(json!({
        "thread_id": id,
        "turn_count": turns.len(),
        "start_time": first.started_at,
        "last_updated": ended_at,
        "first_turn_id": first.id,
        "last_turn_id": last.id,
        "p50_turn_duration_ms": quantile(&durations, 0.5),
        "p99_turn_duration_ms": quantile(&durations, 0.99),
    }))
}

/// Returns a quantile of sorted numbers, between the two next to it.
fn quantile(sorted: &[f64], quantile: f64) -> Option<f64> {
    let place = quantile * sorted.len().checked_sub(1)? as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in the list"
    )]
    let below = place.floor() as usize;
    let (low, high) = (sorted.get(below)?, sorted.get(below + 1));
    Some(low + (high.unwrap_or(low) - low) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_numbers() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[3.0], 0.99), Some(3.0));
        assert_eq!(quantile(&[1.0, 2.0, 4.0, 9.0], 0.5), Some(3.0));
        assert_eq!(quantile(&[1.0, 2.0], 1.0), Some(2.0));
    }
}
