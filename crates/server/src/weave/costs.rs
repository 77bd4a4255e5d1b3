//! A project's own prices: `POST /cost/create`, `/cost/query` and `/cost/purge`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use spanloom_core::Timestamp;
use uuid::Uuid;

use super::documents::DocumentQuery;
use super::graphql::USER_NAME;
use super::objects::check_project;
use super::{ids, query, time};
use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};
use crate::store::question::Until;
use crate::store::{Document, DocumentKind, Store};

const KIND: DocumentKind = DocumentKind::Price;

#[derive(Deserialize)]
struct Create {
    project_id: String,
    /// By model.
    costs: BTreeMap<String, New>,
}

/// A price in US dollars a token.
#[derive(Deserialize)]
struct New {
    prompt_token_cost: f64,
    completion_token_cost: f64,
    #[serde(default)]
    cache_read_input_token_cost: Option<f64>,
    #[serde(default)]
    cache_creation_input_token_cost: Option<f64>,
    #[serde(default)]
    prompt_token_cost_unit: Option<String>,
    #[serde(default)]
    completion_token_cost_unit: Option<String>,
    /// Now, if it is not given.
    #[serde(default, deserialize_with = "time::deserialize")]
    effective_date: Option<Timestamp>,
    #[serde(default)]
    provider_id: Option<String>,
}

impl New {
    fn document(self, project: &str, model: String) -> Document {
        let created_at = Timestamp::from(SystemTime::now());
        let unit = |unit: Option<String>| unit.unwrap_or_else(|| "USD".to_owned());
        let fields = json!({
            "llm_id": model,
            "prompt_token_cost": self.prompt_token_cost,
            "completion_token_cost": self.completion_token_cost,
            "cache_read_input_token_cost": self.cache_read_input_token_cost.unwrap_or(0.0),
            "cache_creation_input_token_cost": self.cache_creation_input_token_cost.unwrap_or(0.0),
            "prompt_token_cost_unit": unit(self.prompt_token_cost_unit),
            "completion_token_cost_unit": unit(self.completion_token_cost_unit),
            "effective_date": self.effective_date.unwrap_or(created_at),
            "provider_id": self.provider_id.unwrap_or_else(|| "default".to_owned()),
            "pricing_level": "project",
            "pricing_level_id": project,
            "created_by": USER_NAME,
            "created_at": created_at,
        });
        Document {
            id: Uuid::now_v7().to_string(),
            key: model,
            created_at,
            fields: fields.to_string(),
        }
    }
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let create: Create = query::read(&app, request, QUERY).await?;
    check_project(&create.project_id)?;
    let project = create.project_id;
    let prices = create.costs.into_iter();
    let prices: Vec<Document> = prices
        .map(|(model, new)| new.document(&project, model))
        .collect();
    // The order of W&B's server, though its documentation has the other one.
    let ids: Vec<[String; 2]> = prices
        .iter()
        .map(|one| [one.id.clone(), one.key.clone()])
        .collect();
    app.store
        .put_documents(KIND, project, prices, Vec::new())
        .await?;
    Ok(reply::json(&json!({"ids": ids})))
}

pub(super) async fn query(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let query: DocumentQuery = query::read(&app, request, QUERY).await?;
    let place = app.stream()?;
    let store = Arc::clone(&app);
    let question = move |until: &Until| {
        let results = prices(&store.store, &query, until)?;
        Ok(reply::json(&json!({"results": results})))
    };
    Ok(reply::held(app.questions.ask_until(question).await?, place))
}

fn prices(store: &Store, query: &DocumentQuery, until: &Until) -> Result<Vec<Value>, Problem> {
    query.check()?;
    let found = query.select(store, KIND, None, shown, until)?;
    let mut page: Vec<Value> = query.page(found).collect();
    if let Some(wanted) = &query.fields {
        for fields in page.iter_mut().filter_map(Value::as_object_mut) {
            fields.retain(|name, _| wanted.contains(name));
        }
    }
    Ok(page)
}

/// Returns the readable form of a price.
fn shown(price: Document) -> Value {
    let mut fields: Map<String, Value> = serde_json::from_str(&price.fields).unwrap_or_default();
    fields.insert("id".to_owned(), price.id.into());
    Value::Object(fields)
}

#[derive(Deserialize)]
struct Purge {
    project_id: String,
    query: Value,
}

/// Removes prices by their ids. Ids that are not there are no error.
pub(super) async fn purge(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let purge: Purge = query::read(&app, request, QUERY).await?;
    let ids = ids::of(&purge.query).ok_or_else(|| {
        Problem::bad_request("Can only purge costs by specifying one or more cost ids")
    })?;
    app.store
        .remove_documents(KIND, purge.project_id, ids)
        .await?;
    Ok(reply::json(&json!({})))
}
