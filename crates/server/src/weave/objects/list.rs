//! `POST /objs/query`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::{Shown, unprocessable};
use crate::reply::{self, Problem};
use crate::server::App;
use crate::store::{ObjectKind, ObjectQuery, Store, StoredObject};
use crate::weave::query::{self, SortBy};

#[derive(Deserialize)]
struct Query {
    project_id: String,
    #[serde(default)]
    filter: Option<Filter>,
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    offset: Option<usize>,
    #[serde(default)]
    sort_by: Option<Vec<SortBy>>,
    #[serde(default)]
    metadata_only: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Filter {
    object_ids: Option<Vec<String>>,
    is_op: Option<bool>,
    latest_only: Option<bool>,
    base_object_classes: Option<Vec<String>>,
    exclude_base_object_classes: Option<Vec<String>>,
    leaf_object_classes: Option<Vec<String>>,
    tags: Option<Vec<String>>,
    aliases: Option<Vec<String>>,
}

impl Filter {
    fn accepts(&self, stored: &StoredObject) -> bool {
        fn among(names: Option<&Vec<String>>, name: Option<&String>) -> bool {
            names.is_none_or(|names| name.is_some_and(|name| names.contains(name)))
        }
        let object = &stored.object;
        let excluded = self.exclude_base_object_classes.as_ref();
        let is_excluded =
            excluded.is_some_and(|names| among(Some(names), object.base_class.as_ref()));
        // `latest` is the only alias there is, and there are no tags.
        let has_alias =
            |aliases: &Vec<String>| stored.is_latest && aliases.iter().any(|it| it == "latest");
        stored.deleted_at.is_none()
            && (stored.is_latest || !self.latest_only.unwrap_or(false))
            && among(
                self.base_object_classes.as_ref(),
                object.base_class.as_ref(),
            )
            && among(
                self.leaf_object_classes.as_ref(),
                object.leaf_class.as_ref(),
            )
            && !is_excluded
            && self.tags.as_ref().is_none_or(Vec::is_empty)
            && self
                .aliases
                .as_ref()
                .is_none_or(|aliases| aliases.is_empty() || has_alias(aliases))
    }
}

pub(in crate::weave) async fn query(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let query: Query = query::read(&app, request).await?;
    let store = Arc::clone(&app);
    let question = move || list(&store.store, query);
    let objects = app.questions.ask(question).await?;
    Ok(reply::json(&json!({"objs": objects})))
}

fn list(store: &Store, query: Query) -> Result<Vec<Shown>, Problem> {
    let filter = query.filter.unwrap_or_default();
    let kind = filter.is_op.map(|is_op| match is_op {
        true => ObjectKind::Op,
        false => ObjectKind::Object,
    });
    let mut found = store.objects(&ObjectQuery {
        project: query.project_id,
        names: filter.object_ids.clone().filter(|names| !names.is_empty()),
        kind,
    })?;
    found.retain(|stored| filter.accepts(stored));
    for sort in query.sort_by.iter().flatten().rev() {
        match sort.field.as_str() {
            "object_id" => found.sort_by(|left, right| left.object.name.cmp(&right.object.name)),
            "created_at" => found.sort_by_key(|stored| stored.created_at),
            other => {
                return Err(unprocessable(&format!(
                    "objects cannot be sorted by {other}"
                )));
            }
        }
        if sort.is_descending() {
            found.reverse();
        }
    }
    let with_value = !query.metadata_only.unwrap_or(false);
    let page = found
        .into_iter()
        .skip(query.offset.unwrap_or(0))
        .take(query.limit.unwrap_or(usize::MAX));
    Ok(page.map(|stored| Shown::of(stored, with_value)).collect())
}
