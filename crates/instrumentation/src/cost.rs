//! The cost of a call: as stated by the provider, else its tokens at the user's own prices, else at the built-in ones.

use spanloom_core::price::{Overlay, Price, Table};
use spanloom_core::{Call, Cost, CostSource, StatedCost, Usage, UsageSource, Usd};

use crate::prices::PriceBook;

/// Returns the cost of a call with known usage; `None` without a price, with a warning for the first of its kind.
pub(crate) fn cost(call: &Call, stated: Option<StatedCost>, prices: &PriceBook) -> Option<Cost> {
    let total = stated.and_then(|stated| Usd::from_dollars(stated.total));
    if let (Some(stated), Some(total)) = (stated, total) {
        return Some(Cost {
            total,
            input: stated.input.and_then(Usd::from_dollars),
            output: stated.output.and_then(Usd::from_dollars),
            source: CostSource::Reported,
            price_date: None,
            price_source: None,
        });
    }
    if !call.usage.is_known() {
        return None;
    }
    // The overlay is read once, so that prices replaced in the meantime are not mixed with these.
    let own = prices.overlay();
    let cost = priced(call, &own);
    if cost.is_none() {
        prices.unpriced(call);
    }
    debug_assert!(
        cost.as_ref()
            .is_none_or(|cost| (cost.source == CostSource::Estimated)
                == call.usage.source.is_some_and(UsageSource::is_estimate)),
        "a cost is as good as its tokens"
    );
    cost
}

fn priced(call: &Call, own: &Overlay) -> Option<Cost> {
    in_tier(call, own)?.cost(&call.usage)
}

/// Returns what the tokens that a prompt's cache has missed cost more than if they had been read from it.
pub(crate) fn missed(call: &Call, prices: &PriceBook) -> Option<Usd> {
    let missed = call.response.prompt_cache.as_ref()?.missed_tokens?;
    let usage = &call.usage;
    let cached = usage.cache_read_tokens.unwrap_or(0);
    let missed = missed.min(usage.input_tokens?.saturating_sub(cached));
    // Tokens that had been read would not have been written.
    let less = |count: Option<u64>| count.map(|count| count.saturating_sub(missed));
    let hit = Usage {
        cache_read_tokens: Some(cached + missed),
        cache_write_tokens: less(usage.cache_write_tokens),
        cache_write_1h_tokens: less(usage.cache_write_1h_tokens),
        ..*usage
    };
    let own = prices.overlay();
    let price = in_tier(call, &own)?;
    let [paid, hit] = [price.cost(usage)?, price.cost(&hit)?].map(|cost| cost.total.as_nanos());
    Some(Usd::from_nanos(paid.saturating_sub(hit).max(0)))
}

fn in_tier<'a>(call: &Call, own: &'a Overlay) -> Option<Price<'a>> {
    let price = price(call, own)?.at(call.started_at);
    match call.service_tier() {
        Some(tier) => price.in_tier(tier),
        None => Some(price),
    }
}

/// Prefers the user's price under either model name: on Azure the requested name is the user's own.
fn price<'a>(call: &Call, own: &'a Overlay) -> Option<Price<'a>> {
    let provider = call.provider.as_str();
    call.models()
        .find_map(|model| own.price(provider, model))
        .or_else(|| {
            call.models()
                .find_map(|model| Table::builtin().price(provider, model))
        })
}

#[cfg(test)]
mod tests {
    use spanloom_core::json::Document;
    use spanloom_core::price::Rates;
    use spanloom_core::{PriceSource, openai};

    use super::*;
    use crate::prices::tests::call;

    fn rates(input: &str) -> Rates {
        Rates::per_million(input, "0").unwrap()
    }

    /// Returns the total in nano-dollars and its source.
    fn total(call: &Call, reported: Option<f64>, prices: &PriceBook) -> Option<(i64, CostSource)> {
        let cost = cost(call, reported.and_then(StatedCost::of), prices)?;
        assert_eq!(
            cost.price_source.is_none(),
            cost.source == CostSource::Reported
        );
        Some((cost.total.as_nanos(), cost.source))
    }

    #[test]
    fn the_provider_goes_before_the_user_and_the_user_before_the_table() {
        let mut own = Overlay::new();
        own.insert("openai", "gpt-4o-mini", rates("1"));
        let (own, none) = (PriceBook::new(own), PriceBook::default());
        let call = call("openai", "gpt-4o-mini", 1_000);
        assert_eq!(
            total(&call, Some(0.5), &own),
            Some((500_000_000, CostSource::Reported))
        );
        assert_eq!(
            total(&call, None, &own),
            Some((1_000_000, CostSource::Priced))
        );
        assert_eq!(
            total(&call, None, &none),
            Some((150_000, CostSource::Priced))
        );
        let source = |prices| cost(&call, None, prices).unwrap().price_source;
        assert_eq!(source(&own), Some(PriceSource::User));
        assert_eq!(source(&none), Some(PriceSource::Builtin));
    }

    #[test]
    fn the_name_asked_for_finds_the_users_price() {
        let mut own = Overlay::new();
        own.insert("azure.ai.openai", "our-deployment", rates("7"));
        let prices = PriceBook::new(own);
        let mut call = call("azure.ai.openai", "our-deployment", 1);
        call.response.model = Some("gpt-4o-2024-08-06".to_owned());
        assert_eq!(
            total(&call, None, &prices),
            Some((7_000, CostSource::Priced))
        );
    }

    #[test]
    fn a_tier_without_a_price_has_no_cost() {
        let prices = PriceBook::default();
        let mut call = call("openai", "gpt-5", 1_000);
        call.request.service_tier = Some("flex".to_owned());
        assert_eq!(total(&call, None, &prices).unwrap().0, 625_000);
        // The response's tier counts: the provider may run a flex call as default.
        call.response.service_tier = Some("default".to_owned());
        assert_eq!(total(&call, None, &prices).unwrap().0, 1_250_000);
        call.response.service_tier = Some("scale".to_owned());
        assert_eq!(total(&call, None, &prices), None);
    }

    #[test]
    fn missed_tokens_cost_the_difference_to_cached_ones() {
        let prices = PriceBook::default();
        let mut call = call("openai", "gpt-4o-mini", 1_000);
        assert_eq!(missed(&call, &prices), None);
        call.response.prompt_cache = Some(spanloom_core::PromptCache {
            missed_tokens: Some(400),
            ..Default::default()
        });
        // 0.15 and 0.075 dollars per million.
        assert_eq!(missed(&call, &prices).unwrap().as_nanos(), 400 * 75);
        // No more than what was not read from the cache.
        call.usage.cache_read_tokens = Some(900);
        assert_eq!(missed(&call, &prices).unwrap().as_nanos(), 100 * 75);
        call.request.model = Some("no-such-model".to_owned());
        assert_eq!(missed(&call, &prices), None);
    }

    #[test]
    fn nothing_unknown_becomes_zero() {
        let prices = PriceBook::default();
        let mut call = call("openai", "gpt-4o-mini", 1_000);
        call.usage = openai::response(call.endpoint, Document::read(b"{}").root()).usage;
        assert_eq!(total(&call, None, &prices), None);
        assert_eq!(total(&call, Some(f64::NAN), &prices), None);
        assert_eq!(total(&call, Some(-1.0), &prices), None);
    }

    #[test]
    fn prices_that_are_replaced_hold_from_then_on_for_every_clone() {
        let overlay = |price: &str| {
            let mut own = Overlay::new();
            own.insert("openai", "m", Rates::per_million(price, price).unwrap());
            own
        };
        let prices = PriceBook::new(overlay("1"));
        let (call, clone) = (call("openai", "m", 1), prices.clone());
        let nanos = |prices| cost(&call, None, prices).unwrap().total.as_nanos();
        assert_eq!([&prices, &clone].map(nanos), [1_000, 1_000]);
        clone.replace(overlay("3"));
        assert_eq!([&prices, &clone].map(nanos), [3_000, 3_000]);
    }
}
