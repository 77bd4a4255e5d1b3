//! The table: one list of models per provider, read once.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::cost::Price;
use super::lookup::{Entry, Models};
use super::spelling;
use crate::PriceSource;

/// List prices on one date, by provider and model.
///
/// Source: `genai-prices`, see [`source`](Self::source).
#[derive(Debug, Default)]
pub struct Table {
    date: String,
    source: String,
    providers: BTreeMap<String, Models>,
    /// For each provider, the provider to fall back to for models that it does not list.
    fallbacks: BTreeMap<String, String>,
    /// Aliases with a disputed price, in lower case, by provider. They have no price, even if a rule would find one.
    unpriced: BTreeMap<String, HashSet<String>>,
}

/// The table as it is written. No field is flattened: serde's buffering loses integers when an application enables
/// `serde_json/arbitrary_precision`.
#[derive(Deserialize)]
struct File {
    date: String,
    source: String,
    fallbacks: BTreeMap<String, String>,
    #[serde(default)]
    unpriced: BTreeMap<String, HashSet<String>>,
    providers: BTreeMap<String, Vec<Entry>>,
}

impl Table {
    /// Returns the table compiled into this crate; it is parsed on the first call.
    #[must_use]
    pub fn builtin() -> &'static Self {
        // A test ensures that it parses. Otherwise every price is unknown, which is true, and nothing panics.
        static BUILTIN: LazyLock<Table> =
            LazyLock::new(|| Table::parse(include_str!("table.json")).unwrap_or_default());
        &BUILTIN
    }

    pub(super) fn parse(json: &str) -> serde_json::Result<Self> {
        let File {
            date,
            source,
            fallbacks,
            unpriced,
            providers,
        } = serde_json::from_str(json)?;
        let providers = providers
            .into_iter()
            .map(|(name, entries)| (name, Models::new(entries)))
            .collect();
        Ok(Self {
            date,
            source,
            providers,
            fallbacks,
            unpriced,
        })
    }

    /// Returns the day on which the prices were in force, as `YYYY-MM-DD`.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.date
    }

    /// Returns the source of the prices, with version and licence: `genai-prices 0.2.3 (MIT)`.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the price of a model, in any letter case, at a provider, a value of `gen_ai.provider.name`. The name may
    /// have publishers, regions and paths before it, and a version behind it.
    ///
    /// `None` when the price is not known; an unlisted provider is never taken for another that sells the same model.
    /// The source has one exception: models that Azure does not list separately cost what `OpenAI` charges. An alias
    /// that moves to the provider's next model (`mistral-large-latest`) has no price if sources disagree on it.
    #[must_use]
    pub fn price(&self, provider: &str, model: &str) -> Option<Price<'_>> {
        let model = model.to_ascii_lowercase();
        // A name that is found, or known to have no price, needs no other spelling.
        for model in spelling::spellings(&model) {
            let price = self.price_of(provider, model);
            if price.is_some() || self.is_unpriced(provider, model) {
                return price;
            }
        }
        None
    }

    fn price_of(&self, provider: &str, model: &str) -> Option<Price<'_>> {
        if self.is_unpriced(provider, model) {
            return None;
        }
        let standard = |tariff| Price::standard(tariff, Some(&self.date), PriceSource::Builtin);
        self.tariff(provider, model).map(standard).or_else(|| {
            let other = self.fallbacks.get(provider)?;
            if self.is_unpriced(other, model) {
                return None;
            }
            let price = standard(self.tariff(other, model)?);
            // No source states the prices of the other provider's tiers here.
            Some(Price {
                tiers_known: false,
                ..price
            })
        })
    }

    fn is_unpriced(&self, provider: &str, model: &str) -> bool {
        let aliases = self.unpriced.get(provider);
        aliases.is_some_and(|aliases| aliases.contains(model))
    }

    fn tariff(&self, provider: &str, model: &str) -> Option<&super::cost::Tariff> {
        self.providers.get(provider)?.find(model)
    }
}
