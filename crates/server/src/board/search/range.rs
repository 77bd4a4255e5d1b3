//! Ranges of numbers, with units.

use crate::store::question::Number;

/// The numbers that a search may ask for, by their names.
pub(super) const NUMBERS: [(&str, Number); 6] = [
    ("latency", Number::Latency),
    ("first_chunk", Number::FirstChunk),
    ("cost", Number::Cost),
    ("input", Number::InputTokens),
    ("output", Number::OutputTokens),
    ("tokens", Number::TotalTokens),
];

/// A range; both ends are in it, in the units of the number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    least: f64,
    most: f64,
    /// Whether an end is in the range.
    with_least: bool,
    with_most: bool,
}

impl Range {
    /// Reads `>2`, `>=2`, `<2`, `<=2`, `1..2` or `2`; `None` if it is no range.
    pub(super) fn read(of: Number, text: &str) -> Option<Self> {
        let all = Self {
            least: f64::NEG_INFINITY,
            most: f64::INFINITY,
            with_least: true,
            with_most: true,
        };
        let least = |text, with_least| {
            let least = amount(of, text)?;
            Some(Self {
                least,
                with_least,
                ..all
            })
        };
        let most = |text, with_most| {
            let most = amount(of, text)?;
            Some(Self {
                most,
                with_most,
                ..all
            })
        };
        if let Some(text) = text.strip_prefix(">=") {
            return least(text, true);
        }
        if let Some(text) = text.strip_prefix('>') {
            return least(text, false);
        }
        if let Some(text) = text.strip_prefix("<=") {
            return most(text, true);
        }
        if let Some(text) = text.strip_prefix('<') {
            return most(text, false);
        }
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let (least, most) = (amount(of, from)?, amount(of, to)?);
        (least <= most).then_some(Self { least, most, ..all })
    }

    pub(super) fn contains(&self, value: i64) -> bool {
        let value = value as f64;
        let is_above = value > self.least || (self.with_least && value >= self.least);
        let is_below = value < self.most || (self.with_most && value <= self.most);
        is_above && is_below
    }
}

/// The units of a number's texts, each with what it is multiplied by. The last, without a name, is the default.
fn units(of: Number) -> &'static [(&'static str, f64)] {
    match of {
        Number::StartedAt | Number::Latency | Number::FirstChunk => {
            &[("ms", 1e6), ("s", 1e9), ("m", 60e9), ("", 1e9)]
        }
        Number::Cost => &[("", 1e9)],
        Number::InputTokens | Number::OutputTokens | Number::TotalTokens => {
            &[("k", 1e3), ("M", 1e6), ("", 1.0)]
        }
    }
}

fn amount(of: Number, text: &str) -> Option<f64> {
    let text = text
        .strip_prefix('$')
        .filter(|_| of == Number::Cost)
        .unwrap_or(text);
    let number = |(unit, factor): &(&str, f64)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        // Nano-dollars and nanoseconds are whole.
        (number.is_finite() && number >= 0.0).then(|| (number * factor).round())
    };
    units(of).iter().find_map(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_units_and_ends() {
        let second = 1_000_000_000;
        for (of, text, inside, outside) in [
            (Number::Latency, ">2", 2 * second + 1, 2 * second),
            (Number::Latency, ">=500ms", second / 2, second / 2 - 1),
            (Number::Latency, "<1m", 59 * second, 60 * second),
            (Number::Cost, ">0.01", 10_000_001, 10_000_000),
            (Number::Cost, "<=$0.3", 300_000_000, 300_000_001),
            (Number::TotalTokens, "1k..2k", 2_000, 2_001),
            (Number::TotalTokens, "7", 7, 8),
        ] {
            let range = Range::read(of, text).unwrap();
            assert!(range.contains(inside) && !range.contains(outside), "{text}");
        }
        for text in [">fast", "", ">", "1..", "-1", "NaN", ">inf", "2h", "5..1"] {
            assert_eq!(Range::read(Number::Latency, text), None, "{text}");
        }
    }
}
