//! A user's own prices, laid over the built-in table.

use std::collections::{BTreeMap, HashMap};

use super::cost::{Levels, LongContext, Tariff};
use super::lookup::Models;
use super::{FileError, Price, Rates, file};
use crate::PriceSource;

/// A user's own prices: contracts, private models, tiers without figures in the built-in table.
///
/// An overlay is built with [`Overlay::insert`], or read from a file with [`Overlay::parse`]. It alone prices the
/// models it names: what it leaves open for them (a service tier, audio) is unknown, never taken from the table.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    date: Option<String>,
    providers: HashMap<String, Models>,
    count: usize,
}

/// All prices of one model: its rates, and those for long prompts and other service tiers.
///
/// ```
/// use spanloom_core::price::{ModelPrice, Rates};
///
/// # fn main() -> Result<(), spanloom_core::price::RateError> {
/// let price = ModelPrice::new(Rates::per_million("2.50", "15")?)
///     .over(272_000, Rates::per_million("5", "22.50")?)
///     .in_tier("flex", ModelPrice::new(Rates::per_million("1.25", "7.50")?));
/// # drop(price); Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct ModelPrice {
    levels: Levels,
    tiers: BTreeMap<String, Levels>,
}

impl ModelPrice {
    /// Creates a price with these rates for prompts of any length in the standard tier.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        Self {
            levels: Levels {
                hours: Vec::new(),
                price: rates,
                long_context: Vec::new(),
            },
            tiers: BTreeMap::new(),
        }
    }

    /// Sets other rates for the whole call once its input exceeds `input_tokens`.
    #[must_use]
    pub fn over(mut self, input_tokens: u64, rates: Rates) -> Self {
        let levels = &mut self.levels.long_context;
        levels.retain(|level| level.over != input_tokens);
        levels.push(LongContext {
            over: input_tokens,
            price: rates,
        });
        levels.sort_by_key(|level| level.over);
        self
    }

    /// Sets other prices for a service tier, named as in the provider's `service_tier`. Tiers inside `price` are
    /// dropped: a tier has no tiers.
    #[must_use]
    pub fn in_tier(mut self, tier: &str, price: Self) -> Self {
        self.tiers.insert(tier.to_ascii_lowercase(), price.levels);
        self
    }
}

impl From<Rates> for ModelPrice {
    fn from(rates: Rates) -> Self {
        Self::new(rates)
    }
}

impl Overlay {
    /// Creates an overlay without prices.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a price file, in the form the [module](super) shows.
    ///
    /// # Errors
    /// Fails if anything in the file is wrong; the error lists the first 20 faults, each with its line and field.
    /// Nothing in a faulty file is used.
    pub fn parse(json: &str) -> Result<Self, FileError> {
        file::parse(json)
    }

    /// Sets the date on which the prices were in force, as `YYYY-MM-DD`; every amount carries it as
    /// `spanloom.price.date`. Default: no date.
    #[must_use]
    pub fn with_date(mut self, date: &str) -> Self {
        self.date = Some(date.to_owned());
        self
    }

    /// Sets the price of a model at a provider, a value of `gen_ai.provider.name`, replacing any earlier price.
    ///
    /// The name is exact, in any letter case, and also covers its dated snapshots (`gpt-4o` covers `gpt-4o-2024-08-06`)
    /// unless a snapshot has its own price. A name that ends in `*` covers every name with that prefix.
    pub fn insert(&mut self, provider: &str, model: &str, price: impl Into<ModelPrice>) {
        let ModelPrice { levels, tiers } = price.into();
        let tariff = Tariff {
            standard: levels,
            tiers,
        };
        let models = self.providers.entry(provider.to_owned()).or_default();
        models.insert(model, tariff);
        self.count += 1;
    }

    /// Returns whether the overlay has no prices.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the user's own price of a model; `None` where the built-in table decides.
    #[must_use]
    pub fn price(&self, provider: &str, model: &str) -> Option<Price<'_>> {
        let tariff = self
            .providers
            .get(provider)?
            .find(&model.to_ascii_lowercase())?;
        Some(Price::standard(
            tariff,
            self.date.as_deref(),
            PriceSource::User,
        ))
    }
}
