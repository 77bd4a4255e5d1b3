//! `spanloom tail`.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::Value;

use super::answer::{About, Row};
use super::args::TailArgs;
use super::client::{Server, stream};
use super::table;
use crate::error::Error;
use crate::output::{json, line, note};

/// The time between two questions.
const PERIOD: Duration = Duration::from_secs(1);
/// The time after a question that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How long a call may take, and be printed when it ends.
const EARLIER: Duration = Duration::from_secs(600);
/// The newest calls that are asked for at a time, and those that are remembered as printed.
const PAGE: usize = 500;
const REMEMBERED: usize = 20 * PAGE;

#[derive(Deserialize)]
struct Answer {
    calls: Vec<Value>,
    search: About,
}

/// The calls that have been printed.
#[derive(Default)]
struct Printed {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl Printed {
    /// Returns whether an id is new.
    fn add(&mut self, id: &str) -> bool {
        let is_new = self.ids.insert(id.to_owned());
        if is_new {
            self.order.push_back(id.to_owned());
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        is_new
    }
}

pub(super) async fn run(args: &TailArgs) -> Result<(), Error> {
    let server = Server::at(&args.server.address.url)?;
    let mut parameters = stream(&args.stream)?;
    parameters.push(("q", args.search.clone()));
    parameters.push(("limit", PAGE.to_string()));
    let mut printed = Printed::default();
    let mut is_first = true;
    loop {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let from = now.unwrap_or_default().saturating_sub(EARLIER);
        parameters.retain(|(name, _)| *name != "from");
        parameters.push(("from", from.as_millis().to_string()));
        let answer: Answer = match server.get(&["api", "calls"], &parameters).await {
            Ok(answer) => answer,
            // A server that restarts or is busy is asked again.
            Err(error) if !is_first => {
                note(format_args!("{error}; trying again"));
                tokio::time::sleep(AFTER_FAILURE).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        if is_first {
            table::about(&answer.search);
            note(format_args!("following {}; Ctrl-C ends", args.stream));
        }
        for call in answer.calls.into_iter().rev() {
            let Ok(row) = serde_json::from_value::<Row>(call.clone()) else {
                continue;
            };
            // A running call is printed when it has ended; what ended before the start is not news.
            if row.status != "running" && printed.add(&row.id) && !is_first {
                match args.server.json {
                    true => json(&call),
                    false => print(&row),
                }
            }
        }
        is_first = false;
        tokio::time::sleep(PERIOD).await;
    }
}

fn print(row: &Row) {
    let texts = [&row.prompt, &row.completion].map(|text| text.as_deref().unwrap_or_default());
    let [prompt, completion] = texts.map(|text| table::text(text, 60));
    let answer = row.exception.as_deref().map(|error| table::text(error, 60));
    line(format_args!(
        "{}  {:<24}  {:<9}  {:>9}  {:>7} tokens  {:>12}  {prompt} → {}",
        table::time(row.started_at),
        table::text(row.title(), 24),
        row.ending(),
        table::duration(row.latency_ms),
        table::count(row.total_tokens),
        table::cost(row.cost_usd),
        answer.unwrap_or(completion),
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_printed_once_and_memory_is_bounded() {
        let mut printed = Printed::default();
        assert!(printed.add("a") && !printed.add("a"));
        (0..2 * REMEMBERED).for_each(|n| assert!(printed.add(&n.to_string())));
        assert_eq!(
            (printed.ids.len(), printed.order.len()),
            (REMEMBERED, REMEMBERED)
        );
    }
}
