//! Prices used to compute costs, which a running service may change.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use spanloom_core::Call;
use spanloom_core::price::Overlay;

/// A service's own prices, which override the built-in list. Clones share the same prices.
///
/// The recorder reads the prices once per call, so a call is priced entirely before or entirely after a
/// [`replace`](Self::replace). A `tracing` event with the target `spanloom` warns once of a model without a price.
///
/// ```
/// use spanloom_core::price::{Overlay, Rates};
/// use spanloom_instrumentation::PriceBook;
///
/// # fn main() -> Result<(), spanloom_core::price::RateError> {
/// let mut own = Overlay::new();
/// own.insert("openai", "our-model", Rates::per_million("0.40", "1.20")?);
/// let prices = PriceBook::new(own);
/// // Given to `GenAiLayerBuilder::with_prices`, and later, from any thread:
/// prices.replace(Overlay::new());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct PriceBook {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    own: RwLock<Arc<Overlay>>,
    warned: Mutex<Warned>,
}

impl PriceBook {
    /// Creates a price book of these prices over the built-in list. [`PriceBook::default`] has the built-in list alone.
    #[must_use]
    pub fn new(own: Overlay) -> Self {
        let prices = Self::default();
        prices.replace(own);
        prices
    }

    /// Replaces the service's own prices, for calls that are read from now on.
    pub fn replace(&self, own: Overlay) {
        // A panic elsewhere cannot leave an `Arc` half written.
        let mut place = self
            .shared
            .own
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *place = Arc::new(own);
    }

    /// Returns the service's own current prices.
    #[must_use]
    pub fn overlay(&self) -> Arc<Overlay> {
        let own = self
            .shared
            .own
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&own)
    }

    fn warned(&self) -> MutexGuard<'_, Warned> {
        self.shared
            .warned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the called models that had no price, as `provider/model`, followed by ` (tier)` if the price of that
    /// tier is missing: at most the first 16.
    #[must_use]
    pub fn unpriced_models(&self) -> Vec<String> {
        self.warned().named.clone()
    }

    /// Warns of a call without a price, once for each kind of call.
    pub(crate) fn unpriced(&self, call: &Call) {
        let Some(model) = call.models().next() else {
            return;
        };
        let (provider, tier) = (call.provider.as_str(), call.service_tier());
        let warning = self.warned().warning(provider, model, tier);
        match warning {
            Some(Warning::First) => tracing::warn!(
                target: "spanloom",
                provider,
                model = shown(model),
                service_tier = tier.map(shown),
                "no price is known for this model: its calls have no cost. Give one with the file SPANLOOM_PRICES names, or \
                 with `with_prices`. Logged once per model."
            ),
            Some(Warning::Last) => tracing::warn!(
                target: "spanloom",
                models = MOST_WARNED,
                "no price is known for many models; no more of them are named"
            ),
            None => {}
        }
    }
}

/// The number of call kinds remembered: without a bound, names from callers and servers would fill the memory.
const MOST_WARNED: usize = 256;
/// The number of remembered call kinds that are listed afterwards.
const MOST_NAMED: usize = 16;
/// The maximum length of a name in a log line, in characters.
const MOST_SHOWN: usize = 128;

/// The call kinds that were warned of, as hashes.
#[derive(Debug, Default)]
struct Warned {
    hasher: RandomState,
    kinds: HashSet<u64>,
    named: Vec<String>,
    closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Warning {
    First,
    Last,
}

impl Warned {
    fn warning(&mut self, provider: &str, model: &str, tier: Option<&str>) -> Option<Warning> {
        if self.closed {
            return None;
        }
        let kind = self.hasher.hash_one((provider, model, tier));
        if self.kinds.contains(&kind) {
            return None;
        }
        if self.kinds.len() >= MOST_WARNED {
            self.closed = true;
            return Some(Warning::Last);
        }
        self.kinds.insert(kind);
        if self.named.len() < MOST_NAMED {
            let tier = tier.map(|tier| format!(" ({})", shown(tier)));
            let name = format!(
                "{}/{}{}",
                shown(provider),
                shown(model),
                tier.unwrap_or_default()
            );
            self.named.push(name);
        }
        Some(Warning::First)
    }
}

fn shown(name: &str) -> &str {
    let end = name.char_indices().nth(MOST_SHOWN).map(|(at, _)| at);
    end.and_then(|end| name.get(..end)).unwrap_or(name)
}

#[cfg(test)]
pub(crate) mod tests {
    use spanloom_core::{Endpoint, Outcome, Request, Response, Timestamp, Usage, UsageSource};

    use super::*;

    /// Returns a call with `input` input tokens and no output tokens.
    pub(crate) fn call(provider: &str, model: &str, input: u64) -> Call {
        let now = Timestamp::from(std::time::SystemTime::UNIX_EPOCH);
        Call {
            endpoint: Endpoint::ChatCompletions,
            provider: provider.to_owned(),
            server_address: String::new(),
            server_port: None,
            request: Request {
                model: Some(model.to_owned()),
                ..Request::default()
            },
            response: Response::default(),
            usage: Usage {
                input_tokens: Some(input),
                output_tokens: Some(0),
                source: Some(UsageSource::Reported),
                ..Usage::default()
            },
            cost: None,
            outcome: Outcome::Completed,
            failure: None,
            attempts: 1,
            started_at: now,
            ended_at: now,
            time_to_first_chunk: None,
        }
    }

    #[test]
    fn warns_once_per_model_and_never_of_more_than_it_remembers() {
        let mut warned = Warned::default();
        assert_eq!(warned.warning("openai", "x", None), Some(Warning::First));
        assert_eq!(warned.warning("openai", "x", None), None);
        assert_eq!(warned.warning("groq", "x", None), Some(Warning::First));
        assert_eq!(
            warned.warning("openai", "x", Some("flex")),
            Some(Warning::First)
        );
        let warnings = (0..10_000)
            .filter_map(|number| warned.warning("openai", &format!("hostile-{number}"), None))
            .collect::<Vec<_>>();
        assert_eq!(warnings.len(), MOST_WARNED - 3 + 1);
        assert_eq!(warnings.last(), Some(&Warning::Last));
        assert_eq!(warned.kinds.len(), MOST_WARNED);
    }

    #[test]
    fn a_long_name_is_shown_in_part() {
        assert_eq!(shown("gpt"), "gpt");
        assert_eq!(shown(&"ß".repeat(1_000)).chars().count(), MOST_SHOWN);
    }
}
