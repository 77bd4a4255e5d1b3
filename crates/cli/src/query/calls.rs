//! `spanloom calls`.

use serde::Deserialize;
use serde_json::Value;

use super::answer::{About, Row};
use super::args::CallsArgs;
use super::client::{Server, selection};
use super::table;
use crate::error::Error;
use crate::output::{json, line, note};

#[derive(Deserialize)]
struct Answer {
    total: u64,
    calls: Vec<Row>,
    search: About,
}

pub(super) async fn run(args: &CallsArgs) -> Result<(), Error> {
    let server = Server::at(&args.server.address.url)?;
    let mut parameters = selection(&args.selection)?;
    parameters.push(("sort", args.sort.clone()));
    parameters.push(("limit", args.limit.to_string()));
    parameters.push(("offset", args.offset.to_string()));
    let path = ["api", "calls"];
    if args.server.json {
        let answer: Value = server.get(&path, &parameters).await?;
        json(&answer);
        return Ok(());
    }
    let answer: Answer = server.get(&path, &parameters).await?;
    table::about(&answer.search);
    if answer.calls.is_empty() {
        note("no calls match");
        return Ok(());
    }
    let header = [
        "id",
        "started (UTC)",
        "model",
        "status",
        "prompt",
        "tokens",
        "cost",
        "latency",
    ];
    let mut shown = table::table(&header, 5);
    for call in &answer.calls {
        shown.add_row([
            table::text(&call.id, 40),
            table::time(call.started_at),
            table::text(call.title(), 40),
            call.ending().to_owned(),
            table::text(call.prompt.as_deref().unwrap_or_default(), 60),
            table::count(call.total_tokens),
            table::cost(call.cost_usd),
            table::duration(call.latency_ms),
        ]);
    }
    line(shown);
    note(format_args!(
        "{} of {} calls",
        answer.calls.len(),
        answer.total
    ));
    Ok(())
}
