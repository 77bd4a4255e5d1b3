//! `POST /objs/query`.

use std::cmp::Ordering;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::{Labels, NO_VALUE, Shown, unprocessable};
use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};
use crate::store::{ObjectKind, Store, Version};
use crate::weave::query::{self, SortBy};

/// The maximum bytes of the values in an answer.
const MOST_BYTES: i64 = 64 << 20;

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
    fn accepts(&self, version: &Version, labels: &Labels) -> bool {
        fn among(names: Option<&Vec<String>>, name: Option<&String>) -> bool {
            names.is_none_or(|names| name.is_some_and(|name| names.contains(name)))
        }
        let base_class = version.base_class.as_ref();
        let excluded = self.exclude_base_object_classes.as_ref();
        let is_excluded = excluded.is_some_and(|names| among(Some(names), base_class));
        let any = |wanted: Option<&Vec<String>>, own: Vec<String>| {
            let wanted = wanted.filter(|wanted| !wanted.is_empty());
            wanted.is_none_or(|wanted| own.iter().any(|label| wanted.contains(label)))
        };
        let names = self.object_ids.as_ref().filter(|names| !names.is_empty());
        version.deleted_at.is_none()
            && (version.is_latest || !self.latest_only.unwrap_or(false))
            && among(names, Some(&version.name))
            && among(self.base_object_classes.as_ref(), base_class)
            && among(
                self.leaf_object_classes.as_ref(),
                version.leaf_class.as_ref(),
            )
            && !is_excluded
            && any(self.tags.as_ref(), labels.tags(version))
            && any(self.aliases.as_ref(), labels.aliases(version))
    }

    fn kind(&self) -> Option<ObjectKind> {
        self.is_op.map(|is_op| match is_op {
            true => ObjectKind::Op,
            false => ObjectKind::Object,
        })
    }
}

#[derive(Serialize)]
struct Found {
    objs: Vec<Shown>,
}

pub(in crate::weave) async fn query(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let query: Query = query::read(&app, request, QUERY).await?;
    let place = app.stream()?;
    let store = Arc::clone(&app);
    let question = move || Ok(reply::json(&list(&store.store, &query)?));
    Ok(reply::held(app.questions.ask(question).await?, place))
}

fn list(store: &Store, query: &Query) -> Result<Found, Problem> {
    let none = Filter::default();
    let filter = query.filter.as_ref().unwrap_or(&none);
    let mut found = store.versions(&query.project_id, None, filter.kind())?;
    let labels = Labels::read(store, &query.project_id)?;
    found.retain(|version| filter.accepts(version, &labels));
    for sort in query.sort_by.iter().flatten().rev() {
        let compare: fn(&Version, &Version) -> Ordering = match sort.field.as_str() {
            "object_id" => |left, right| left.name.cmp(&right.name),
            "created_at" => |left, right| left.created_at.cmp(&right.created_at),
            other => {
                return Err(unprocessable(&format!(
                    "objects cannot be sorted by {other}"
                )));
            }
        };
        let descending = sort.is_descending();
        found.sort_by(|left, right| match descending {
            true => compare(right, left),
            false => compare(left, right),
        });
    }
    let page = found
        .into_iter()
        .skip(query.offset.unwrap_or(0))
        .take(query.limit.unwrap_or(usize::MAX));
    let (mut objs, mut bytes) = (Vec::new(), 0_i64);
    for version in page {
        let value = match query.metadata_only {
            Some(true) => NO_VALUE.to_owned(),
            _ => {
                bytes = bytes.saturating_add(version.bytes);
                if bytes > MOST_BYTES {
                    return Err(unprocessable(
                        "the objects are too large for one answer; ask for fewer, with limit and offset",
                    ));
                }
                store.value(&version)?
            }
        };
        objs.push(Shown::of(version, &query.project_id, value, &labels));
    }
    Ok(Found { objs })
}
