//! `spanloom trace`.

use serde::Deserialize;
use serde_json::Value;

use super::answer::Row;
use super::args::OneArgs;
use super::client::{Server, project};
use super::table;
use crate::error::Error;
use crate::output::{json, line, note};

/// The levels that are indented.
const LEVELS: usize = 20;

#[derive(Deserialize)]
struct Span {
    #[serde(flatten)]
    row: Row,
    depth: usize,
    below: Option<Below>,
}

#[derive(Deserialize)]
struct Below {
    calls: u64,
    priced_calls: u64,
    total_tokens: Option<u64>,
    cost_usd: Option<f64>,
}

#[derive(Deserialize)]
struct Answer {
    total: usize,
    spans: Vec<Span>,
}

pub(super) async fn run(args: &OneArgs) -> Result<(), Error> {
    let server = Server::at(&args.server.address.url)?;
    let mut parameters = project(&args.project)?;
    parameters.push(("id", args.id.clone()));
    let path = ["api", "trace"];
    if args.server.json {
        let answer: Value = server.get(&path, &parameters).await?;
        json(&answer);
        return Ok(());
    }
    let answer: Answer = server.get(&path, &parameters).await?;
    let header = ["span", "status", "tokens", "cost", "latency", "id"];
    let mut shown = table::table(&header, 2);
    for span in &answer.spans {
        let indent = "  ".repeat(span.depth.min(LEVELS));
        let name = table::text(&span.row.op_name, 80);
        let [tokens, cost] = numbers(span);
        shown.add_row([
            format!("{indent}{name}"),
            span.row.ending().to_owned(),
            tokens,
            cost,
            table::duration(span.row.latency_ms),
            table::text(&span.row.id, 40),
        ]);
    }
    line(shown);
    if answer.spans.len() < answer.total {
        note(format_args!(
            "{} of {} spans",
            answer.spans.len(),
            answer.total
        ));
    }
    Ok(())
}

/// Returns the tokens and the cost of a span: its own, or the sum of those below it, marked as a sum. A span around calls to
/// no model has none.
fn numbers(span: &Span) -> [String; 2] {
    let sum = |text: String| ["Σ ", &text].concat();
    match &span.below {
        Some(below) if below.total_tokens.is_some() => [
            sum(table::count(below.total_tokens)),
            sum(table::cost_of(
                below.cost_usd,
                below.priced_calls,
                below.calls,
            )),
        ],
        _ if span.row.model.is_some() => [
            table::count(span.row.total_tokens),
            table::cost(span.row.cost_usd),
        ],
        _ => [String::new(), String::new()],
    }
}
