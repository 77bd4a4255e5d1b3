//! What a request asks about: a copy of the store, and the calls that it selects.

use std::sync::Arc;

use serde_json::{Value, json};

use super::parameters::Parameters;
use super::search::{Found, find};
use super::selection::Selection;
use crate::app::App;
use crate::reply::Problem;
use crate::store::Memory;
use crate::store::question::{Dimension, Filter, Until};

/// Limits a filter to calls to a model: only these have an operation.
pub(super) fn model_calls(filter: Filter<'_>) -> Filter<'_> {
    filter.with(Dimension::Operation, |code| code.is_some())
}

/// The selected calls of a copy of the store.
pub(super) struct Scope {
    pub(super) memory: Arc<Memory>,
    pub(super) selection: Arc<Selection>,
    /// The calls that hold the words of the search, if it has any.
    found: Option<Found>,
    unknown_fields: Vec<String>,
}

impl Scope {
    /// Reads a selection, and searches for its words.
    pub(super) async fn of(app: &Arc<App>, parameters: &Parameters) -> Result<Self, Problem> {
        let memory = app.store.memory();
        let selection = Arc::new(Selection::read(parameters, &memory)?);
        let question = {
            let (memory, selection) = (Arc::clone(&memory), Arc::clone(&selection));
            move |until: &Until| selection.unknown_fields(selection.search(), &memory, until)
        };
        let has_attributes = selection.search().attributes().next().is_some();
        let unknown_fields = match has_attributes {
            true => app.questions.ask_until(question).await?,
            false => Vec::new(),
        };
        Ok(Self {
            unknown_fields,
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

    /// Returns the filter with, or without, spans that are no calls to a model, as those of tools and agents.
    pub(super) fn filter_of(&self, with_spans: bool) -> Filter<'_> {
        match with_spans {
            true => self.filter(),
            false => model_calls(self.filter()),
        }
    }

    /// Returns whether all calls were read for the words of the search.
    pub(super) fn is_complete(&self) -> bool {
        self.found.as_ref().is_none_or(Found::is_complete)
    }

    /// Returns what an answer states about the search: how far it came, and fields that no call has.
    pub(super) fn about_search(&self) -> Value {
        json!({
            "content": self.found,
            "unknown_fields": self.unknown_fields,
        })
    }
}
