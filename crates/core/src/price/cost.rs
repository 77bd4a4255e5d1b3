//! Computes the cost of a call from its tokens and a tariff.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Rates;
use crate::{Cost, CostSource, PriceSource, Timestamp, Usage, UsageSource, Usd};

/// The price of one model on one date, in the standard tier unless [`Price::in_tier`] selects another.
#[derive(Clone, Copy, Debug)]
pub struct Price<'a> {
    pub(super) tariff: &'a Tariff,
    pub(super) tier: &'a Levels,
    pub(super) date: Option<&'a str>,
    pub(super) source: PriceSource,
    /// Whether the tariff's tiers are this seller's own.
    pub(super) tiers_known: bool,
    /// The minute of the day, UTC, for prices that change with the hour.
    pub(super) minute: Option<u16>,
}

/// The names of the list-price tier at `OpenAI`, Anthropic and Groq. `auto` in an answer names no tier: the project's
/// own setting decided, and that is the list price unless an account is set otherwise.
const STANDARD: [&str; 4] = ["default", "standard", "on_demand", "auto"];

impl<'a> Price<'a> {
    pub(super) fn standard(tariff: &'a Tariff, date: Option<&'a str>, source: PriceSource) -> Self {
        Self {
            tariff,
            tier: &tariff.standard,
            date,
            source,
            tiers_known: true,
            minute: None,
        }
    }

    /// Returns the price in a call's service tier, as the provider wrote it (`flex`, `priority`, `batch`, `scale`).
    ///
    /// `None` when no figures are known for that tier: the list price would be wrong. `default`, `standard`,
    /// `on_demand` and `auto` mean the list price.
    #[must_use]
    pub fn in_tier(mut self, tier: &str) -> Option<Self> {
        let tier = tier.to_ascii_lowercase();
        self.tier = match self.tariff.tiers.get(&tier) {
            Some(levels) if self.tiers_known => levels,
            _ if STANDARD.contains(&tier.as_str()) => &self.tariff.standard,
            _ => return None,
        };
        Some(self)
    }

    /// Returns the price of a call that was made at this time: some providers are cheaper by night.
    #[must_use]
    pub fn at(mut self, time: Timestamp) -> Self {
        let minutes = time
            .as_nanos()
            .div_euclid(60_000_000_000)
            .rem_euclid(24 * 60);
        self.minute = u16::try_from(minutes).ok();
        self
    }

    /// Returns the source of the price.
    #[must_use]
    pub fn source(&self) -> PriceSource {
        self.source
    }

    /// Returns the cost of a call with these tokens.
    ///
    /// Cached and audio tokens are part of the totals and are charged once, at their own rates; cached tokens are
    /// charged as input if the model has no rate for the cache, and writes for an hour as other writes. Parts without a count are charged with the whole; parts
    /// that exceed the whole are cut down to it, with cache reads counted first. A tariff for long prompts applies to
    /// the whole call once the input exceeds its threshold.
    ///
    /// Input and output are each rounded once, half up, to whole nano-dollars; the total is their sum.
    ///
    /// `None` when the cost is not known: see the [module](super).
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Option<Cost> {
        let rates = self.tier.rates(usage.input_tokens?, self.minute)?;
        let input = nanos(rates.input_part(usage)?)?;
        let output = nanos(rates.output_part(usage)?)?;
        Some(Cost {
            total: Usd::from_nanos(input.checked_add(output)?),
            input: Some(Usd::from_nanos(input)),
            output: Some(Usd::from_nanos(output)),
            source: match usage.source {
                Some(UsageSource::Estimated | UsageSource::Rough) => CostSource::Estimated,
                Some(UsageSource::Reported) | None => CostSource::Priced,
            },
            price_date: self.date.map(str::to_owned),
            price_source: Some(self.source),
        })
    }
}

/// Prices of a token, in US dollars.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenPrices {
    /// Of input that is not cached.
    pub input: f64,
    /// Of output; `None` for models without.
    pub output: Option<f64>,
    /// Of input read from the provider's prompt cache.
    pub cache_read: f64,
    /// Of input written to the provider's prompt cache, for its shortest lifetime.
    pub cache_write: f64,
}

impl Price<'_> {
    /// Returns the date of the price, as `YYYY-MM-DD`, if it is known.
    #[must_use]
    pub fn date(&self) -> Option<&str> {
        self.date
    }

    /// Returns the prices of tokens in a call with this usage. `None` when they are not known, as for [`cost`](Self::cost).
    #[must_use]
    pub fn token_prices(&self, usage: &Usage) -> Option<TokenPrices> {
        let rates = self.tier.rates(usage.input_tokens?, self.minute)?;
        // Prices have at most twelve decimal places.
        let dollars = |picos: u64| picos as f64 / 1e12;
        Some(TokenPrices {
            input: dollars(rates.input),
            output: rates.output.map(dollars),
            cache_read: dollars(rates.cache_read.unwrap_or(rates.input)),
            cache_write: dollars(rates.cache_write.unwrap_or(rates.input)),
        })
    }
}

/// All charges of a model.
#[derive(Clone, Debug)]
pub(super) struct Tariff {
    pub(super) standard: Levels,
    /// The levels by service tier, in lower case. A missing tier is not known.
    pub(super) tiers: BTreeMap<String, Levels>,
}

/// The rates of one service tier, by the length of the prompt.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Levels {
    pub(super) price: Rates,
    /// Ordered by rising threshold.
    #[serde(default)]
    pub(super) long_context: Vec<LongContext>,
    /// The hours of the day that have a price of their own.
    #[serde(default)]
    pub(super) hours: Vec<Hours>,
}

impl Levels {
    /// Returns `None` for a price that changes with the hour, without a time.
    fn rates(&self, input_tokens: u64, minute: Option<u16>) -> Option<&Rates> {
        if !self.hours.is_empty() {
            let minute = minute?;
            let hours = self.hours.iter().find(|hours| hours.hold(minute));
            return Some(hours.map_or(&self.price, |hours| &hours.price));
        }
        let level = self
            .long_context
            .iter()
            .rev()
            .find(|level| input_tokens > level.over);
        Some(level.map_or(&self.price, |level| &level.price))
    }
}

/// Rates that hold for some hours of each day, UTC.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Hours {
    /// The first minute of the day, 0 to 1,439.
    from: u16,
    /// The minute behind the last; before `from` if the hours include midnight.
    until: u16,
    price: Rates,
}

impl Hours {
    fn hold(&self, minute: u16) -> bool {
        match self.from <= self.until {
            true => (self.from..self.until).contains(&minute),
            false => minute >= self.from || minute < self.until,
        }
    }
}

/// Rates of all tokens of a call whose input exceeds a threshold.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct LongContext {
    /// The number of input tokens above which the rates apply.
    pub(super) over: u64,
    pub(super) price: Rates,
}

impl Rates {
    /// Returns picodollars, as do `output_part`, `charged` and `times`.
    fn input_part(&self, usage: &Usage) -> Option<u128> {
        let mut plain = usage.input_tokens?;
        let read = take(&mut plain, usage.cache_read_tokens);
        let mut written = take(&mut plain, usage.cache_write_tokens);
        let written_1h = take(&mut written, usage.cache_write_1h_tokens);
        let audio = take(&mut plain, usage.audio_input_tokens);
        // Where writes are charged, a longer lifetime costs more than the shortest.
        let rate_1h = self
            .cache_write_1h
            .or_else(|| self.cache_write.is_none().then_some(self.input));
        let cached = times(read, self.cache_read.unwrap_or(self.input))
            + times(written, self.cache_write.unwrap_or(self.input))
            + charged(written_1h, rate_1h)?;
        Some(times(plain, self.input) + cached + charged(audio, self.input_audio)?)
    }

    fn output_part(&self, usage: &Usage) -> Option<u128> {
        let Some(mut plain) = usage.output_tokens else {
            return self.output.is_none_or(|rate| rate == 0).then_some(0);
        };
        let audio = take(&mut plain, usage.audio_output_tokens);
        Some(charged(plain, self.output)? + charged(audio, self.output_audio)?)
    }
}

/// Moves a counted part out of the whole.
fn take(whole: &mut u64, part: Option<u64>) -> u64 {
    let taken = part.unwrap_or(0).min(*whole);
    *whole -= taken;
    taken
}

/// Returns `None` when there are tokens but no rate for them.
fn charged(tokens: u64, rate: Option<u64>) -> Option<u128> {
    if tokens == 0 {
        Some(0)
    } else {
        rate.map(|rate| times(tokens, rate))
    }
}

fn times(tokens: u64, rate: u64) -> u128 {
    u128::from(tokens) * u128::from(rate)
}

/// Converts picodollars to nano-dollars, rounded half up; `None` when an amount cannot hold the result.
fn nanos(picos: u128) -> Option<i64> {
    i64::try_from(picos.checked_add(500)? / 1_000).ok()
}
