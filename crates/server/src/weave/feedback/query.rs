//! `POST /feedback/query` and `/feedback/purge`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::shown;
use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};
use crate::store::question::Until;
use crate::store::{DocumentKind, Store};
use crate::weave::documents::DocumentQuery;
use crate::weave::{expr, ids, query};

/// The field that counts what a query selects.
const COUNT: &str = "count(*)";

/// The fields that are returned if none are named: those that every version of the clients reads.
const DEFAULT: [&str; 12] = [
    "id",
    "project_id",
    "weave_ref",
    "wb_user_id",
    "creator",
    "created_at",
    "feedback_type",
    "payload",
    "annotation_ref",
    "runnable_ref",
    "call_ref",
    "trigger_ref",
];
/// Further fields that are returned where they are set.
const SCORER: &str = "scorer_";
/// The start of the fields that only clients since 0.53 read.
const SPAN: &str = "span_";

pub(in crate::weave) async fn query(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let query: DocumentQuery = query::read(&app, request, QUERY).await?;
    let place = app.stream()?;
    let store = Arc::clone(&app);
    let question = move |until: &Until| Ok(reply::json(&answer(&store.store, &query, until)?));
    Ok(reply::held(app.questions.ask_until(question).await?, place))
}

fn answer(store: &Store, query: &DocumentQuery, until: &Until) -> Result<Value, Problem> {
    let wanted = query.fields.as_deref().unwrap_or_default();
    let queried = query.query.iter().flat_map(expr::fields);
    let named = wanted.iter().map(String::as_str);
    let sorted = query.sorts().iter().map(|sort| sort.field.as_str());
    for field in queried.chain(named).chain(sorted) {
        check_field(field)?;
    }
    query.check()?;
    let reference = query.query.as_ref().and_then(about);
    let read = |feedback| Value::Object(shown::fields(feedback, &query.project_id));
    let found = query.select(store, DocumentKind::Feedback, reference, read, until)?;
    let total = found.len();
    if wanted.iter().any(|field| field.eq_ignore_ascii_case(COUNT)) {
        return Ok(json!({"result": [{COUNT: total}], "total_count": total}));
    }
    let page = query.page(found);
    let shown: Vec<Map<String, Value>> = page.map(|one| shown(one, wanted)).collect();
    Ok(json!({"result": shown, "total_count": total}))
}

/// Returns what all feedback of a query is about, if the query names it: the file finds it by that.
fn about(query: &Value) -> Option<&str> {
    let expression = query.get("$expr")?;
    let parts = match expression.get("$and") {
        Some(parts) => parts.as_array()?.as_slice(),
        None => std::slice::from_ref(expression),
    };
    parts.iter().find_map(|part| {
        let [field, literal] = part.get("$eq")?.as_array()?.as_slice() else {
            return None;
        };
        let is_reference = field.get("$getField")?.as_str()? == "weave_ref";
        literal.get("$literal")?.as_str().filter(|_| is_reference)
    })
}

fn check_field(field: &str) -> Result<(), Problem> {
    let head = field.split('.').next().unwrap_or_default();
    let is_known = DEFAULT.contains(&field)
        || ["payload", "payload_dump"].contains(&head)
        || ["queue_id", "*"].contains(&field)
        || head.starts_with(SCORER)
        || head.starts_with(SPAN)
        || field.eq_ignore_ascii_case(COUNT);
    match is_known {
        true => Ok(()),
        false => Err(Problem::bad_request(format!("Unknown field: {field}"))),
    }
}

/// Returns the wanted fields of feedback, or all that every client reads.
fn shown(feedback: Value, wanted: &[String]) -> Map<String, Value> {
    if wanted.is_empty() || wanted.iter().any(|field| field == "*") {
        let Value::Object(mut fields) = feedback else {
            return Map::new();
        };
        fields.retain(|name, _| {
            let is_scorer = name.starts_with(SCORER) && name != "scorer_trace_id";
            DEFAULT.contains(&&**name) || is_scorer
        });
        return fields;
    }
    let fields = wanted.iter().map(|field| {
        let name = match field.as_str() {
            "payload_dump" => "payload",
            name => name,
        };
        let value = expr::field(&feedback, name).cloned();
        (name.to_owned(), value.unwrap_or_default())
    });
    fields.collect()
}

#[derive(Deserialize)]
struct Purge {
    project_id: String,
    query: Value,
}

/// Removes feedback by its ids. Ids that are not there are no error.
pub(in crate::weave) async fn purge(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let purge: Purge = query::read(&app, request, QUERY).await?;
    let ids = ids::of(&purge.query).ok_or_else(|| {
        Problem::bad_request("Can only purge feedback by specifying one or more feedback ids")
    })?;
    let kind = DocumentKind::Feedback;
    app.store
        .remove_documents(kind, purge.project_id, ids)
        .await?;
    Ok(reply::json(&json!({})))
}
