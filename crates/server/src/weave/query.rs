//! `POST /calls/stream_query` and `POST /calls/query_stats`.

use std::cmp::Ordering;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::mpsc;

use super::call::present;
use super::{column, expr};
use crate::reply::{self, Problem};
use crate::server::App;
use crate::store::{Id, Memory, Row};

/// Calls read from the file at a time.
const PAGE: usize = 256;

#[derive(Deserialize)]
pub(super) struct Query {
    project_id: String,
    #[serde(default)]
    filter: Option<Filter>,
    #[serde(default)]
    query: Option<Value>,
    #[serde(default)]
    sort_by: Option<Vec<SortBy>>,
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    offset: Option<usize>,
    #[serde(default)]
    include_costs: Option<bool>,
    #[serde(default)]
    columns: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Filter {
    op_names: Option<Vec<String>>,
    parent_ids: Option<Vec<String>>,
    trace_ids: Option<Vec<String>>,
    call_ids: Option<Vec<String>>,
    thread_ids: Option<Vec<String>>,
    wb_user_ids: Option<Vec<String>>,
    trace_roots_only: Option<bool>,
    // Not supported, and so refused: an answer that ignored them would hold calls that were not asked for.
    input_refs: Option<Value>,
    output_refs: Option<Value>,
    turn_ids: Option<Value>,
    wb_run_ids: Option<Value>,
}

impl Filter {
    fn check(&self) -> Result<(), Problem> {
        let unsupported = [
            ("input_refs", &self.input_refs),
            ("output_refs", &self.output_refs),
            ("turn_ids", &self.turn_ids),
            ("wb_run_ids", &self.wb_run_ids),
        ];
        match unsupported.iter().find(|(_, value)| value.is_some()) {
            Some((name, _)) => Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("filter.{name} is not supported"),
            )),
            None => Ok(()),
        }
    }
}

#[derive(Deserialize)]
struct SortBy {
    field: String,
    #[serde(default)]
    direction: Option<String>,
}

/// Reads a request's JSON body.
pub(super) async fn body<T: serde::de::DeserializeOwned>(request: Request) -> Result<T, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = crate::body::read(&parts.headers, body).await?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Problem::bad_request(format!("the body cannot be read: {error}")))
}

pub(super) async fn stream_query(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let query: Query = body(request).await?;
    let places = select(&app, &query).await?;
    let page: Vec<usize> = places
        .into_iter()
        .skip(query.offset.unwrap_or(0))
        .take(query.limit.unwrap_or(usize::MAX))
        .collect();
    let with_costs = query.include_costs.unwrap_or(false);
    let columns = query.columns;
    // One page is read while the one before is sent; a client that reads slowly holds one page in memory.
    let (lines, sent) = mpsc::channel::<Result<Bytes, crate::Error>>(1);
    tokio::task::spawn_blocking(move || {
        for places in page.chunks(PAGE) {
            let read = calls(&app, places)
                .map(|calls| write_lines(&calls, with_costs, columns.as_deref()));
            let failed = read.is_err();
            if lines.blocking_send(read).is_err() || failed {
                return;
            }
        }
    });
    let stream = futures_util::stream::unfold(sent, |mut sent| async {
        sent.recv().await.map(|line| (line, sent))
    });
    Ok(reply::typed("application/jsonl", Body::from_stream(stream)))
}

pub(super) async fn query_stats(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let query: Query = body(request).await?;
    let count = select(&app, &query).await?.len();
    let shown = query.limit.map_or(count, |limit| count.min(limit));
    Ok(reply::json(
        &serde_json::json!({"count": shown, "has_more": shown < count}),
    ))
}

fn write_lines(calls: &[String], with_costs: bool, columns: Option<&[String]>) -> Bytes {
    let mut lines = Vec::new();
    for call in calls
        .iter()
        .filter_map(|payload| present(payload, with_costs))
    {
        // Writing to memory does not fail.
        drop(match columns {
            Some(columns) => serde_json::to_writer(&mut lines, &column::of(&call, columns)),
            None => serde_json::to_writer(&mut lines, &call),
        });
        lines.push(b'\n');
    }
    lines.into()
}

fn calls(app: &App, places: &[usize]) -> Result<Vec<String>, crate::Error> {
    let locations: Vec<_> = {
        let memory = app.store.memory();
        places
            .iter()
            .filter_map(|place| memory.rows.get(*place))
            .map(|row| (row.frame, row.slot))
            .collect()
    };
    app.store.payloads(&locations)
}

/// The places of the calls asked for, in the order asked for.
async fn select(app: &Arc<App>, query: &Query) -> Result<Vec<usize>, Problem> {
    let filter = query.filter.as_ref();
    filter.map_or(Ok(()), Filter::check)?;
    if let Some(expression) = &query.query {
        // So that what is wrong with it shows even where there is no call to try it on.
        expr::matches(expression, &Value::Null)?;
    }
    let mut places: Vec<usize> = {
        let memory = app.store.memory();
        let Some(project) = memory.dictionary.code(&query.project_id) else {
            return Ok(Vec::new());
        };
        let test = Test::new(filter, &memory);
        let of_project = memory
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.project == project && test.accepts(row));
        let mut found: Vec<(usize, i64)> = of_project
            .map(|(place, row)| (place, row.started_at))
            .collect();
        found.sort_by_key(|(_, started_at)| *started_at);
        found.into_iter().map(|(place, _)| place).collect()
    };
    let by_payload = query
        .sort_by
        .iter()
        .flatten()
        .any(|sort| sort.field != "started_at");
    if query.query.is_none() && !by_payload {
        // Equal keys keep their order, so only the first one counts.
        if query
            .sort_by
            .iter()
            .flatten()
            .next()
            .is_some_and(SortBy::is_descending)
        {
            places.reverse();
        }
        return Ok(places);
    }
    let (app, expression) = (Arc::clone(app), query.query.clone());
    let fields: Vec<(String, bool)> = query
        .sort_by
        .iter()
        .flatten()
        .map(|sort| (sort.field.clone(), sort.is_descending()))
        .collect();
    let task = tokio::task::spawn_blocking(move || {
        by_content(&app, &places, expression.as_ref(), &fields)
    });
    task.await
        .unwrap_or_else(|_| Err(Problem::bad_request("the query could not be evaluated")))
}

/// Filters and sorts by what stands in the calls themselves.
fn by_content(
    app: &App,
    places: &[usize],
    expression: Option<&Value>,
    fields: &[(String, bool)],
) -> Result<Vec<usize>, Problem> {
    let mut found: Vec<(usize, Vec<Option<Value>>)> = Vec::new();
    for page in places.chunks(PAGE) {
        for (place, payload) in page.iter().zip(calls(app, page)?) {
            let Some(call) =
                present(&payload, false).and_then(|call| serde_json::to_value(call).ok())
            else {
                continue;
            };
            if expression.map_or(Ok(true), |expression| expr::matches(expression, &call))? {
                let keys = fields
                    .iter()
                    .map(|(field, _)| expr::field(&call, field).cloned())
                    .collect();
                found.push((*place, keys));
            }
        }
    }
    found.sort_by(|(_, left), (_, right)| order(left, right, fields));
    Ok(found.into_iter().map(|(place, _)| place).collect())
}

fn order(left: &[Option<Value>], right: &[Option<Value>], fields: &[(String, bool)]) -> Ordering {
    let keys = left.iter().zip(right).zip(fields);
    let orders = keys.map(|((left, right), (_, descending))| {
        let order = expr::compare(left.as_ref(), right.as_ref());
        if *descending { order.reverse() } else { order }
    });
    orders.fold(Ordering::Equal, Ordering::then)
}

impl SortBy {
    fn is_descending(&self) -> bool {
        self.direction
            .as_deref()
            .is_some_and(|direction| direction.eq_ignore_ascii_case("desc"))
    }
}

/// A filter with its ids packed, so that rows are compared without making texts.
struct Test<'a> {
    memory: &'a Memory,
    op_names: Option<&'a [String]>,
    thread_ids: Option<&'a [String]>,
    wb_user_ids: Option<&'a [String]>,
    parents: Option<Vec<Id>>,
    traces: Option<Vec<Id>>,
    ids: Option<Vec<Id>>,
    roots_only: bool,
}

impl<'a> Test<'a> {
    fn new(filter: Option<&'a Filter>, memory: &'a Memory) -> Self {
        let ids = |texts: Option<&Vec<String>>| {
            texts.map(|texts| texts.iter().map(|text| Id::new(text)).collect())
        };
        Self {
            memory,
            op_names: filter.and_then(|filter| filter.op_names.as_deref()),
            thread_ids: filter.and_then(|filter| filter.thread_ids.as_deref()),
            wb_user_ids: filter.and_then(|filter| filter.wb_user_ids.as_deref()),
            parents: ids(filter.and_then(|filter| filter.parent_ids.as_ref())),
            traces: ids(filter.and_then(|filter| filter.trace_ids.as_ref())),
            ids: ids(filter.and_then(|filter| filter.call_ids.as_ref())),
            roots_only: filter
                .and_then(|filter| filter.trace_roots_only)
                .unwrap_or(false),
        }
    }

    fn accepts(&self, row: &Row) -> bool {
        let text = |code| self.memory.dictionary.text(code);
        let op = |wanted: &String| match wanted.strip_suffix(":*") {
            // A reference to any version of an op.
            Some(prefix) => text(row.op_name)
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(':')),
            None => text(row.op_name) == wanted,
        };
        let among = |wanted: Option<&[String]>, code: Option<u32>| {
            wanted.is_none_or(|wanted| {
                code.is_some_and(|code| wanted.iter().any(|wanted| wanted == text(code)))
            })
        };
        self.op_names.is_none_or(|wanted| wanted.iter().any(op))
            && among(self.thread_ids, row.thread)
            && among(self.wb_user_ids, row.user)
            && self.parents.as_ref().is_none_or(|wanted| {
                row.parent
                    .as_ref()
                    .is_some_and(|parent| wanted.contains(parent))
            })
            && self
                .traces
                .as_ref()
                .is_none_or(|wanted| wanted.contains(&row.trace))
            && self
                .ids
                .as_ref()
                .is_none_or(|wanted| wanted.contains(&row.id))
            && (!self.roots_only || row.parent.is_none())
    }
}
