//! The tokens that the calls below a span report: they count instead of the span's own.

use std::borrow::Cow;

use serde::Serialize;

use crate::store::{Memory, Row};

/// The most levels of spans that are followed outwards.
const DEEPEST: usize = 256;

/// Sums over the calls below a span that count. A sum of no known values is unknown.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Below {
    calls: u64,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    total_tokens: Option<i64>,
    cost_usd: Option<f64>,
}

impl Below {
    /// Returns the sums for a span that does not count itself.
    pub(super) fn of(memory: &Memory, place: usize) -> Option<Self> {
        let outer = memory.rows.get(place).filter(|row| !row.counts())?;
        let of_trace = memory.rows.trace(outer.project, &outer.trace);
        let is_below = |row: &Row| {
            let mut around = memory.parent(row);
            for _ in 0..DEEPEST {
                match around {
                    Some(parent) if parent == place => return true,
                    Some(parent) => {
                        around = memory.rows.get(parent).and_then(|row| memory.parent(&row));
                    }
                    None => return false,
                }
            }
            false
        };
        let rows = of_trace
            .into_iter()
            .filter_map(|place| memory.rows.get(place));
        let reports =
            |row: &Cow<'_, Row>| row.counts() && row.total_tokens().is_some() && is_below(row);
        let mut below = Self::default();
        let mut cost = None;
        for row in rows.filter(reports) {
            below.calls += 1;
            add(&mut below.input_tokens, row.input_tokens);
            add(&mut below.output_tokens, row.output_tokens);
            add(&mut below.total_tokens, row.total_tokens());
            add(&mut cost, row.cost);
        }
        below.cost_usd = cost.map(|nanos| nanos as f64 / 1e9);
        Some(below)
    }
}

fn add(sum: &mut Option<i64>, value: Option<i64>) {
    if let Some(value) = value {
        *sum = Some(sum.unwrap_or(0).saturating_add(value));
    }
}
