//! From a tariff and the tokens of a call to its cost.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Rates;
use crate::{Cost, CostSource, PriceSource, Usage, UsageSource, Usd};

/// The price of one model, of one date, in the standard tier until [`Price::in_tier`] says otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Price<'a> {
    pub(super) tariff: &'a Tariff,
    pub(super) tier: &'a Levels,
    pub(super) date: Option<&'a str>,
    pub(super) source: PriceSource,
    /// Whether the tariff's tiers are this seller's own.
    pub(super) tiers_known: bool,
}

/// What providers call the tier of the list price: `OpenAI`, Anthropic, Groq. `auto` in an answer names none: the
/// project's own setting decided, and that is the list price unless an account says otherwise.
const STANDARD: [&str; 4] = ["default", "standard", "on_demand", "auto"];

impl<'a> Price<'a> {
    pub(super) fn standard(tariff: &'a Tariff, date: Option<&'a str>, source: PriceSource) -> Self {
        Self {
            tariff,
            tier: &tariff.standard,
            date,
            source,
            tiers_known: true,
        }
    }

    /// The price in the service tier a call ran in, as the provider wrote it (`flex`, `priority`, `batch`, `scale`).
    ///
    /// `None` when no figures are known for that tier: the list price would be wrong. `default`, `standard`,
    /// `on_demand` and `auto` are the list price.
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

    /// Whose price it is.
    #[must_use]
    pub fn source(&self) -> PriceSource {
        self.source
    }

    /// The cost of a call with these tokens.
    ///
    /// Cached and audio tokens are part of the totals and are charged once, at their own rates; where the model has no
    /// rate for the cache, as input. Parts that were not counted are charged with the whole; parts that exceed the whole
    /// are cut down to it, cache reads counted first. A tariff for long prompts holds for the whole call once the input
    /// exceeds its threshold.
    ///
    /// Each of the two parts is rounded once, half up, to whole nano-dollars; the total is their sum.
    ///
    /// `None` when the cost is not known: see the [module](super).
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Option<Cost> {
        let rates = self.tier.rates(usage.input_tokens?);
        let input = nanos(rates.input_part(usage)?)?;
        let output = nanos(rates.output_part(usage)?)?;
        Some(Cost {
            total: Usd::from_nanos(input.checked_add(output)?),
            input: Some(Usd::from_nanos(input)),
            output: Some(Usd::from_nanos(output)),
            source: match usage.source {
                Some(UsageSource::Estimated) => CostSource::Estimated,
                Some(UsageSource::Reported) | None => CostSource::Priced,
            },
            price_date: self.date.map(str::to_owned),
            price_source: Some(self.source),
        })
    }
}

/// Everything a model charges.
#[derive(Clone, Debug)]
pub(super) struct Tariff {
    pub(super) standard: Levels,
    /// By service tier, in lower case. A tier that is not here is not known.
    pub(super) tiers: BTreeMap<String, Levels>,
}

/// The rates of one service tier, by the length of the prompt.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Levels {
    pub(super) price: Rates,
    /// By rising threshold.
    #[serde(default)]
    pub(super) long_context: Vec<LongContext>,
}

impl Levels {
    fn rates(&self, input_tokens: u64) -> &Rates {
        let level = self
            .long_context
            .iter()
            .rev()
            .find(|level| input_tokens > level.over);
        level.map_or(&self.price, |level| &level.price)
    }
}

/// Rates of all tokens of a call whose input exceeds a threshold.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct LongContext {
    /// Input tokens up to which the rates do not hold.
    pub(super) over: u64,
    pub(super) price: Rates,
}

impl Rates {
    /// In picodollars, as are the next.
    fn input_part(&self, usage: &Usage) -> Option<u128> {
        let mut plain = usage.input_tokens?;
        let read = take(&mut plain, usage.cache_read_tokens);
        let written = take(&mut plain, usage.cache_write_tokens);
        let audio = take(&mut plain, usage.audio_input_tokens);
        let cached = times(read, self.cache_read.unwrap_or(self.input))
            + times(written, self.cache_write.unwrap_or(self.input));
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

/// `None` when there are tokens and no rate for them.
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

/// Picodollars as nano-dollars, rounded half up; `None` when that is more than an amount can hold.
fn nanos(picos: u128) -> Option<i64> {
    i64::try_from(picos.checked_add(500)? / 1_000).ok()
}
