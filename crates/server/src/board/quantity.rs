//! Numbers whose sum, mean and spread are shown: those that every call may have, and values of attributes.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::reply::Problem;
use crate::store::Memory;
use crate::store::question::{Number, Quantity, Spread};

/// The numbers with names of their own, and what a unit of theirs is in the store.
const NUMBERS: [(&str, Number, f64); 5] = [
    ("latency_ms", Number::Latency, 1e6),
    ("ttfc_ms", Number::FirstChunk, 1e6),
    ("cost_usd", Number::Cost, 1e9),
    ("output_tokens", Number::OutputTokens, 1.0),
    ("total_tokens", Number::TotalTokens, 1.0),
];

/// Numbers that an answer shows, by name.
#[derive(Default)]
pub(super) struct Quantities {
    names: Vec<(String, f64)>,
    all: Vec<Quantity>,
}

impl Quantities {
    /// Returns the numbers with names of their own.
    pub(super) fn own() -> Self {
        let mut own = Self::default();
        for (name, number, unit) in NUMBERS {
            own.add(name, Quantity::Number(number), unit);
        }
        own
    }

    /// Reads names: `latency_ms`, ..., or `attr:PATH`.
    pub(super) fn read(names: &[String], memory: &Memory) -> Result<Self, Problem> {
        let mut read = Self::default();
        for name in names {
            let own = NUMBERS.iter().find(|(own, ..)| own == name);
            match (own, name.strip_prefix("attr:")) {
                (Some((_, number, unit)), _) => read.add(name, Quantity::Number(*number), *unit),
                (None, Some(path)) => {
                    let path = memory.dictionary.code(path);
                    read.add(name, Quantity::Attribute(path), 1.0);
                }
                (None, None) => {
                    let names = NUMBERS.map(|(name, ..)| name).join(", ");
                    let reason = format!("numbers must be {names} or attr:PATH");
                    return Err(Problem::bad_request(reason));
                }
            }
        }
        Ok(read)
    }

    fn add(&mut self, name: &str, of: Quantity, unit: f64) {
        self.names.push((name.to_owned(), unit));
        self.all.push(of);
    }

    pub(super) fn all(&self) -> &[Quantity] {
        &self.all
    }

    /// Returns the spread of each number by its name.
    pub(super) fn shown(&self, spreads: &[Spread]) -> Value {
        let shown = self.names.iter().zip(spreads);
        let shown = shown.map(|((name, unit), spread)| {
            let shown = ShownSpread {
                n: spread.count,
                sum: spread.sum().map(|sum| sum / unit),
                mean: spread.mean().map(|mean| mean / unit),
                deviation: spread.deviation().map(|deviation| deviation / unit),
            };
            (name.clone(), json!(shown))
        });
        Value::Object(shown.collect::<Map<_, _>>())
    }
}

/// The number of values, their sum, mean and standard deviation; a single value has no deviation.
#[derive(Serialize)]
struct ShownSpread {
    n: u64,
    sum: Option<f64>,
    mean: Option<f64>,
    deviation: Option<f64>,
}
