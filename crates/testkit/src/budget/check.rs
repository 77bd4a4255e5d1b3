//! What the macros call: each check says what is wrong, or nothing.

use std::time::Duration;

use spanloom_core::Usd;

use super::hold::Measured;
use super::word::{Comparison, Latency, Scope, Tokens, Unknown};
use crate::RecordedCall;

/// Holds cost to a limit in US dollars.
///
/// # Errors
///
/// What is wrong, with the calls that make it so.
pub fn cost(
    calls: &[RecordedCall],
    scope: Scope,
    comparison: Comparison,
    limit: f64,
    unknown: Unknown,
) -> Result<(), String> {
    let limit = Usd::from_dollars(limit).ok_or(format!("{limit} is no amount of dollars"))?;
    let of = |call: &RecordedCall| call.cost_usd.and_then(Usd::from_dollars);
    let costs = Measured::of("cost", calls, of, unknown)?;
    match scope {
        Scope::Each => costs.hold_each(comparison, limit),
        Scope::Sum => {
            let sum = costs.numbers().sum();
            costs.hold("cost", sum, comparison, limit)
        }
    }
}

/// Holds tokens to a limit.
///
/// # Errors
///
/// What is wrong, with the calls that make it so.
pub fn tokens(
    calls: &[RecordedCall],
    scope: Scope,
    which: Tokens,
    comparison: Comparison,
    limit: u64,
    unknown: Unknown,
) -> Result<(), String> {
    let name = which.as_str();
    let tokens = Measured::of(name, calls, |call| which.of(call), unknown)?;
    match scope {
        Scope::Each => tokens.hold_each(comparison, limit),
        Scope::Sum => {
            let sum = tokens.numbers().fold(0, u64::saturating_add);
            tokens.hold(name, sum, comparison, limit)
        }
    }
}

/// Holds latency to a limit, or the time to the first chunk.
///
/// # Errors
///
/// What is wrong, with the calls that make it so.
pub fn latency(
    calls: &[RecordedCall],
    first_chunk: bool,
    which: Latency,
    comparison: Comparison,
    limit: Duration,
    unknown: Unknown,
) -> Result<(), String> {
    let of = |call: &RecordedCall| match first_chunk {
        true => call.time_to_first_chunk,
        false => call.latency,
    };
    let name = match first_chunk {
        true => "time to first chunk",
        false => "latency",
    };
    let times = Measured::of(name, calls, of, unknown)?;
    let (word, time) = match which {
        Latency::Each => return times.hold_each(comparison, limit),
        Latency::Max => ("max".to_owned(), times.percentile(100)),
        Latency::Percentile(percent) => (format!("p{percent}"), times.percentile(percent)),
        Latency::Mean => {
            let count = u32::try_from(times.numbers().count()).unwrap_or(u32::MAX);
            let sum = times
                .numbers()
                .fold(Duration::ZERO, Duration::saturating_add);
            ("mean".to_owned(), sum / count.max(1))
        }
    };
    times.hold(&format!("{word} {name}"), time, comparison, limit)
}
