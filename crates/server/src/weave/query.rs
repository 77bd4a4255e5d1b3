//! `POST /calls/stream_query` and `POST /calls/query_stats`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::content::ByContent;
use super::expr;
use super::filter::Filter;
use super::lines::Lines;
use crate::app::App;
use crate::body::{QUERY, RECORDS, Room};
use crate::reply::{self, Problem};
use crate::store::Memory;
use crate::store::question::{self, Column, Order, Until};

/// The maximum number of fields that a query may sort by. Weave's clients send one.
const SORTS: usize = 8;

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

#[derive(Deserialize)]
pub(super) struct SortBy {
    pub(super) field: String,
    #[serde(default)]
    direction: Option<String>,
}

impl SortBy {
    pub(super) fn is_descending(&self) -> bool {
        self.direction
            .as_deref()
            .is_some_and(|direction| direction.eq_ignore_ascii_case("desc"))
    }
}

/// Reads a question's JSON body, of at most `most` bytes.
pub(super) async fn read<T: DeserializeOwned>(
    app: &App,
    request: Request,
    most: usize,
) -> Result<T, Problem> {
    let (parts, body) = request.into_parts();
    let held = app.bodies.read(&parts.headers, body, most).await?;
    serde_json::from_slice(&held.bytes)
        .map_err(|error| Problem::bad_request(format!("the body cannot be read: {error}")))
}

/// Reads a body with records off the threads that serve requests. The room is held until they are stored.
pub(super) async fn read_records<T: DeserializeOwned + Send + 'static>(
    app: &App,
    request: Request,
) -> Result<(T, Room), Problem> {
    let (parts, body) = request.into_parts();
    let held = app.bodies.read(&parts.headers, body, RECORDS).await?;
    let parse = |bytes: &Bytes| {
        serde_json::from_slice(bytes).map_err(|error| {
            let reason = format!("the body cannot be read: {error}");
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason)
        })
    };
    held.parsed(parse).await
}

pub(super) async fn stream_query(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let mut query: Query = read(&app, request, QUERY).await?;
    let place = app.stream()?;
    let (offset, limit) = (query.offset.unwrap_or(0), query.limit.unwrap_or(usize::MAX));
    let (with_costs, columns) = (query.include_costs.unwrap_or(false), query.columns.take());
    let memory = app.store.memory();
    let found = select(&app, &memory, query, offset.saturating_add(limit)).await?;
    let found: Vec<usize> = found.into_iter().skip(offset).take(limit).collect();
    let lines = Lines::new(app, memory, found, with_costs, columns);
    let stream = futures_util::stream::unfold((lines, place), |(mut lines, place)| async {
        let page = lines.next().await?;
        Some((page, (lines, place)))
    });
    Ok(reply::typed("application/jsonl", Body::from_stream(stream)))
}

pub(super) async fn query_stats(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let mut query: Query = read(&app, request, QUERY).await?;
    let limit = query.limit;
    // The count does not depend on the order.
    query.sort_by = None;
    let memory = app.store.memory();
    let count = select(&app, &memory, query, usize::MAX).await?.len();
    let shown = limit.map_or(count, |limit| count.min(limit));
    Ok(reply::json(
        &serde_json::json!({"count": shown, "has_more": shown < count}),
    ))
}

/// Returns the places of the requested calls in order; only the first `most` if calls must be read to be sorted.
async fn select(
    app: &Arc<App>,
    memory: &Arc<Memory>,
    query: Query,
    most: usize,
) -> Result<Vec<usize>, Problem> {
    let fields = query.sort_by.unwrap_or_default();
    if fields.len() > SORTS {
        let reason = format!("a query may sort by at most {SORTS} fields");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason));
    }
    query.filter.as_ref().map_or(Ok(()), Filter::check)?;
    if let Some(expression) = &query.query {
        // Evaluated here so that its errors show even if there is no call to test.
        expr::matches(expression, &Value::Null)?;
    }
    let by_payload = fields.iter().any(|sort| sort.field != "started_at");
    let by_content = query.query.is_some() || by_payload;
    // Equal keys keep their order, so only the first field counts.
    let descending = !by_content && fields.first().is_some_and(SortBy::is_descending);
    let order = Order {
        column: Column::StartedAt,
        descending,
        newest_first: descending,
    };
    let most_rows = if by_content { usize::MAX } else { most };
    let rows = Arc::clone(memory);
    let (project, filter) = (query.project_id, query.filter);
    let question = move |until: &Until| {
        let Some(project) = rows.dictionary.code(&project) else {
            return Ok(Vec::new());
        };
        let filter = Filter::of(filter.as_ref(), project, &rows);
        let page = question::page(
            &rows.rows,
            &rows.dictionary,
            &filter,
            order,
            most_rows,
            until,
        )?;
        Ok(page.places)
    };
    let places = app.questions.ask_until(question).await?;
    if by_content {
        let content = ByContent {
            expression: query.query,
            fields,
            most,
        };
        return content.select(app, memory, places).await;
    }
    Ok(places)
}
