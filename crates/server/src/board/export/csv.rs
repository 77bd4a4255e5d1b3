//! Calls as a table of texts.

use super::line::Line;
use crate::reply::Problem;

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

/// Returns the first row.
pub(super) fn header() -> Result<Vec<u8>, Problem> {
    written([COLUMNS].into_iter())
}

/// Returns the rows of calls.
pub(super) fn rows(lines: impl Iterator<Item = Line>) -> Result<Vec<u8>, Problem> {
    written(lines.map(cells))
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
