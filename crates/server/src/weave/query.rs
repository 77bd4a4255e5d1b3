//! `POST /calls/stream_query` and `POST /calls/query_stats`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::call::{Form, Shown};
use super::content::ByContent;
use super::filter::Filter;
use super::lines::{Lines, Shape};
use super::ties::Ties;
use super::{expr, field, fixed, order};
use crate::app::App;
use crate::body::{QUERY, RECORDS, Room};
use crate::reply::{self, Problem};
use crate::store::Memory;
use crate::store::question::{self, Column, Number, Order, Until};

#[derive(Deserialize)]
pub(super) struct Query {
    pub(super) project_id: String,
    #[serde(default)]
    filter: Option<Filter>,
    #[serde(default)]
    query: Option<Value>,
    #[serde(default)]
    sort_by: Option<Vec<SortBy>>,
    #[serde(default)]
    pub(super) limit: Option<usize>,
    #[serde(default)]
    offset: Option<usize>,
    #[serde(flatten)]
    pub(super) form: Form,
}

#[derive(Clone, Deserialize)]
pub(super) struct SortBy {
    pub(super) field: String,
    #[serde(default)]
    direction: Option<String>,
}

impl SortBy {
    pub(super) fn descending(field: &str) -> Self {
        Self {
            field: field.to_owned(),
            direction: Some("desc".to_owned()),
        }
    }

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
    app.bodies.json(request, most).await
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
    let memory = app.store.memory();
    let project = query.project_id.clone();
    let found = select(&app, &memory, &mut query, offset.saturating_add(limit)).await?;
    let found: Vec<usize> = found.into_iter().skip(offset).take(limit).collect();
    let form = query.form;
    let store = Arc::clone(&app);
    let shape = move || Shape::read(&store.store, project, form);
    let shape = app.questions.ask(shape).await?;
    let lines = Lines::new(app, memory, found, shape);
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
    let mut found = select(&app, &memory, &mut query, usize::MAX).await?;
    let count = found.len();
    found.truncate(limit.unwrap_or(usize::MAX));
    let shown = found.len();
    let size = match query.form.include_total_storage_size {
        Some(true) => Some(size(&app, memory, found).await?),
        _ => None,
    };
    Ok(reply::json(&json!({
        "count": shown, "has_more": shown < count, "total_storage_size_bytes": size,
    })))
}

/// Returns the bytes of calls.
async fn size(app: &Arc<App>, memory: Arc<Memory>, places: Vec<usize>) -> Result<usize, Problem> {
    const PAGE: usize = 1_024;
    let store = Arc::clone(app);
    let question = move |until: &Until| {
        let mut size = 0;
        for page in places.chunks(PAGE) {
            until.check()?;
            store
                .store
                .read(&memory, page, |_, record| size += Shown::size(&record))?;
        }
        Ok(size)
    };
    app.questions.ask_until(question).await
}

/// Returns the column that has the first field of an order; `None` if calls must be read to be sorted.
fn column(fields: &[SortBy], reads_calls: bool) -> Option<Column> {
    match fields.first().map(|sort| sort.field.as_str()) {
        // Calls that are read anyway are sorted by all fields at once.
        Some(_) if reads_calls && fields.len() > 1 => None,
        None | Some("started_at") => Some(Column::Number(Number::StartedAt)),
        Some("summary.weave.latency_ms") => Some(Column::Number(Number::Latency)),
        Some(_) => None,
    }
}

/// Returns the order of calls within that of a column, if there are further fields.
fn ties(query: &Query, fields: &[SortBy], column: Option<Column>) -> Option<Ties> {
    let further = fields.get(1..).filter(|further| !further.is_empty())?;
    Some(Ties {
        project: query.project_id.clone(),
        column: column?,
        fields: further.to_vec(),
        expand: query.form.expand_columns.clone().unwrap_or_default(),
    })
}

/// Returns the places of the requested calls in order; only the first `most` if calls must be read to be sorted.
pub(super) async fn select(
    app: &Arc<App>,
    memory: &Arc<Memory>,
    query: &mut Query,
    most: usize,
) -> Result<Vec<usize>, Problem> {
    let fields = query.sort_by.take().unwrap_or_default();
    order::check(&fields)?;
    let (fixed, rest) = match &query.query {
        Some(query) => {
            // Evaluated here so that its errors show even if there is no call to test.
            expr::matches(query, &Value::Null)?;
            expr::fields(query).into_iter().try_for_each(field::check)?;
            fixed::split(query)?
        }
        None => Default::default(),
    };
    for sort in &fields {
        field::check_sort(&sort.field)?;
    }
    let content = Filter::take_content(query.filter.as_mut());
    let column = column(&fields, rest.is_some() || content.is_some());
    let descending = column.is_some() && fields.first().is_some_and(SortBy::is_descending);
    let order = Order {
        column: column.unwrap_or(Column::Number(Number::StartedAt)),
        descending,
        newest_first: descending,
    };
    let ties = ties(query, &fields, column);
    let by_content = ByContent {
        project: query.project_id.clone(),
        expression: rest,
        filter: content,
        expand: query.form.expand_columns.clone().unwrap_or_default(),
        fields: if column.is_some() { Vec::new() } else { fields },
        most,
    };
    let reads_calls = by_content.reads_calls();
    // Calls beyond the last one may be equal to it.
    let most_rows = match reads_calls || ties.is_some() {
        true => usize::MAX,
        false => most,
    };
    let rows = Arc::clone(memory);
    let (project, filter) = (query.project_id.clone(), query.filter.take());
    let question = move |until: &Until| {
        let Some(project) = rows.dictionary.code(&project) else {
            return Ok(Vec::new());
        };
        let filter = Filter::of(filter.as_ref(), project, fixed.range(), &rows);
        let filter = fixed.narrow(filter, &rows);
        let (facts, texts) = (&rows.rows, &rows.dictionary);
        let page = question::page(facts, texts, &filter, order, most_rows, until)?;
        Ok(page.places)
    };
    let places = app.questions.ask_until(question).await?;
    match ties {
        Some(ties) => ties.sort(app, memory, &places, most).await,
        None if reads_calls => by_content.select(app, memory, places).await,
        None => Ok(places),
    }
}
