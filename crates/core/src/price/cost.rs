//! From a tariff and the tokens of a call to its cost.

use serde::Deserialize;

use crate::{Cost, CostSource, Usage, UsageSource, Usd};

/// The price of one model, of one date.
#[derive(Clone, Copy, Debug)]
pub struct Price<'a> {
    pub(super) tariff: &'a Tariff,
    pub(super) date: &'a str,
}

impl Price<'_> {
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
        let rates = self.tariff.rates(usage.input_tokens?);
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
            price_date: Some(self.date.to_owned()),
        })
    }
}

/// Everything a model charges.
#[derive(Debug)]
pub(super) struct Tariff {
    pub(super) price: Rates,
    /// By rising threshold.
    pub(super) long_context: Vec<Tier>,
}

impl Tariff {
    fn rates(&self, input_tokens: u64) -> &Rates {
        let tier = self
            .long_context
            .iter()
            .rev()
            .find(|tier| input_tokens > tier.over);
        tier.map_or(&self.price, |tier| &tier.price)
    }
}

/// Rates of all tokens of a call whose input exceeds a threshold.
#[derive(Debug, Deserialize)]
pub(super) struct Tier {
    /// Input tokens up to which the rates do not hold.
    over: u64,
    price: Rates,
}

/// Picodollars (10⁻¹² US dollars) per token: a millionth of the dollars per million tokens of price lists.
#[derive(Debug, Deserialize)]
pub(super) struct Rates {
    pub(super) input: u64,
    pub(super) output: Option<u64>,
    pub(super) cache_read: Option<u64>,
    pub(super) cache_write: Option<u64>,
    pub(super) input_audio: Option<u64>,
    pub(super) output_audio: Option<u64>,
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
