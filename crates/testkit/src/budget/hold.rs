//! Numbers of calls, held to a limit, and the message when they do not keep it.

use std::fmt::Write;
use std::time::Duration;

use spanloom_core::Usd;

use super::word::{Comparison, Unknown};
use crate::RecordedCall;

/// Calls that a message names; of more it says how many.
const NAMED: usize = 10;

/// A number that calls have.
pub(super) trait Number: Copy + Ord + Default {
    fn text(self) -> String;
}

impl Number for Usd {
    fn text(self) -> String {
        self.to_string()
    }
}

impl Number for u64 {
    fn text(self) -> String {
        self.to_string()
    }
}

impl Number for Duration {
    fn text(self) -> String {
        format!("{self:?}")
    }
}

/// At least one call, each with its number; the largest first.
#[derive(Debug)]
pub(super) struct Measured<'a, T> {
    name: &'a str,
    calls: Vec<(T, &'a RecordedCall)>,
}

impl<'a, T: Number> Measured<'a, T> {
    /// Fails when there is nothing to measure.
    pub(super) fn of(
        name: &'a str,
        calls: &'a [RecordedCall],
        number: impl Fn(&RecordedCall) -> Option<T>,
        unknown: Unknown,
    ) -> Result<Self, String> {
        let missing: Vec<_> = calls.iter().filter(|call| number(call).is_none()).collect();
        let mut known: Vec<_> = calls
            .iter()
            .filter_map(|call| Some((number(call)?, call)))
            .collect();
        known.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        let all = calls.len();
        if all == 0 {
            return Err(format!(
                "no calls were recorded, so there is no {name} to hold to a limit"
            ));
        }
        if known.is_empty() || (unknown == Unknown::Fail && !missing.is_empty()) {
            let way_out = match known.is_empty() {
                true => "",
                false => " (`unknown = ignore` leaves such calls out)",
            };
            let head = format!(
                "{name} of {} of {} is unknown{way_out}",
                missing.len(),
                plural(all)
            );
            return Err(with_calls(&head, &missing));
        }
        Ok(Self { name, calls: known })
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = T> + '_ {
        self.calls.iter().map(|(number, _)| *number)
    }

    /// The smallest number that so many percent of all do not exceed (nearest rank).
    pub(super) fn percentile(&self, percent: u8) -> T {
        let count = self.calls.len();
        let rank = (count * usize::from(percent)).div_ceil(100).max(1);
        let from_the_top = count.saturating_sub(rank);
        self.calls
            .get(from_the_top)
            .map(|(number, _)| *number)
            .unwrap_or_default()
    }

    /// Holds one number that was made of all.
    pub(super) fn hold(
        &self,
        name: &str,
        number: T,
        comparison: Comparison,
        limit: T,
    ) -> Result<(), String> {
        if comparison.holds(&number, &limit) {
            return Ok(());
        }
        let calls: Vec<_> = self.calls.iter().map(|(_, call)| *call).collect();
        let head = format!(
            "{name} of {} is {}, not {comparison} {}",
            plural(calls.len()),
            number.text(),
            limit.text()
        );
        Err(with_calls(&head, &calls))
    }

    pub(super) fn hold_each(&self, comparison: Comparison, limit: T) -> Result<(), String> {
        let fails = self
            .calls
            .iter()
            .filter(|(number, _)| !comparison.holds(number, &limit));
        let failing: Vec<_> = fails.map(|(_, call)| *call).collect();
        if failing.is_empty() {
            return Ok(());
        }
        let head = format!(
            "{} of {} of {} is not {comparison} {}",
            self.name,
            failing.len(),
            plural(self.calls.len()),
            limit.text()
        );
        Err(with_calls(&head, &failing))
    }
}

fn plural(calls: usize) -> String {
    match calls {
        1 => "1 call".to_owned(),
        _ => format!("{calls} calls"),
    }
}

fn with_calls(head: &str, calls: &[&RecordedCall]) -> String {
    let mut text = format!("{head}:");
    for call in calls.iter().take(NAMED) {
        // Writing to a string cannot fail.
        write!(text, "\n  {call}").ok();
    }
    if let Some(more @ 1..) = calls.len().checked_sub(NAMED) {
        write!(text, "\n  and {}", plural(more)).ok();
    }
    text
}
