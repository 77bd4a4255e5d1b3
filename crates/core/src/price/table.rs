//! The table: one list of models per provider, read once.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::cost::Price;
use super::lookup::{Entry, Models};
use crate::PriceSource;

/// List prices of one date, by provider and model.
///
/// Source: `genai-prices`, see [`source`](Self::source).
#[derive(Debug, Default)]
pub struct Table {
    date: String,
    source: String,
    providers: BTreeMap<String, Models>,
    /// Provider whose prices hold where the first lists none of its own.
    fallbacks: BTreeMap<String, String>,
    /// Aliases whose price is in dispute, in lower case, by provider. They have none, whatever rule would find one.
    unpriced: BTreeMap<String, HashSet<String>>,
}

/// The table as it is written. No field is flattened: serde's buffering loses integers when an application turns on
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
    /// The table compiled into this crate; parsed at the first call.
    #[must_use]
    pub fn builtin() -> &'static Self {
        // A test holds that it parses. Should it not, every price is unknown, which is true, and nothing panics.
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

    /// Day its prices were in force, as `YYYY-MM-DD`.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.date
    }

    /// Where its prices come from, with version and licence: `genai-prices 0.2.3 (MIT)`.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The price of a model, in any case of letters, at a provider, a value of `gen_ai.provider.name`.
    ///
    /// `None` when it is not known; a provider that is not listed is never taken for another that sells the same model.
    /// The one exception is the source's own: what Azure does not list apart costs what `OpenAI` charges. An alias that
    /// moves to the provider's next model (`mistral-large-latest`) is not known where sources disagree on its price.
    #[must_use]
    pub fn price(&self, provider: &str, model: &str) -> Option<Price<'_>> {
        let model = model.to_ascii_lowercase();
        if self.is_unpriced(provider, &model) {
            return None;
        }
        let standard = |tariff| Price::standard(tariff, Some(&self.date), PriceSource::Builtin);
        self.tariff(provider, &model).map(standard).or_else(|| {
            let other = self.fallbacks.get(provider)?;
            if self.is_unpriced(other, &model) {
                return None;
            }
            let price = standard(self.tariff(other, &model)?);
            // Nobody says what another's tiers cost there.
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
