//! What a request asks about: a copy of the store, and the calls that it selects.

use std::sync::Arc;

use serde_json::{Value, json};

use super::parameters::Parameters;
use super::search::{Found, find};
use super::selection::Selection;
use crate::app::App;
use crate::reply::Problem;
use crate::store::Memory;
use crate::store::question::{Dimension, Filter};

/// The selected calls of a copy of the store.
pub(super) struct Scope {
    pub(super) memory: Arc<Memory>,
    pub(super) selection: Arc<Selection>,
    /// The calls that hold the words of the search, if it has any.
    found: Option<Found>,
}

impl Scope {
    /// Reads a selection, and searches for its words.
    pub(super) async fn of(app: &Arc<App>, parameters: &Parameters) -> Result<Self, Problem> {
        let memory = app.store.memory();
        let selection = Arc::new(Selection::read(parameters, &memory)?);
        Ok(Self {
            found: find(app, &memory, &selection).await?,
            memory,
            selection,
        })
    }

    pub(super) fn filter(&self) -> Filter<'_> {
        self.filter_without(None)
    }

    /// Returns the filter without the conditions on one property.
    pub(super) fn filter_without(&self, property: Option<Dimension>) -> Filter<'_> {
        let filter = self.selection.filter_without(property, &self.memory);
        let found = self.found.as_ref();
        filter.with_ids(found.map(|found| found.ids.clone()))
    }

    /// Returns what an answer states about the search: how far it came, and fields that no call has.
    pub(super) fn about_search(&self) -> Value {
        json!({
            "content": self.found,
            "unknown_fields": self.selection.search().unknown_fields(&self.memory),
        })
    }
}
