//! Money and the cost of one call.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

/// An amount of US dollars, stored in whole nano-dollars (10⁻⁹) so that sums are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usd(i64);

impl Usd {
    const NANOS: f64 = 1e9;

    /// Creates an amount from nano-dollars.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Returns the amount in nano-dollars.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Creates an amount from dollars, rounded to the nearest nano-dollar; `None` if not finite or out of range.
    #[must_use]
    pub fn from_dollars(dollars: f64) -> Option<Self> {
        let nanos = (dollars * Self::NANOS).round();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the range is checked in the same expression"
        )]
        (nanos.is_finite() && nanos.abs() < 9.2e18).then_some(Self(nanos as i64))
    }

    /// Returns the amount in dollars, for display and for formats that carry a floating-point number.
    #[must_use]
    pub fn as_dollars(self) -> f64 {
        self.0 as f64 / Self::NANOS
    }
}

impl Add for Usd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self(0), Add::add)
    }
}

impl fmt::Display for Usd {
    /// Writes `$0.000123`: up to nine decimal places without trailing zeros, but at least two.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        let places = format!("{:09}", nanos % 1_000_000_000);
        let kept = places.trim_end_matches('0').len().max(2);
        write!(
            f,
            "{sign}${}.{}",
            nanos / 1_000_000_000,
            places.get(..kept).unwrap_or(&places)
        )
    }
}

/// A cost in US dollars that a provider or a gateway states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StatedCost {
    /// The whole cost, finite and ≥ 0.
    pub total: f64,
    /// The part for the prompt. With the part for the answer it may be less than the total: fees come on top.
    pub input: Option<f64>,
    /// The part for the answer.
    pub output: Option<f64>,
}

impl StatedCost {
    /// Creates a cost without parts; `None` when `total` is not an amount.
    #[must_use]
    pub fn of(total: f64) -> Option<Self> {
        let is_amount = total.is_finite() && total >= 0.0;
        is_amount.then_some(Self {
            total,
            input: None,
            output: None,
        })
    }
}

/// The cost of one call, and how it was determined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The whole cost: the sum of the parts, and of the fees where the provider states it.
    pub total: Usd,
    /// The cost of the prompt, including cached tokens. `None` when the provider reported only the total.
    pub input: Option<Usd>,
    /// The cost of the answer.
    pub output: Option<Usd>,
    /// The source of the amount.
    pub source: CostSource,
    /// The date of the prices that were used, as `YYYY-MM-DD`; a user's own prices may have none.
    pub price_date: Option<String>,
    /// The price list that was used; `None` when the cost was reported.
    pub price_source: Option<PriceSource>,
}

/// The price list a cost was computed from. Source: the wire attribute `spanloom.price.source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceSource {
    /// The list prices compiled into this crate.
    Builtin,
    /// The user's own prices.
    User,
}

impl PriceSource {
    /// Returns the word used on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::User => "user",
        }
    }
}

/// How a cost was determined. Source: the wire attribute `spanloom.cost.source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostSource {
    /// The provider or a gateway stated it.
    Reported,
    /// Reported tokens times the price table.
    Priced,
    /// Estimated tokens times the price table.
    Estimated,
}

impl CostSource {
    /// Returns the word used on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Priced => "priced",
            Self::Estimated => "estimated",
        }
    }

    /// Parses the word used on the wire.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Reported, Self::Priced, Self::Estimated]
            .into_iter()
            .find(|source| source.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_matters() {
        for (nanos, text) in [
            (0, "$0.00"),
            (123, "$0.000000123"),
            (1_500_000_000, "$1.50"),
            (-20_000_000, "-$0.02"),
        ] {
            assert_eq!(Usd::from_nanos(nanos).to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_amount() {
        assert_eq!(Usd::from_dollars(f64::NAN), None);
        assert_eq!(Usd::from_dollars(1e12), None);
        assert_eq!(Usd::from_dollars(0.1), Some(Usd::from_nanos(100_000_000)));
    }
}
