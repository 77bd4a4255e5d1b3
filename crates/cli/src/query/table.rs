//! Tables, and numbers in them.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use spanloom_core::{Timestamp, Usd};
use terminal_size::{Width, terminal_size};

use super::answer::About;
use crate::output::{first_line, note};

/// Returns a table as wide as the terminal; the columns from `first_number` on are numbers.
pub(super) fn table(header: &[&str], first_number: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    if let Some((Width(columns), _)) = terminal_size() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(columns);
    }
    table.set_header(header.to_vec());
    for column in table.column_iter_mut().skip(first_number) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Returns a text of a call, so that it cannot steer the terminal.
pub(super) fn text(text: &str, width: usize) -> String {
    first_line(text, width)
}

pub(super) fn count(count: Option<u64>) -> String {
    count.map_or_else(unknown, |count| count.to_string())
}

pub(super) fn duration(ms: Option<f64>) -> String {
    match ms {
        None => unknown(),
        Some(ms) if ms < 10_000.0 => format!("{ms:.0} ms"),
        Some(ms) => format!("{:.1} s", ms / 1_000.0),
    }
}

pub(super) fn cost(usd: Option<f64>) -> String {
    let usd = usd.and_then(Usd::from_dollars);
    usd.map_or_else(unknown, |usd| usd.to_string())
}

/// Returns the cost of calls; if some have no price, how many have one, rather than too low a cost.
pub(super) fn cost_of(usd: Option<f64>, priced: u64, calls: u64) -> String {
    let all = cost(usd);
    match priced {
        0 => all,
        priced if priced < calls => format!("{all} ({priced} priced)"),
        _ => all,
    }
}

/// Returns a time in UTC, to the second.
pub(super) fn time(ms: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the server's times are nanoseconds in 64 bits"
    )]
    let seconds = Timestamp::from_nanos((ms / 1e3) as i64 * 1_000_000_000);
    seconds.to_string()
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// Prints what a search has not covered.
pub(super) fn about(about: &About) {
    for field in &about.unknown_fields {
        note(format_args!("no call has the field {}", text(field, 80)));
    }
    if let Some(searched) = about
        .content
        .as_ref()
        .filter(|searched| !searched.is_complete)
    {
        let back = searched.reached.map(|ms| format!(", back to {}", time(ms)));
        note(format_args!(
            "searched {} calls{}; narrow the search to reach older ones",
            searched.read,
            back.unwrap_or_default()
        ));
    }
}
