//! One look at the store for a client: the calls that have come, and those that have ended.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::app::App;
use crate::board::calls::CallRow;
use crate::board::parameters::Parameters;
use crate::board::selection::Selection;
use crate::reply::Problem;
use crate::store::question::{self, Column, Filter, Number, Order, Until};
use crate::store::{Memory, Status};

/// The most calls of an event.
const MOST: usize = 50;
/// The newest arrivals that are looked at for one event.
const MOST_LOOKED_AT: usize = 50_000;
/// The most running calls whose end is waited for.
const MOST_RUNNING: usize = 1_000;
/// Calls that have come, oldest first.
#[derive(Debug, Serialize)]
pub(super) struct Calls {
    version: u64,
    pub(super) calls: Vec<CallRow>,
    /// Further new calls, which are not among them.
    pub(super) skipped: usize,
}

/// What a client has got.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) version: Option<u64>,
    /// The place of the first call that has not been looked at.
    next: usize,
    /// The places of calls that were running, and whether the client has got them.
    running: BTreeMap<usize, bool>,
    /// Whether calls have ended that are not sent yet.
    pub(super) has_more: bool,
}

impl Seen {
    /// Takes calls that have ended, but no more than an event has room for, and forgets those that are gone. A call that the client
    /// has not got is taken if it meets the filter now.
    fn take_ended(&mut self, memory: &Memory, filter: &Filter<'_>, most: usize) -> Vec<usize> {
        let mut ended = Vec::new();
        self.has_more = false;
        self.running.retain(|place, is_sent| {
            let Some(row) = memory.rows.get(*place) else {
                return false;
            };
            if row.status == Status::Running {
                return true;
            }
            if !*is_sent && !filter.accepts(&row) {
                return false;
            }
            if ended.len() >= most {
                self.has_more = true;
                return true;
            }
            ended.push(*place);
            false
        });
        ended
    }

    /// Notes a call that runs. The oldest is forgotten if there are too many: it may never end.
    fn note_running(&mut self, place: usize, is_sent: bool) {
        let is_known = self.running.entry(place).or_default();
        *is_known |= is_sent;
        if self.running.len() > MOST_RUNNING {
            self.running.pop_first();
        }
    }
}

/// Returns the places of the newest calls, the oldest first.
fn newest(memory: &Memory, filter: &Filter<'_>, until: &Until) -> Result<Vec<usize>, Problem> {
    let order = Order {
        column: Column::Number(Number::StartedAt),
        descending: true,
        newest_first: true,
    };
    let (rows, texts) = (&memory.rows, &memory.dictionary);
    let mut places = question::page(rows, texts, filter, order, MOST, until)?.places;
    places.reverse();
    Ok(places)
}

/// Returns the places of the last calls from a place on, in order, and the number of those before them.
fn arrived(memory: &Memory, filter: &Filter<'_>, next: usize) -> (Vec<usize>, usize) {
    let end = memory.rows.len();
    let is_wanted = |place: &usize| {
        let row = memory.rows.get(*place);
        row.is_some_and(|row| filter.accepts(&row))
    };
    let from = next.max(end.saturating_sub(MOST_LOOKED_AT));
    let mut places: Vec<usize> = (from..end).filter(is_wanted).collect();
    let more = places.len().saturating_sub(MOST);
    // Which of the others are wanted is not known: none of them can be shown.
    (places.split_off(more), more + from.saturating_sub(next))
}

/// Returns the calls that have come or changed since a client looked last.
pub(super) fn look(
    app: &App,
    parameters: &Parameters,
    memory: &Memory,
    mut seen: Seen,
    until: &Until,
) -> Result<(Calls, Seen), Problem> {
    // Read anew: a value of a filter may have had no code before.
    let selection = Selection::read(parameters, memory)?;
    let filter = selection.filter(memory);
    let (mut places, skipped) = match seen.version {
        None => (newest(memory, &filter, until)?, 0),
        Some(_) => arrived(memory, &filter, seen.next),
    };
    // The end of a call may meet conditions that its start did not.
    let in_range = selection.in_range();
    let from = seen
        .next
        .max(memory.rows.len().saturating_sub(MOST_LOOKED_AT));
    for place in from..memory.rows.len() {
        let row = memory.rows.get(place);
        if row.is_some_and(|row| row.status == Status::Running && in_range.accepts(&row)) {
            seen.note_running(place, false);
        }
    }
    places.extend(seen.take_ended(memory, &filter, MOST));
    let rows = places.iter().filter_map(|place| memory.rows.get(*place));
    let mut calls: Vec<CallRow> = rows.map(|row| CallRow::of(&row, memory)).collect();
    app.store.read(memory, &places, |index, record| {
        if let Some(shown) = calls.get_mut(index) {
            shown.complete(&record);
        }
    })?;
    for place in &places {
        let row = memory.rows.get(*place);
        if row.is_some_and(|row| row.status == Status::Running) {
            seen.note_running(*place, true);
        }
    }
    seen.next = memory.rows.len();
    seen.version = Some(memory.version);
    let calls = Calls {
        version: memory.version,
        calls,
        skipped,
    };
    Ok((calls, seen))
}
