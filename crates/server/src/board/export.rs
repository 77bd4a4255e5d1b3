//! `GET /api/export`: all selected calls as lines of JSON or as CSV, page by page, so that neither the number of calls nor a
//! slow client takes memory.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::Response;
use bytes::Bytes;
use serde::Serialize;
use spanloom_core::{Json, Record, Timestamp};

use super::calls::CallRow;
use super::parameters::Parameters;
use super::scope::Scope;
use crate::app::App;
use crate::reply::{self, Broken, Problem};
use crate::store::Memory;
use crate::store::question::{self, Until};

/// The bytes at which a page is full, and the most calls that are read at a time.
const PAGE_BYTES: usize = 256 << 10;
const GROUP: usize = 64;

/// The header with the number of calls.
const TOTAL: &str = "x-total-count";

#[derive(Clone, Copy)]
enum Format {
    JsonLines,
    Csv,
}

impl Format {
    fn read(parameters: &Parameters) -> Result<Self, Problem> {
        match parameters.one("format").unwrap_or("jsonl") {
            "jsonl" => Ok(Self::JsonLines),
            "csv" => Ok(Self::Csv),
            _ => Err(Problem::bad_request("format must be jsonl or csv")),
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::JsonLines => "application/jsonl",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    /// Returns what stands before the first call.
    fn header(self) -> Result<Vec<u8>, Problem> {
        match self {
            Self::JsonLines => Ok(Vec::new()),
            Self::Csv => written([COLUMNS].into_iter()),
        }
    }

    fn file(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::JsonLines => "attachment; filename=\"calls.jsonl\"",
            Self::Csv => "attachment; filename=\"calls.csv\"",
        })
    }
}

pub(super) async fn export(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let place = app.stream()?;
    let parameters = Parameters::of_selection(query.as_deref(), &["format"])?;
    let format = Format::read(&parameters)?;
    let scope = Scope::of(&app, &parameters).await?;
    if !scope.is_complete() {
        let reason =
            "the search for words did not reach all calls; narrow the range or the filters";
        return Err(Problem::bad_request(reason));
    }
    let question = move |until: &Until| {
        let places = question::places(&scope.memory.rows, &scope.filter(), usize::MAX, until)?;
        let number = |place: usize| u32::try_from(place).ok();
        let places: Arc<[u32]> = places.into_iter().filter_map(number).collect();
        Ok((scope.memory.clone(), places))
    };
    let (memory, places) = app.questions.ask_until(question).await?;
    let total = places.len();
    let rest = Rest {
        app,
        memory,
        places,
        sent: None,
        format,
    };
    let stream = futures_util::stream::unfold((rest, place), |(mut rest, place)| async {
        let page = rest.next().await?;
        Some((page, (rest, place)))
    });
    let mut response = reply::typed(format.media_type(), Body::from_stream(stream));
    let headers = response.headers_mut();
    headers.insert(CONTENT_DISPOSITION, format.file());
    headers.insert(TOTAL, total.into());
    Ok(response)
}

/// The part of an answer that has not been sent.
struct Rest {
    app: Arc<App>,
    memory: Arc<Memory>,
    places: Arc<[u32]>,
    /// The number of calls that were sent; `None` before the first line.
    sent: Option<usize>,
    format: Format,
}

impl Rest {
    /// Returns the next page; `None` after the last.
    async fn next(&mut self) -> Option<Result<Bytes, Broken>> {
        let from = self.sent.unwrap_or(0);
        if self.sent.is_some() && from >= self.places.len() {
            return None;
        }
        let (app, memory) = (Arc::clone(&self.app), Arc::clone(&self.memory));
        let places = Arc::clone(&self.places);
        let (format, is_first) = (self.format, self.sent.is_none());
        let question = move || {
            let rest = places.get(from..).unwrap_or_default();
            page(&app, &memory, rest, format, is_first)
        };
        // Nothing is sent after a page that cannot be read.
        let (bytes, calls) = match self.app.questions.ask(question).await {
            Ok((bytes, calls)) => (Ok(bytes), calls),
            Err(_) => (Err(Broken), self.places.len()),
        };
        self.sent = Some(from.saturating_add(calls));
        Some(bytes)
    }
}

/// Returns the lines of one page, and the number of calls in it.
fn page(
    app: &App,
    memory: &Memory,
    places: &[u32],
    format: Format,
    is_first: bool,
) -> Result<(Bytes, usize), Problem> {
    let mut bytes = match is_first {
        true => format.header()?,
        false => Vec::new(),
    };
    let mut calls = 0;
    // Start with one call: the size of the calls is unknown.
    let mut size = 1;
    while let Some(rest) = places.get(calls..).filter(|rest| !rest.is_empty()) {
        let group = rest.iter().take(size);
        let group = group.filter_map(|place| usize::try_from(*place).ok());
        let group: Vec<usize> = group.collect();
        bytes.extend(read(app, memory, &group, format)?);
        calls += group.len();
        size = (2 * size).min(GROUP);
        if bytes.len() >= PAGE_BYTES {
            break;
        }
    }
    Ok((bytes.into(), calls))
}

/// Returns the lines of calls.
fn read(app: &App, memory: &Memory, places: &[usize], format: Format) -> Result<Vec<u8>, Problem> {
    let mut lines: Vec<Option<Line>> = places.iter().map(|_| None).collect();
    app.store.read(memory, places, |index, record| {
        let row = places.get(index).and_then(|place| memory.rows.get(*place));
        if let (Some(line), Some(row)) = (lines.get_mut(index), row) {
            let mut shown = CallRow::of(&row, memory);
            shown.complete(&record);
            let Record {
                inputs,
                output,
                started_at,
                ..
            } = record;
            *line = Some(Line {
                stream: memory.dictionary.text(row.stream).to_owned(),
                row: shown,
                exact_start: started_at,
                inputs,
                output,
            });
        }
    })?;
    let lines = lines.into_iter().flatten();
    match format {
        Format::JsonLines => Ok(json_lines(lines)),
        Format::Csv => written(lines.map(cells)),
    }
}

/// A call of an export.
#[derive(Serialize)]
struct Line {
    stream: String,
    #[serde(flatten)]
    row: CallRow,
    /// To the nanosecond.
    #[serde(skip)]
    exact_start: Timestamp,
    inputs: Json,
    output: Option<Json>,
}

fn json_lines(lines: impl Iterator<Item = Line>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        let start = bytes.len();
        // Writing to memory does not fail.
        drop(serde_json::to_writer(&mut bytes, &line));
        // The content stands as it was sent, with line breaks between its values.
        for byte in bytes.iter_mut().skip(start) {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        bytes.push(b'\n');
    }
    bytes
}

const COLUMNS: [&str; 25] = [
    "id",
    "trace_id",
    "parent_id",
    "stream",
    "name",
    "operation",
    "provider",
    "model",
    "request_model",
    "status",
    "outcome",
    "exception",
    "user",
    "conversation",
    "started_at",
    "latency_ms",
    "ttfc_ms",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "cost_usd",
    "prompt",
    "completion",
    "attributes",
];

/// Returns rows of CSV.
fn written<T: AsRef<[u8]>>(
    rows: impl Iterator<Item = [T; COLUMNS.len()]>,
) -> Result<Vec<u8>, Problem> {
    let failed = |error: String| Problem::internal(error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let row = writer.write_record(row);
        row.map_err(|error| failed(error.to_string()))?;
    }
    writer
        .into_inner()
        .map_err(|error| failed(error.to_string()))
}

fn cells(line: Line) -> [String; COLUMNS.len()] {
    let Line {
        stream,
        row,
        exact_start,
        ..
    } = line;
    let text = |text: Option<String>| plain(text.unwrap_or_default());
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let decimal = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    let attributes = serde_json::to_string(&row.attributes).unwrap_or_default();
    [
        plain(row.id),
        plain(row.trace_id),
        text(row.parent_id),
        plain(stream),
        plain(row.op_name),
        text(row.operation),
        text(row.provider),
        text(row.model),
        text(row.request_model),
        row.status.to_owned(),
        row.outcome.unwrap_or_default().to_owned(),
        text(row.exception),
        text(row.user),
        text(row.thread),
        exact_start.to_string(),
        decimal(row.latency_ms),
        decimal(row.ttfc_ms),
        number(row.input_tokens),
        number(row.output_tokens),
        number(row.cached_tokens),
        number(row.reasoning_tokens),
        decimal(row.cost_usd),
        text(row.prompt),
        text(row.completion),
        attributes,
    ]
}

/// Returns a text that a spreadsheet takes for a text: one that begins as a formula gets an apostrophe before it.
fn plain(text: String) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        true => ["'", &text].concat(),
        false => text,
    }
}
