//! `spanloom streams`.

use serde::Deserialize;
use serde_json::Value;

use super::answer::Stats;
use super::args::StreamsArgs;
use super::client::Server;
use super::table;
use crate::error::Error;
use crate::output::{json, line, note};

#[derive(Deserialize)]
struct Stream {
    entity: String,
    project: String,
    stream: String,
    last_started_at: f64,
    stats: Option<Stats>,
}

#[derive(Deserialize)]
struct Answer {
    streams: Vec<Stream>,
}

pub(super) async fn run(args: &StreamsArgs) -> Result<(), Error> {
    let server = Server::at(&args.server.address.url)?;
    let parameters = vec![("bins", "1".to_owned())];
    let path = ["api", "streams"];
    if args.server.json {
        let answer: Value = server.get(&path, &parameters).await?;
        json(&answer);
        return Ok(());
    }
    let Answer { streams } = server.get(&path, &parameters).await?;
    if streams.is_empty() {
        note("the server has no calls");
        return Ok(());
    }
    let header = [
        "stream",
        "model calls",
        "errors",
        "cost",
        "p95 latency",
        "last call (UTC)",
    ];
    let mut shown = table::table(&header, 1);
    for stream in &streams {
        let name = [&stream.entity, "/", &stream.project, "/", &stream.stream].concat();
        let stats = stream.stats.as_ref();
        shown.add_row([
            table::text(&name, 120),
            stats.map_or_else(String::new, |stats| stats.calls.to_string()),
            stats.map_or_else(String::new, |stats| stats.errors.to_string()),
            stats.map_or_else(String::new, |stats| {
                table::cost_of(stats.cost_usd, stats.priced_calls, stats.calls)
            }),
            stats.map_or_else(String::new, |stats| table::duration(stats.p95_ms)),
            table::time(stream.last_started_at),
        ]);
    }
    line(shown);
    Ok(())
}
