//! `GET /api/calls`, the table, and `GET /api/call`, one call.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};
use spanloom_core::Record;

use super::selection::{Parameters, Selection};
use super::stats::ms;
use super::text::{completion, prompt};
use crate::reply::{self, Problem};
use crate::server::App;
use crate::store::{Code, Id, Memory, Outcome, Row};
use crate::weave::present;

/// A row of the table; see the board's API.
#[derive(Debug, Serialize)]
struct Shown {
    id: String,
    trace_id: String,
    parent_id: Option<String>,
    op_name: String,
    operation: Option<String>,
    provider: Option<String>,
    model: Option<String>,
    request_model: Option<String>,
    status: &'static str,
    outcome: Option<&'static str>,
    exception: Option<String>,
    streamed: bool,
    started_at: f64,
    latency_ms: Option<f64>,
    ttfc_ms: Option<f64>,
    attempts: Option<i64>,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    total_tokens: Option<i64>,
    cached_tokens: Option<i64>,
    reasoning_tokens: Option<i64>,
    usage_source: Option<&'static str>,
    cost_usd: Option<f64>,
    cost_source: Option<String>,
    prompt: Option<String>,
    completion: Option<String>,
    attributes: BTreeMap<String, String>,
    #[serde(skip)]
    location: (i64, i64),
}

impl Shown {
    fn of(row: &Row, memory: &Memory) -> Self {
        let text = |code: Code| memory.dictionary.text(code).to_owned();
        let attributes = row
            .attributes
            .iter()
            .map(|(path, value)| (text(*path), text(*value)));
        Self {
            id: row.id.to_string(),
            trace_id: row.trace.to_string(),
            parent_id: row.parent.as_ref().map(Id::to_string),
            op_name: text(row.op_name),
            operation: row.operation.map(text),
            provider: row.provider.map(text),
            model: row.model.map(text),
            request_model: row.request_model.map(text),
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
            cost_source: row.cost_source.map(text),
            prompt: None,
            completion: None,
            attributes: attributes.collect(),
            location: (row.frame, row.slot),
        }
    }

    /// Adds what stands in the call itself.
    fn complete(mut self, call: &Value) -> Self {
        self.exception = call
            .get("exception")
            .and_then(Value::as_str)
            .map(str::to_owned);
        self.prompt = prompt(call);
        self.completion = completion(call);
        self
    }
}

pub(super) async fn list(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref());
    let task = tokio::task::spawn_blocking(move || table(&parameters, &app));
    let answer = task
        .await
        .unwrap_or_else(|_| Err(Problem::bad_request("the calls could not be read")))?;
    Ok(reply::json(&answer))
}

fn table(parameters: &Parameters, app: &App) -> Result<Value, Problem> {
    let limit = parameters.number("limit", 50, 1..=500)?;
    let offset = parameters.number("offset", 0, 0..=usize::MAX)?;
    let order = Order::read(parameters.one("sort").unwrap_or("-started_at"))?;
    let (total, page) = {
        let memory = app.store.memory();
        let selection = Selection::read(parameters, &memory)?;
        let mut rows: Vec<&Row> = memory
            .rows
            .iter()
            .filter(|row| selection.accepts(row))
            .collect();
        // What arrived last stands first among equals.
        rows.reverse();
        rows.sort_by(|left, right| order.compare(left, right, &memory));
        let page: Vec<Shown> = rows
            .iter()
            .skip(offset)
            .take(limit)
            .map(|row| Shown::of(row, &memory))
            .collect();
        (rows.len(), page)
    };
    let locations: Vec<_> = page.iter().map(|row| row.location).collect();
    let payloads = app.store.payloads(&locations)?;
    let calls: Vec<Shown> = page
        .into_iter()
        .zip(payloads)
        .map(|(row, payload)| row.complete(&serde_json::from_str(&payload).unwrap_or(Value::Null)))
        .collect();
    Ok(json!({"total": total, "calls": calls}))
}

/// One call: its row, and all that was recorded.
#[derive(Serialize)]
struct One {
    row: Shown,
    stream: String,
    call: Record,
}

pub(super) async fn one(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref());
    let project = format!(
        "{}/{}",
        parameters.required("entity")?,
        parameters.required("project")?
    );
    let id = Id::new(parameters.required("id")?);
    let task = tokio::task::spawn_blocking(move || {
        let missing = || Problem::not_found("there is no such call in this project");
        let (row, stream) = {
            let memory = app.store.memory();
            let place = memory
                .dictionary
                .code(&project)
                .and_then(|project| memory.find(project, &id));
            let row = place
                .and_then(|place| memory.rows.get(place))
                .ok_or_else(missing)?;
            (
                Shown::of(row, &memory),
                memory.dictionary.text(row.stream).to_owned(),
            )
        };
        let payloads = app.store.payloads(&[row.location])?;
        let call = payloads
            .first()
            .and_then(|payload| present(payload, true))
            .ok_or_else(missing)?;
        let row = row.complete(&serde_json::to_value(&call).unwrap_or_default());
        Ok(One { row, stream, call })
    });
    let answer: Result<One, Problem> = task
        .await
        .unwrap_or_else(|_| Err(Problem::bad_request("the call could not be read")));
    Ok(reply::json(&answer?))
}

/// A column to sort by, and which way.
struct Order {
    column: Column,
    descending: bool,
}

#[derive(Clone, Copy)]
enum Column {
    StartedAt,
    Latency,
    Cost,
    InputTokens,
    OutputTokens,
    TotalTokens,
    Model,
    Status,
}

const COLUMNS: [(&str, Column); 8] = [
    ("started_at", Column::StartedAt),
    ("latency_ms", Column::Latency),
    ("cost_usd", Column::Cost),
    ("input_tokens", Column::InputTokens),
    ("output_tokens", Column::OutputTokens),
    ("total_tokens", Column::TotalTokens),
    ("model", Column::Model),
    ("status", Column::Status),
];

impl Order {
    fn read(text: &str) -> Result<Self, Problem> {
        let (descending, name) = text
            .strip_prefix('-')
            .map_or((false, text), |name| (true, name));
        let found = COLUMNS.iter().find(|(column, _)| *column == name);
        let (_, column) = found.ok_or_else(|| {
            let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
            Problem::bad_request(format!(
                "sort must be one of {}, with - in front for descending",
                names.join(", ")
            ))
        })?;
        Ok(Self {
            column: *column,
            descending,
        })
    }

    fn compare(&self, left: &Row, right: &Row, memory: &Memory) -> Ordering {
        let number = |value: fn(&Row) -> Option<i64>| self.known(value(left), value(right));
        match self.column {
            Column::StartedAt => number(|row| Some(row.started_at)),
            Column::Latency => number(Row::latency),
            Column::Cost => number(|row| row.cost),
            Column::InputTokens => number(|row| row.input_tokens),
            Column::OutputTokens => number(|row| row.output_tokens),
            Column::TotalTokens => number(Row::total_tokens),
            Column::Model => {
                let text = |code: Option<Code>| code.map(|code| memory.dictionary.text(code));
                self.known(text(left.model), text(right.model))
            }
            Column::Status => self.known(Some(left.status.as_str()), Some(right.status.as_str())),
        }
    }

    /// What is not known comes last, whichever way the others go.
    fn known<T: Ord>(&self, left: Option<T>, right: Option<T>) -> Ordering {
        match (left, right) {
            (Some(left), Some(right)) if self.descending => right.cmp(&left),
            (Some(left), Some(right)) => left.cmp(&right),
            (left, right) => right.is_some().cmp(&left.is_some()),
        }
    }
}
