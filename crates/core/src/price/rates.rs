//! The exact price of a token.

use std::fmt;

use serde::Deserialize;

/// Prices per token by kind, held as whole picodollars (10⁻¹² US dollars). One picodollar is a millionth of a dollar
/// per million tokens, the unit of price lists, so that a price with up to six decimal places is exact.
///
/// ```
/// use spanloom_core::price::Rates;
///
/// # fn main() -> Result<(), spanloom_core::price::RateError> {
/// let rates = Rates::per_million("0.15", "0.60")?.with_cache_read("0.075")?;
/// let embeddings = Rates::input_per_million("0.02")?; // no output price
/// let local = Rates::FREE; // zero is a price: the call is known to be free
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Rates {
    pub(super) input: u64,
    pub(super) output: Option<u64>,
    pub(super) cache_read: Option<u64>,
    pub(super) cache_write: Option<u64>,
    /// For cache entries that live an hour or longer.
    pub(super) cache_write_1h: Option<u64>,
    pub(super) input_audio: Option<u64>,
    pub(super) output_audio: Option<u64>,
}

impl Rates {
    /// Rates of zero for everything: models on the user's own machines.
    pub const FREE: Self = Self {
        input: 0,
        output: Some(0),
        cache_read: Some(0),
        cache_write: Some(0),
        cache_write_1h: Some(0),
        input_audio: Some(0),
        output_audio: Some(0),
    };

    /// Creates rates from input and output prices in US dollars per million tokens, as decimals: `"0.15"`, `"2"`.
    ///
    /// Cached input costs as much as input until [`Rates::with_cache_read`] sets its price; audio has no price until
    /// [`Rates::with_audio`] sets one.
    ///
    /// # Errors
    /// Fails if a price is not a plain decimal, has more than six decimal places, or exceeds [`Rates::MOST`].
    pub fn per_million(input: &str, output: &str) -> Result<Self, RateError> {
        let mut rates = Self::input_per_million(input)?;
        rates.output = Some(picodollars(output)?);
        Ok(rates)
    }

    /// Creates the rates of a model that only takes input, such as one that embeds.
    ///
    /// # Errors
    /// As [`Rates::per_million`].
    pub fn input_per_million(input: &str) -> Result<Self, RateError> {
        Ok(Self {
            input: picodollars(input)?,
            output: None,
            cache_read: None,
            cache_write: None,
            cache_write_1h: None,
            input_audio: None,
            output_audio: None,
        })
    }

    /// Sets the price of input read from the provider's cache.
    ///
    /// # Errors
    /// As [`Rates::per_million`].
    pub fn with_cache_read(mut self, price: &str) -> Result<Self, RateError> {
        self.cache_read = Some(picodollars(price)?);
        Ok(self)
    }

    /// Sets the price of input written to the provider's cache. Default: the price of other input.
    ///
    /// # Errors
    /// As [`Rates::per_million`].
    pub fn with_cache_write(mut self, price: &str) -> Result<Self, RateError> {
        self.cache_write = Some(picodollars(price)?);
        Ok(self)
    }

    /// Sets the price of input written to the provider's cache for an hour or longer. If only
    /// [`with_cache_write`](Self::with_cache_write) is set, the cost of a call with such writes is unknown; if neither is, they
    /// cost as much as other input.
    ///
    /// # Errors
    /// As [`Rates::per_million`].
    pub fn with_cache_write_1h(mut self, price: &str) -> Result<Self, RateError> {
        self.cache_write_1h = Some(picodollars(price)?);
        Ok(self)
    }

    /// Sets the prices of audio tokens, input and output.
    ///
    /// # Errors
    /// As [`Rates::per_million`].
    pub fn with_audio(mut self, input: &str, output: &str) -> Result<Self, RateError> {
        self.input_audio = Some(picodollars(input)?);
        self.output_audio = Some(picodollars(output)?);
        Ok(self)
    }

    /// The highest price accepted, in US dollars per million tokens. A higher one is a mistake, such as a price in
    /// cents.
    pub const MOST: u64 = 10_000;
}

/// The reason why a price was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateError {
    price: String,
    fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    NotADecimal,
    TooManyDecimals,
    TooHigh,
}

impl fmt::Display for RateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let price = &self.price;
        match self.fault {
            Fault::NotADecimal => write!(
                f,
                "{price:?} is no price: expected US dollars per million tokens as a plain decimal, such as 0.15"
            ),
            Fault::TooManyDecimals => write!(f, "{price:?} has more than six decimal places"),
            Fault::TooHigh => write!(
                f,
                "{price:?} is above ${} per million tokens: is it in US dollars per million tokens?",
                Rates::MOST
            ),
        }
    }
}

impl std::error::Error for RateError {}

/// Parses a decimal in dollars per million tokens into picodollars per token. No floating point: `0.1` is 100,000.
pub(super) fn picodollars(price: &str) -> Result<u64, RateError> {
    let refuse = |fault| RateError {
        price: price.chars().take(40).collect(),
        fault,
    };
    let (whole, places) = price.split_once('.').unwrap_or((price, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(places) {
        return Err(refuse(Fault::NotADecimal));
    }
    let places = places.trim_end_matches('0');
    if places.len() > 6 {
        return Err(refuse(Fault::TooManyDecimals));
    }
    let number = format!("{whole}{places:0<6}").parse::<u64>();
    number
        .ok()
        .filter(|picos| *picos <= Rates::MOST * 1_000_000)
        .ok_or_else(|| refuse(Fault::TooHigh))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        for (text, picos) in [
            ("0", 0),
            ("0.0", 0),
            ("0.15", 150_000),
            ("2", 2_000_000),
            ("0.000001", 1),
            ("10000", 10_000_000_000),
            ("0.1500000000", 150_000),
        ] {
            assert_eq!(picodollars(text), Ok(picos), "{text}");
        }
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for (text, expected) in [
            ("", "is no price"),
            ("-1", "is no price"),
            ("1e-7", "is no price"),
            ("1.", "is no price"),
            ("$1", "is no price"),
            ("0.0000001", "more than six decimal places"),
            ("10000.000001", "above $10000 per million"),
            ("99999999999999999999999", "above $10000 per million"),
        ] {
            let error = picodollars(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
