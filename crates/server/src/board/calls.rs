//! `GET /api/calls`, the table, and `GET /api/call`, one call.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use spanloom_core::{Outcome, Record, UsageSource, weave};

use super::content::Bodies;
use super::conversation::Conversation;
use super::parameters::Parameters;
use super::scope::Scope;
use super::stats::ms;
use super::text::{completion, prompt};
use super::tree::{Below, Tree};
use crate::app::App;
use crate::reply::{self, Problem};
use crate::store::question::{self, Column, Number, Order, Until};
use crate::store::{Code, Id, Memory, Row, Store};
use crate::weave::{add_costs, of_call, present};

/// A row of the table; see the board's API.
#[derive(Debug, Serialize)]
pub(super) struct CallRow {
    pub(super) id: String,
    pub(super) trace_id: String,
    pub(super) parent_id: Option<String>,
    pub(super) op_name: String,
    /// The name that the call was given, if it has one of its own.
    pub(super) display_name: Option<String>,
    pub(super) operation: Option<String>,
    pub(super) provider: Option<String>,
    pub(super) model: Option<String>,
    pub(super) request_model: Option<String>,
    pub(super) user: Option<String>,
    /// The conversation.
    pub(super) thread: Option<String>,
    pub(super) status: &'static str,
    pub(super) outcome: Option<&'static str>,
    pub(super) exception: Option<String>,
    pub(super) streamed: bool,
    pub(super) started_at: f64,
    pub(super) latency_ms: Option<f64>,
    pub(super) ttfc_ms: Option<f64>,
    pub(super) attempts: Option<i64>,
    pub(super) input_tokens: Option<i64>,
    pub(super) output_tokens: Option<i64>,
    pub(super) total_tokens: Option<i64>,
    pub(super) cached_tokens: Option<i64>,
    pub(super) reasoning_tokens: Option<i64>,
    pub(super) usage_source: Option<&'static str>,
    pub(super) cost_usd: Option<f64>,
    pub(super) cost_source: Option<String>,
    /// Whether the call counts in sums, or calls below it report the same tokens.
    pub(super) counts: bool,
    pub(super) prompt: Option<String>,
    pub(super) completion: Option<String>,
    pub(super) attributes: BTreeMap<String, String>,
    /// Whether the store could not read the content.
    pub(super) damaged: bool,
}

impl CallRow {
    pub(super) fn of(row: &Row, memory: &Memory) -> Self {
        let text = |code: Code| memory.dictionary.text(code).to_owned();
        let attributes = row
            .attributes
            .iter()
            .map(|(path, value)| (text(*path), text(*value)));
        Self {
            id: row.id.to_string(),
            trace_id: row.trace.to_string(),
            parent_id: memory.parent_id(row).map(|id| id.to_string()),
            op_name: weave::op(memory.dictionary.text(row.op_name)).to_owned(),
            display_name: None,
            operation: row.operation.map(text),
            provider: row.provider.map(text),
            model: row.model.map(text),
            request_model: row.request_model.map(text),
            user: row.user.map(text),
            thread: row.thread.map(text),
            status: row.status.as_str(),
            outcome: row.outcome.map(Outcome::as_str),
            exception: None,
            streamed: row.streamed,
            started_at: ms(row.started_at),
            latency_ms: row.latency().map(ms),
            ttfc_ms: row.first_chunk.map(ms),
            attempts: row.attempts,
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            total_tokens: row.total_tokens(),
            cached_tokens: row.cached_tokens,
            reasoning_tokens: row.reasoning_tokens,
            usage_source: row
                .usage_estimated
                .map(|estimated| if estimated { "estimated" } else { "reported" }),
            cost_usd: row.cost.map(|nanos| nanos as f64 / 1e9),
            counts: row.counts(),
            cost_source: row.cost_source.map(text),
            prompt: None,
            completion: None,
            attributes: attributes.collect(),
            damaged: false,
        }
    }

    /// Adds the fields that only the record contains.
    pub(super) fn complete(&mut self, record: &Record) {
        let bodies = Bodies::of(record);
        let content = bodies.content();
        self.exception = record.exception.as_deref().map(readable);
        self.display_name.clone_from(&record.display_name);
        self.prompt = prompt(&content);
        self.completion = completion(&content);
        let info = record.info();
        let source = info.usage_source.as_deref();
        let source = source.and_then(UsageSource::from_word);
        self.usage_source = source.map(UsageSource::as_str).or(self.usage_source);
        self.damaged = info.damaged;
    }
}

/// Returns an exception in one line: W&B's clients write its type, its message and its traceback as JSON.
fn readable(exception: &str) -> String {
    #[derive(Deserialize)]
    struct Exception {
        #[serde(rename = "type")]
        kind: String,
        message: String,
    }
    match serde_json::from_str::<Exception>(exception) {
        Ok(Exception { kind, message }) if message.is_empty() => kind,
        Ok(Exception { kind, message }) => format!("{kind}: {message}"),
        Err(_) => exception.to_owned(),
    }
}

pub(super) async fn list(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::of_selection(query.as_deref(), &["sort", "limit", "offset"])?;
    let scope = Scope::of(&app, &parameters).await?;
    let store = Arc::clone(&app);
    let question = move |until: &Until| table(&parameters, &scope, &store.store, until);
    Ok(reply::json(&app.questions.ask_until(question).await?))
}

fn table(
    parameters: &Parameters,
    scope: &Scope,
    store: &Store,
    until: &Until,
) -> Result<Value, Problem> {
    let limit = parameters.number("limit", 50, 1..=500)?;
    let offset = parameters.number("offset", 0, 0..=usize::MAX)?;
    let order = order(parameters.one("sort").unwrap_or("-started_at"))?;
    let memory = &*scope.memory;
    let most = offset.saturating_add(limit);
    let found = question::page(
        &memory.rows,
        &memory.dictionary,
        &scope.filter(),
        order,
        most,
        until,
    )?;
    let places: Vec<usize> = found.places.into_iter().skip(offset).collect();
    let rows = places.iter().filter_map(|place| memory.rows.get(*place));
    let mut calls: Vec<CallRow> = rows.map(|row| CallRow::of(&row, memory)).collect();
    store.read(memory, &places, |index, record| {
        if let Some(shown) = calls.get_mut(index) {
            shown.complete(&record);
        }
    })?;
    Ok(json!({"total": found.total, "calls": calls, "search": scope.about_search()}))
}

/// A call: its row and its full record.
#[derive(Serialize)]
struct CallDetail {
    row: CallRow,
    /// Of a call that does not count: what counts in its place.
    below: Option<Below>,
    stream: String,
    conversation: Conversation,
    /// Scores, reactions and notes, as in W&B's API.
    feedback: Vec<Map<String, Value>>,
    call: Record,
}

pub(super) async fn one(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["entity", "project", "id"])?;
    let project = parameters.project()?;
    let id = parameters.required("id")?.to_owned();
    let store = Arc::clone(&app);
    let question = move || whole(&store.store, &project, &id);
    Ok(reply::json(&app.questions.ask(question).await?))
}

fn whole(store: &Store, project: &str, id: &str) -> Result<CallDetail, Problem> {
    let missing = || Problem::not_found("there is no such call in this project");
    let memory = store.memory();
    let feedback = of_call(store, project, id)?;
    let project = memory.dictionary.code(project).ok_or_else(missing)?;
    let place = memory.find(project, &Id::new(id)).ok_or_else(missing)?;
    let row = memory.rows.get(place).ok_or_else(missing)?;
    let mut shown = CallRow::of(&row, &memory);
    let mut call = None;
    store.read(&memory, &[place], |_, record| {
        shown.complete(&record);
        let conversation = Conversation::of(&Bodies::of(&record).content());
        let mut record = present(record);
        add_costs(&mut record);
        call = Some((conversation, record));
    })?;
    let (conversation, call) = call.ok_or_else(missing)?;
    Ok(CallDetail {
        below: below(&memory, place, &row),
        row: shown,
        stream: memory.dictionary.text(row.stream).to_owned(),
        conversation,
        feedback,
        call,
    })
}

/// Returns what counts in the place of a call that does not.
fn below(memory: &Memory, place: usize, row: &Row) -> Option<Below> {
    let tree = (!row.counts()).then(|| Tree::of(memory, row.project, &row.trace))?;
    tree.below(place)
}

const COLUMNS: [(&str, Column); 8] = [
    ("started_at", Column::Number(Number::StartedAt)),
    ("latency_ms", Column::Number(Number::Latency)),
    ("cost_usd", Column::Number(Number::Cost)),
    ("input_tokens", Column::Number(Number::InputTokens)),
    ("output_tokens", Column::Number(Number::OutputTokens)),
    ("total_tokens", Column::Number(Number::TotalTokens)),
    ("model", Column::Model),
    ("status", Column::Status),
];

/// Reads the order of a table: a column, and its direction.
fn order(text: &str) -> Result<Order, Problem> {
    let (descending, name) = text
        .strip_prefix('-')
        .map_or((false, text), |name| (true, name));
    let found = COLUMNS.iter().find(|(column, _)| *column == name);
    let (_, column) = found.ok_or_else(|| {
        let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        Problem::bad_request(format!(
            "sort must be one of {}, prefixed with - for descending",
            names.join(", ")
        ))
    })?;
    Ok(Order {
        column: *column,
        descending,
        newest_first: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_one_line() {
        for (exception, expected) in [
            (
                r#"{"type": "ValueError", "message": "no such mountain", "traceback": [1]}"#,
                "ValueError: no such mountain",
            ),
            (r#"{"type": "KeyError", "message": ""}"#, "KeyError"),
            ("timeout: late", "timeout: late"),
            ("{}", "{}"),
        ] {
            assert_eq!(readable(exception), expected);
        }
    }
}
