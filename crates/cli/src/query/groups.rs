//! `spanloom groups`.

use serde::Deserialize;
use serde_json::Value;

use super::answer::{About, Stats};
use super::args::GroupsArgs;
use super::client::{Server, selection};
use super::table;
use crate::error::Error;
use crate::output::{json, line, note};

#[derive(Deserialize)]
struct Group {
    keys: Vec<String>,
    stats: Stats,
}

#[derive(Deserialize)]
struct Answer {
    groups: Vec<Group>,
    total: u64,
    measured: u64,
    search: About,
}

pub(super) async fn run(args: &GroupsArgs) -> Result<(), Error> {
    let server = Server::at(&args.server.address.url)?;
    let mut parameters = selection(&args.selection)?;
    parameters.extend(args.by.iter().map(|by| ("group", by.clone())));
    parameters.push(("sort", args.sort.clone()));
    parameters.push(("limit", args.limit.to_string()));
    let path = ["api", "groups"];
    if args.server.json {
        let answer: Value = server.get(&path, &parameters).await?;
        json(&answer);
        return Ok(());
    }
    let answer: Answer = server.get(&path, &parameters).await?;
    table::about(&answer.search);
    let measures = [
        "calls",
        "errors",
        "tokens in",
        "tokens out",
        "cost",
        "p50",
        "p95",
    ];
    let header: Vec<&str> = args.by.iter().map(String::as_str).chain(measures).collect();
    let mut shown = table::table(&header, args.by.len());
    for Group { keys, stats } in &answer.groups {
        let keys = keys.iter().map(|key| match key.as_str() {
            "" => "not set".to_owned(),
            key => table::text(key, 60),
        });
        let numbers = [
            stats.calls.to_string(),
            stats.errors.to_string(),
            table::count(stats.input_tokens),
            table::count(stats.output_tokens),
            table::cost_of(stats.cost_usd, stats.priced_calls, stats.calls),
            table::duration(stats.p50_ms),
            table::duration(stats.p95_ms),
        ];
        shown.add_row(keys.chain(numbers));
    }
    line(shown);
    note(format_args!(
        "{} of {} groups",
        answer.groups.len(),
        answer.total
    ));
    if answer.measured < answer.total {
        note(format_args!(
            "only the {} groups with most calls were compared; filter to reach the others",
            answer.measured
        ));
    }
    Ok(())
}
