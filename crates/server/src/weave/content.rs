//! Filtering and sorting by the content of calls: page by page, so that other questions get their turn in between and a
//! disconnected client is noticed.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::Value;
use spanloom_core::json::Document;
use spanloom_core::{Json, Record};

use super::call::{ProjectPrices, Shown, expand, native, present};
use super::expr::{self, FEEDBACK};
use super::feedback;
use super::filter::ContentFilter;
use super::graphql::USER_NAME;
use super::order::{self, Keys};
use super::query::SortBy;
use crate::app::App;
use crate::reply::Problem;
use crate::store::Memory;

/// The number of calls read at a time.
const PAGE: usize = 256;
/// The number of calls read at a time if each comes with its feedback.
const FEW: usize = 16;
/// The maximum bytes of all sort keys of a question.
const KEYS: usize = 64 << 20;

/// A filter and a sort order over the content of calls.
pub(super) struct ByContent {
    /// `entity/project`.
    pub(super) project: String,
    pub(super) expression: Option<Value>,
    pub(super) filter: Option<ContentFilter>,
    /// Paths at which references are followed.
    pub(super) expand: Vec<String>,
    /// Empty if the calls are in order already.
    pub(super) fields: Vec<SortBy>,
    /// The maximum number of calls to return, the first in order.
    pub(super) most: usize,
}

/// A matching call: its place and its sort keys.
type Found = (usize, Keys);

impl ByContent {
    /// Returns whether calls must be read to be selected or sorted.
    pub(super) fn reads_calls(&self) -> bool {
        self.expression.is_some() || self.filter.is_some() || !self.fields.is_empty()
    }

    /// Returns the places of the selected calls, in order.
    pub(super) async fn select(
        self,
        app: &Arc<App>,
        memory: &Arc<Memory>,
        places: Vec<usize>,
    ) -> Result<Vec<usize>, Problem> {
        let this = Arc::new(self);
        let mut found: Vec<Found> = Vec::new();
        let mut bytes = 0;
        let page = if this.asks_for_feedback() { FEW } else { PAGE };
        for page in places.chunks(page) {
            let question = {
                let (this, app, memory) = (Arc::clone(&this), Arc::clone(app), Arc::clone(memory));
                let page = page.to_vec();
                move || this.page(&app, &memory, &page)
            };
            let more = app.questions.ask(question).await?;
            bytes += more.iter().map(|(_, keys)| size(keys)).sum::<usize>();
            found.extend(more);
            if this.fields.is_empty() && found.len() >= this.most {
                break;
            }
            // Drop calls that can no longer be among the first.
            if found.len() >= this.most.saturating_mul(2).max(PAGE) {
                this.sort(&mut found);
                found.truncate(this.most);
                bytes = found.iter().map(|(_, keys)| size(keys)).sum();
            }
            if bytes > KEYS {
                let reason = "this many calls cannot be sorted by their content; set a limit";
                return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason));
            }
        }
        this.sort(&mut found);
        found.truncate(this.most);
        Ok(found.into_iter().map(|(place, _)| place).collect())
    }

    fn page(&self, app: &App, memory: &Memory, places: &[usize]) -> Result<Vec<Found>, Problem> {
        let mut found = Vec::new();
        let mut failed = None;
        let prices = match self.asks_for("summary.weave.costs") {
            true => Some(ProjectPrices::read(&app.store, &self.project)?),
            false => None,
        };
        app.store.read(memory, places, |index, record| {
            let Some(place) = places.get(index) else {
                return;
            };
            match self.keys(app, record, prices.as_ref()) {
                Ok(Some(keys)) => found.push((index, (*place, keys))),
                Ok(None) => {}
                Err(problem) => failed = Some(problem),
            }
        })?;
        // The calls were read in the order of the file.
        found.sort_unstable_by_key(|(index, _)| *index);
        failed.map_or(Ok(()), Err)?;
        Ok(found.into_iter().map(|(_, found)| found).collect())
    }

    /// Returns the sort keys of a call; `None` if the call is not wanted.
    fn keys(
        &self,
        app: &App,
        record: Record,
        prices: Option<&ProjectPrices>,
    ) -> Result<Option<Keys>, Problem> {
        let size = Shown::size(&record);
        let project = format!("{}/{}", record.stream.entity, record.stream.project);
        let id = record.id.clone();
        let costs = prices.and_then(|prices| prices.costs(&record));
        let mut record = present(record);
        native::complete(&mut record);
        let mut call = tree(record);
        if let Some(fields) = call.as_object_mut() {
            fields.insert("storage_size_bytes".to_owned(), size.into());
            let weave = fields
                .get_mut("summary")
                .and_then(|summary| summary.get_mut("weave"));
            if let (Some(Value::Object(weave)), Some(costs)) = (weave, costs) {
                weave.insert("costs".to_owned(), costs);
            }
            let user = fields.entry("wb_user_id").or_insert(Value::Null);
            if user.is_null() {
                *user = USER_NAME.into();
            }
        }
        if !self.expand.is_empty() {
            expand(&mut call, &self.expand, &app.store)?;
        }
        let is_wanted = self
            .filter
            .as_ref()
            .is_none_or(|filter| filter.accepts(&call));
        if !is_wanted {
            return Ok(None);
        }
        if self.asks_for_feedback() {
            feedback::put_into(&mut call, feedback::of_call(&app.store, &project, &id)?);
        }
        let matches = self
            .expression
            .as_ref()
            .map(|query| expr::matches(query, &call));
        let matches = matches.unwrap_or(Ok(true))?;
        Ok(matches.then(|| order::keys(&self.fields, &call)))
    }

    fn asks_for_feedback(&self) -> bool {
        self.asks_for(FEEDBACK)
    }

    /// Returns whether calls are selected or sorted by a field that begins so.
    fn asks_for(&self, start: &str) -> bool {
        let queried = self.expression.iter().flat_map(expr::fields);
        let sorted = self.fields.iter().map(|sort| sort.field.as_str());
        queried.chain(sorted).any(|field| field.starts_with(start))
    }

    /// Sorts calls; equal calls keep their order.
    fn sort(&self, found: &mut [Found]) {
        found.sort_by(|(_, left), (_, right)| order::compare_all(&self.fields, left, right));
    }
}

/// The levels of a call's content that are kept if it has more levels than a tree may.
const LEVELS: usize = 64;

/// Converts a call to a tree, as far as possible if its content is too deep or has numbers out of range.
fn tree(mut call: Record) -> Value {
    serde_json::to_value(&call).unwrap_or_else(|_| {
        call.inputs = shallow(&call.inputs);
        call.output = call.output.as_ref().map(shallow);
        serde_json::to_value(&call).unwrap_or_default()
    })
}

fn shallow(json: &Json) -> Json {
    let document = Document::read(json.as_str().as_bytes());
    Json::from_value(&document.root().to_value_up_to(LEVELS))
}

fn size(keys: &[Option<Value>]) -> usize {
    let text = |key: &Option<Value>| key.as_ref().and_then(Value::as_str).map_or(0, str::len);
    size_of_val(keys) + keys.iter().map(text).sum::<usize>()
}
