//! The server's summary of the calls of a run: the same numbers the board shows.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Deserialize;
use spanloom_core::{Timestamp, Usd};
use terminal_size::{Width, terminal_size};

use crate::error::Error;

#[derive(Deserialize)]
struct Summary {
    totals: Stats,
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    key: String,
    stats: Stats,
}

#[derive(Deserialize)]
struct Stats {
    calls: u64,
    priced_calls: u64,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cost_usd: Option<f64>,
    p50_ms: Option<f64>,
}

/// Returns the table of calls by model, for calls that began at `since` or later.
pub(super) async fn table(base: &str, stream: &str, since: Timestamp) -> Result<Table, Error> {
    let summary = fetch(base, stream, since).await?;
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    if let Some((Width(columns), _)) = terminal_size() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(columns);
    }
    table.set_header([
        "model",
        "calls",
        "tokens in",
        "tokens out",
        "cost",
        "p50 latency",
    ]);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for Group { key, stats } in &summary.groups {
        table.add_row(stats.row(if key.is_empty() { "unknown" } else { key }));
    }
    table.add_row(summary.totals.row("all"));
    Ok(table)
}

async fn fetch(base: &str, stream: &str, since: Timestamp) -> Result<Summary, Error> {
    let unreadable = |error: reqwest::Error| {
        Error::failed(format!("cannot read the summary from the server: {error}"))
    };
    let name = spanloom::StreamName::parse(stream, None)
        .map_err(|error| Error::usage(error.to_string()))?;
    let from = (since.as_nanos() / 1_000_000).to_string();
    let query = [
        ("entity", name.entity.as_str()),
        ("project", name.project.as_str()),
        ("stream", name.stream.as_str()),
        ("from", from.as_str()),
    ];
    let url = reqwest::Url::parse_with_params(&format!("{base}/api/summary"), query).map_err(
        |error| Error::failed(format!("cannot read the summary from the server: {error}")),
    )?;
    // The demo's own server is on this machine.
    let http = reqwest::Client::builder().no_proxy().build();
    let asked = http.map_err(unreadable)?.get(url);
    let answer = asked
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map_err(unreadable)?;
    answer.json().await.map_err(unreadable)
}

impl Stats {
    fn row(&self, name: &str) -> [String; 6] {
        let count = |count: Option<u64>| {
            count.map_or_else(|| "unknown".to_owned(), |count| count.to_string())
        };
        let cost = match self.cost_usd.and_then(Usd::from_dollars) {
            // Some calls have no price: show how many have one rather than too low a cost.
            Some(usd) if self.priced_calls < self.calls => {
                format!("{usd} ({} priced)", self.priced_calls)
            }
            Some(usd) => usd.to_string(),
            None => "unknown".to_owned(),
        };
        let p50 = self
            .p50_ms
            .map_or_else(|| "unknown".to_owned(), |p50| format!("{p50:.0} ms"));
        [
            name.to_owned(),
            self.calls.to_string(),
            count(self.input_tokens),
            count(self.output_tokens),
            cost,
            p50,
        ]
    }
}
