//! Queries for what W&B's clients store in documents: feedback and prices.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::query::SortBy;
use super::{expr, order};
use crate::reply::Problem;
use crate::store::question::Until;
use crate::store::{Document, DocumentKind, Store};

/// The maximum bytes of the documents that a query selects.
const MOST_BYTES: usize = 64 << 20;

#[derive(Deserialize)]
pub(super) struct DocumentQuery {
    pub(super) project_id: String,
    #[serde(default)]
    pub(super) fields: Option<Vec<String>>,
    #[serde(default)]
    pub(super) query: Option<Value>,
    #[serde(default)]
    sort_by: Option<Vec<SortBy>>,
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    offset: Option<usize>,
}

impl DocumentQuery {
    /// Returns the fields to sort by.
    pub(super) fn sorts(&self) -> &[SortBy] {
        self.sort_by.as_deref().unwrap_or_default()
    }

    /// Returns an error if no document could be compared or sorted.
    pub(super) fn check(&self) -> Result<(), Problem> {
        order::check(self.sorts())?;
        if let Some(query) = &self.query {
            expr::matches(query, &Value::Null)?;
        }
        Ok(())
    }

    /// Returns the documents that meet the query, as `read` makes them readable; with `key`, only those of the key.
    pub(super) fn select(
        &self,
        store: &Store,
        kind: DocumentKind,
        key: Option<&str>,
        read: impl Fn(Document) -> Value,
        until: &Until,
    ) -> Result<Vec<Value>, Problem> {
        let query = self.query.as_ref();
        let (mut found, mut bytes, mut failed) = (Vec::new(), 0, None);
        store.documents(kind, &self.project_id, key, |document| {
            let size = document.fields.len();
            let one = read(document);
            let outcome = until.check().map_err(Problem::from).and_then(|()| {
                let is_wanted = query.map_or(Ok(true), |query| expr::matches(query, &one))?;
                if is_wanted {
                    bytes += size;
                    found.push(one);
                }
                match bytes > MOST_BYTES {
                    true => Err(Problem::new(
                        StatusCode::UNPROCESSABLE_ENTITY,
                        "the query selects more than 64 MiB; narrow it",
                    )),
                    false => Ok(()),
                }
            });
            failed = outcome.err();
            failed.is_none()
        })?;
        failed.map_or(Ok(found), Err)
    }

    /// Returns the page of the documents that the query asks for, in its order.
    pub(super) fn page(&self, found: Vec<Value>) -> impl Iterator<Item = Value> + use<> {
        order::sort(self.sorts(), found)
            .into_iter()
            .skip(self.offset.unwrap_or(0))
            .take(self.limit.unwrap_or(usize::MAX))
    }
}
