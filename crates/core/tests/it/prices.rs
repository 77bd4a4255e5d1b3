//! The built-in table and its arithmetic compared with `genai-prices` as a second calculator; `prices/cases.py` wrote
//! the cases.

use serde::Deserialize;
use spanloom_core::price::Table;
use spanloom_core::{Timestamp, Usage, Usd};

#[derive(Deserialize)]
struct Cases {
    date: String,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    provider: String,
    model: String,
    /// The minute of the day, UTC.
    minute: i64,
    tokens: Tokens,
    cost: Option<Picodollars>,
}

#[derive(Debug, Deserialize)]
struct Tokens {
    input: u64,
    output: u64,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    /// In addition to the other writes.
    cache_write_1h: Option<u64>,
    audio_input: Option<u64>,
    audio_output: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Picodollars {
    input: i64,
    output: i64,
}

fn nanos(picos: i64) -> Option<Usd> {
    Some(Usd::from_nanos((picos + 500) / 1_000))
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_nanos(minute * 60_000_000_000)
}

#[test]
fn agrees_with_genai_prices() {
    let Cases { date, cases } = serde_json::from_str(include_str!("../cases/prices.json")).unwrap();
    assert_eq!(
        date,
        Table::builtin().date(),
        "run prices/cases.py after prices/generate.py"
    );
    assert!(cases.len() >= 2_000, "{} cases", cases.len());
    assert!(cases.iter().filter(|case| case.cost.is_some()).count() > 1_500);
    for case in cases {
        let usage = Usage {
            input_tokens: Some(case.tokens.input),
            output_tokens: Some(case.tokens.output),
            cache_read_tokens: case.tokens.cache_read,
            cache_write_tokens: [case.tokens.cache_write, case.tokens.cache_write_1h]
                .into_iter()
                .flatten()
                .reduce(|one, other| one + other),
            cache_write_1h_tokens: case.tokens.cache_write_1h,
            audio_input_tokens: case.tokens.audio_input,
            audio_output_tokens: case.tokens.audio_output,
            ..Usage::default()
        };
        let cost = Table::builtin()
            .price(&case.provider, &case.model)
            .and_then(|price| price.at(at(case.minute)).cost(&usage));
        let parts = cost.map(|cost| (cost.input, cost.output));
        assert_eq!(
            parts,
            case.cost
                .as_ref()
                .map(|cost| (nanos(cost.input), nanos(cost.output))),
            "{case:?}"
        );
    }
}
