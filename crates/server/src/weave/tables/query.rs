//! `POST /table/query`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::unprocessable;
use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};
use crate::store::Store;
use crate::store::question::Until;
use crate::weave::order::{self, Keys};
use crate::weave::query::{self, SortBy};

/// The maximum bytes of the rows that are read for an answer.
const MOST_BYTES: usize = 64 << 20;
/// The bytes of a row in an answer besides its value.
const ROW_BYTES: usize = 128;
/// The rows that are read between two looks at the clock.
const PAGE: usize = 256;

#[derive(Deserialize)]
struct Query {
    project_id: String,
    digest: String,
    #[serde(default)]
    filter: Option<Filter>,
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    offset: Option<usize>,
    #[serde(default)]
    sort_by: Option<Vec<SortBy>>,
}

#[derive(Deserialize)]
struct Filter {
    /// All rows if it is empty.
    #[serde(default)]
    row_digests: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Found {
    rows: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    digest: String,
    /// The text that was sent.
    val: Box<RawValue>,
    /// The place in the whole table, from 0.
    original_index: usize,
}

pub(in crate::weave) async fn query(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let query: Query = query::read(&app, request, QUERY).await?;
    let place = app.stream()?;
    let store = Arc::clone(&app);
    let question = move |until: &Until| {
        let rows = rows(&store.store, &query, until)?;
        Ok(reply::json(&Found { rows }))
    };
    Ok(reply::held(app.questions.ask_until(question).await?, place))
}

/// Returns the rows that a query asks for; none of a table that is not there.
fn rows(store: &Store, query: &Query, until: &Until) -> Result<Vec<Shown>, Problem> {
    let digests = store.table(&query.project_id, &query.digest)?;
    let wanted = query
        .filter
        .as_ref()
        .and_then(|filter| filter.row_digests.as_ref());
    let wanted: HashSet<&String> = wanted.into_iter().flatten().collect();
    let all = digests.unwrap_or_default().into_iter().enumerate();
    let all = all.filter(|(_, digest)| wanted.is_empty() || wanted.contains(digest));
    let (offset, limit) = (query.offset.unwrap_or(0), query.limit.unwrap_or(usize::MAX));
    let mut reader = Reader {
        store,
        project: &query.project_id,
        until,
        known: HashMap::new(),
        read: 0,
        bytes: 0,
    };
    let fields = query.sort_by.as_deref().unwrap_or_default();
    if fields.is_empty() {
        let page = all.skip(offset).take(limit);
        let rows = page.map(|(index, digest)| reader.row(index, digest));
        return rows.filter_map(Result::transpose).collect();
    }
    check_fields(fields)?;
    let rows = all.map(|(index, digest)| reader.row(index, digest));
    let rows: Vec<Shown> = rows
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    let mut keyed: Vec<(Keys, Shown)> = rows
        .into_iter()
        .map(|row| {
            let value: Value = serde_json::from_str(row.val.get()).unwrap_or_default();
            (order::keys(fields, &value), row)
        })
        .collect();
    keyed.sort_by(|(left, _), (right, _)| order::compare_all(fields, left, right));
    let page = keyed.into_iter().skip(offset).take(limit);
    Ok(page.map(|(_, row)| row).collect())
}

fn check_fields(fields: &[SortBy]) -> Result<(), Problem> {
    order::check(fields)?;
    match fields
        .iter()
        .find(|sort| sort.field.split('.').any(str::is_empty))
    {
        Some(sort) => {
            let reason = format!("a table cannot be sorted by the field {:?}", sort.field);
            Err(Problem::bad_request(reason))
        }
        None => Ok(()),
    }
}

/// A reader of rows, with a bound for a whole request.
struct Reader<'a> {
    store: &'a Store,
    project: &'a str,
    until: &'a Until,
    /// The rows of a table that occur more than once are read once; those that are not there are `None`.
    known: HashMap<String, Option<String>>,
    read: usize,
    bytes: usize,
}

impl Reader<'_> {
    /// Returns a row; `None` if it is not there.
    fn row(&mut self, index: usize, digest: String) -> Result<Option<Shown>, Problem> {
        self.read += 1;
        if self.read.is_multiple_of(PAGE) {
            self.until.check()?;
        }
        let value = match self.known.get(&digest) {
            Some(value) => value.clone(),
            None => self.store.table_row(self.project, &digest)?,
        };
        let size = value.as_ref().map_or(0, String::len);
        self.bytes = self.bytes.saturating_add(size + digest.len() + ROW_BYTES);
        if self.bytes > MOST_BYTES {
            let reason =
                "the rows are too large for one answer; ask for fewer, with limit and offset";
            return Err(unprocessable(reason));
        }
        self.known.insert(digest.clone(), value.clone());
        let Some(value) = value else {
            return Ok(None);
        };
        let shown = |val| Shown {
            digest,
            val,
            original_index: index,
        };
        Ok(RawValue::from_string(value).ok().map(shown))
    }
}
