//! A user's own prices, laid over the built-in table.

use std::collections::{BTreeMap, HashMap};

use super::cost::{Levels, LongContext, Tariff};
use super::lookup::Models;
use super::{FileError, Price, Rates, file};
use crate::PriceSource;

/// Prices of a user's own: contracts, models of one's own, tiers the built-in table has no figures for.
///
/// Made by hand with [`Overlay::insert`], or read from a file with [`Overlay::parse`]. A model it names is priced by it
/// alone: what it leaves open for that model (a service tier, audio) is unknown, and never taken from the table.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    date: Option<String>,
    providers: HashMap<String, Models>,
    count: usize,
}

/// Everything one model charges: its rates, and those for long prompts and other service tiers.
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
    /// These rates, for prompts of any length in the standard tier.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        Self {
            levels: Levels {
                price: rates,
                long_context: Vec::new(),
            },
            tiers: BTreeMap::new(),
        }
    }

    /// Other rates for the whole call once its input exceeds so many tokens.
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

    /// Other prices in a service tier, named as the provider names it in `service_tier`. Tiers inside `price` are
    /// dropped: there are none within a tier.
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
    /// No prices yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a price file, in the form the [module](super) shows.
    ///
    /// # Errors
    /// When anything in it is wrong; the error lists all faults, each with its line and field. Nothing of a faulty file
    /// is taken.
    pub fn parse(json: &str) -> Result<Self, FileError> {
        file::parse(json)
    }

    /// Says when the prices were in force, as `YYYY-MM-DD`; it goes with every amount as `spanloom.price.date`.
    /// Default: no date.
    #[must_use]
    pub fn with_date(mut self, date: &str) -> Self {
        self.date = Some(date.to_owned());
        self
    }

    /// Sets what a model costs at a provider, a value of `gen_ai.provider.name`, over what was set before.
    ///
    /// The name is exact, in any case of letters, and stands for its dated snapshots as well (`gpt-4o` for
    /// `gpt-4o-2024-08-06`) unless one is set by itself. With a `*` at its end it stands for every name that begins so.
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

    /// Whether it has no prices.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The user's own price of a model; `None` where the built-in table decides.
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
