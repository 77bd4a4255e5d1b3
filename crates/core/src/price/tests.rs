use proptest::prelude::*;

use super::cost::{Levels, Tariff};
use super::{Overlay, Price, Rates, Table};
use crate::{Cost, CostSource, PriceSource, Usage, UsageSource, Usd};

mod aliases;
mod properties;

fn tokens(input: u64, output: u64) -> Usage {
    Usage {
        input_tokens: Some(input),
        output_tokens: Some(output),
        ..Usage::default()
    }
}

fn cost(provider: &str, model: &str, usage: &Usage) -> Option<Cost> {
    Table::builtin().price(provider, model)?.cost(usage)
}

/// Returns the total in nano-dollars.
fn nanos(model: &str, usage: &Usage) -> Option<i64> {
    cost("openai", model, usage).map(|cost| cost.total.as_nanos())
}

/// Returns the dollars per million tokens of plain input and output at `openai`.
fn per_million(model: &str) -> Option<(f64, f64)> {
    let price = |usage| nanos(model, &usage).map(|nanos| Usd::from_nanos(nanos).as_dollars());
    Some((price(tokens(1_000, 0))? * 1e3, price(tokens(0, 1_000_000))?))
}

#[test]
fn parses() {
    let table = Table::parse(include_str!("table.json")).unwrap();
    assert!(table.date().parse::<jiff::civil::Date>().is_ok());
    assert!(table.source().starts_with("genai-prices "));
    assert_eq!(Table::builtin().date(), table.date());
}

#[test]
fn charges_what_the_price_list_says() {
    // Dollars per million tokens.
    for (model, input, output) in [
        ("gpt-4o-mini", 0.15, 0.60),
        ("gpt-4o", 2.50, 10.0),
        ("gpt-4o-2024-05-13", 5.0, 15.0),
        ("gpt-3.5-turbo", 0.50, 1.50),
        ("gpt-4.1", 2.0, 8.0),
        ("gpt-4.1-nano", 0.10, 0.40),
        ("gpt-5", 1.25, 10.0),
        ("gpt-5-mini", 0.25, 2.0),
        ("gpt-5-nano", 0.05, 0.40),
        ("o3", 2.0, 8.0),
    ] {
        assert_eq!(per_million(model), Some((input, output)), "{model}");
    }
}

#[test]
fn adds_up_by_hand() {
    // 1,000 x $0.15/M + 100 x $0.60/M = $0.00015 + $0.00006
    let usage = Usage {
        source: Some(UsageSource::Reported),
        ..tokens(1_000, 100)
    };
    let expected = Cost {
        total: Usd::from_nanos(210_000),
        input: Some(Usd::from_nanos(150_000)),
        output: Some(Usd::from_nanos(60_000)),
        source: CostSource::Priced,
        price_date: Some(Table::builtin().date().to_owned()),
        price_source: Some(PriceSource::Builtin),
    };
    assert_eq!(cost("openai", "gpt-4o-mini", &usage), Some(expected));

    // 400 of 1,000 cached: 600 x $0.15/M + 400 x $0.075/M
    let cached = Usage {
        cache_read_tokens: Some(400),
        ..tokens(1_000, 0)
    };
    assert_eq!(nanos("gpt-4o-mini", &cached), Some(120_000));
    // No price for the cache: charged as input, $0.50/M.
    assert_eq!(nanos("gpt-3.5-turbo", &cached), Some(500_000));
    // 3 x $0.02/M is 60 nano-dollars; one token of output would have no price.
    let embedding = Usage {
        output_tokens: None,
        ..tokens(3, 0)
    };
    assert_eq!(nanos("text-embedding-3-small", &embedding), Some(60));
    assert_eq!(nanos("text-embedding-3-small", &tokens(3, 1)), None);
    // 1 x $0.05/M is 50 nano-dollars; 1 cached x $0.005/M is 5.
    assert_eq!(nanos("gpt-5-nano", &tokens(1, 0)), Some(50));
    assert_eq!(
        nanos(
            "gpt-5-nano",
            &Usage {
                cache_read_tokens: Some(1),
                ..tokens(1, 0)
            }
        ),
        Some(5)
    );
}

#[test]
fn rounds_half_up_once() {
    // $0.0375/M is 37.5 nano-dollars a token.
    assert_eq!(
        cost("cohere", "command-r7b", &tokens(1, 0))
            .unwrap()
            .total
            .as_nanos(),
        38
    );
    assert_eq!(
        cost("cohere", "command-r7b", &tokens(3, 0))
            .unwrap()
            .total
            .as_nanos(),
        113
    );
}

#[test]
fn charges_long_prompts_by_their_tier() {
    // gpt-5.4: $2.50/M, $15/M out; beyond 272,000 tokens of input $5/M and $22.50/M for all of it.
    assert_eq!(
        nanos("gpt-5.4", &tokens(272_000, 1_000)),
        Some(680_000_000 + 15_000_000)
    );
    assert_eq!(
        nanos("gpt-5.4", &tokens(272_001, 1_000)),
        Some(1_360_005_000 + 22_500_000)
    );
}

#[test]
fn a_service_tier_has_its_own_price_or_none() {
    let in_tier = |provider, model, tier| {
        let price = Table::builtin().price(provider, model)?.in_tier(tier)?;
        Some(price.cost(&tokens(1_000, 100))?.total.as_nanos())
    };
    // gpt-5: $1.25/M and $10/M; half that in flex, twice that in priority.
    for (tier, nanos) in [
        ("default", 2_250_000),
        ("auto", 2_250_000),
        ("Flex", 1_125_000),
        ("batch", 1_125_000),
        ("priority", 4_500_000),
    ] {
        assert_eq!(in_tier("openai", "gpt-5", tier), Some(nanos), "{tier}");
    }
    for (provider, model, tier) in [
        ("openai", "gpt-5", "scale"),
        ("openai", "gpt-5", ""),
        ("openai", "gpt-4o", "flex"),
        // litellm has no figures for long prompts in this tier.
        ("openai", "gpt-5.4", "priority"),
        // Azure sells it at OpenAI's list price; no source confirms that for the tiers.
        ("azure.ai.openai", "gpt-5", "flex"),
        ("anthropic", "claude-sonnet-4-5", "priority"),
    ] {
        assert_eq!(in_tier(provider, model, tier), None, "{model} {tier}");
    }
    assert_eq!(
        in_tier("azure.ai.openai", "gpt-5", "default"),
        Some(2_250_000)
    );
}

#[test]
fn a_service_tier_of_a_new_model_has_a_rate_for_cache_writes() {
    let in_tier = |model, tier, input| {
        let usage = Usage {
            cache_read_tokens: Some(200),
            cache_write_tokens: Some(300),
            ..tokens(input, 100)
        };
        let price = Table::builtin().price("openai", model)?.in_tier(tier)?;
        Some(price.cost(&usage)?.total.as_nanos())
    };
    // gpt-6.1-sol: $2/M, $0.10/M read, $2.50/M written, $10/M out; half that in flex and batch, twice that in priority.
    let standard = 500 * 2_000 + 200 * 100 + 300 * 2_500 + 100 * 10_000;
    // Beyond 272,000 tokens of input $4/M, $0.20/M, $5/M and $15/M.
    let long = 299_500 * 4_000 + 200 * 200 + 300 * 5_000 + 100 * 15_000;
    for (tier, twice) in [("default", 2), ("flex", 1), ("batch", 1), ("priority", 4)] {
        for (input, nanos) in [(1_000, standard), (300_000, long)] {
            assert_eq!(
                in_tier("gpt-6.1-sol", tier, input),
                Some(nanos * twice / 2),
                "{tier} {input}"
            );
        }
    }
    for model in [
        "gpt-5.6-luna",
        "gpt-5.6-sol",
        "gpt-5.6-terra",
        "gpt-6-astra",
        "gpt-6-luna",
        "gpt-6-sol",
        "gpt-6.1-sol",
        "gpt-6.1-terra",
    ] {
        let cost = |tier| in_tier(model, tier, 300_000).unwrap();
        assert_eq!(cost("flex") * 2, cost("default"), "{model}");
        assert_eq!(cost("batch"), cost("flex"), "{model}");
        assert_eq!(cost("priority"), cost("default") * 2, "{model}");
    }
    // litellm lists no tiers for these models.
    assert_eq!(in_tier("gpt-6-rosalind", "flex", 1_000), None);
    assert_eq!(in_tier("gpt-6-cyber", "priority", 1_000), None);
}

#[test]
fn charges_a_token_written_to_the_cache_at_the_rate_of_its_tier() {
    // gpt-6-sol: $2.50/M, so 2,500 nano-dollars a token.
    for (tier, nanos) in [
        ("flex", 1_250),
        ("batch", 1_250),
        ("default", 2_500),
        ("priority", 5_000),
    ] {
        let usage = Usage {
            cache_write_tokens: Some(1),
            ..tokens(1, 0)
        };
        let price = Table::builtin().price("openai", "gpt-6-sol").unwrap();
        let cost = price.in_tier(tier).unwrap().cost(&usage).unwrap();
        assert_eq!(cost.total.as_nanos(), nanos, "{tier}");
    }
}

#[test]
fn charges_audio_at_its_own_rate() {
    // gpt-audio: text $2.50/M and $10/M, audio $32/M and $64/M.
    let usage = Usage {
        audio_input_tokens: Some(60),
        audio_output_tokens: Some(40),
        ..tokens(100, 50)
    };
    assert_eq!(
        nanos("gpt-audio", &usage),
        Some(40 * 2_500 + 60 * 32_000 + 10 * 10_000 + 40 * 64_000)
    );
    assert_eq!(nanos("gpt-4o-audio-preview", &usage), None);
    assert!(nanos("gpt-4o-audio-preview", &tokens(100, 50)).is_some());
}

#[test]
fn knows_snapshots() {
    for model in [
        "gpt-4o-mini-2024-07-18",
        "GPT-4o-Mini",
        "gpt-4o-mini-20240718",
        "gpt-4o-mini-2031-12-24",
    ] {
        assert_eq!(per_million(model), Some((0.15, 0.60)), "{model}");
    }
    // A date with its own price, in either form.
    assert_eq!(
        per_million("gpt-4o-20240513"),
        per_million("gpt-4o-2024-05-13")
    );
    assert_eq!(per_million("gpt-4-0613"), Some((30.0, 60.0)));
    assert!(per_million("gpt-4o-realtime-preview-2024-12-17").is_some());
}

#[test]
fn takes_no_model_for_another() {
    for model in [
        "gpt-4o-mini-foo",
        "gpt-4o-mini-",
        "gpt-4o-minimal",
        "gpt-4o-mini-2512",
        "gpt-4o-mini-2024-13-01",
        "gpt-4o-mini-9999-01-01",
        "my-gpt-4o",
        "gpt",
        "",
        "ß-2024-07-18",
        "ft:gpt-4.1-2025-04-14:org::id",
        "gpt-image-1",
        "whisper-1",
    ] {
        assert_eq!(per_million(model), None, "{model}");
    }
    assert_ne!(
        per_million("gpt-4o-audio-preview").unwrap().0,
        per_million("gpt-4o-mini-audio-preview").unwrap().0
    );
    let usage = tokens(1, 1);
    assert_eq!(cost("anthropic", "claude-opus-4-10", &usage), None);
    assert_eq!(cost("gcp.gemini", "gemini-1.5-flash-8b", &usage), None);
    assert_eq!(cost("mistral_ai", "mistral-large-2611", &usage), None);
    assert_eq!(
        cost("deepseek", "deepseek-chat", &usage),
        None,
        "its price changes with the hour"
    );
}

#[test]
fn prices_fine_tuned_models_apart() {
    assert_eq!(
        per_million("ft:gpt-4o-mini-2024-07-18:org::id"),
        Some((0.30, 1.20))
    );
    assert_eq!(
        per_million("ft:gpt-4o-2024-08-06:org::id"),
        Some((3.75, 15.0))
    );
    assert_eq!(per_million("ft:gpt-5-2025-08-07:org::id"), None);
}

#[test]
fn guesses_no_provider() {
    let usage = tokens(1_000, 100);
    assert_eq!(cost("vllm", "gpt-4o-mini", &usage), None);
    assert_eq!(cost("groq", "gpt-4o-mini", &usage), None);
    // Azure lists no price of its own for this model; the prices it does list may differ.
    assert_eq!(
        cost("azure.ai.openai", "gpt-4o-mini", &usage),
        cost("openai", "gpt-4o-mini", &usage)
    );
    assert_ne!(cost("azure.ai.openai", "davinci-002", &tokens(1, 0)), None);
    assert_eq!(cost("azure.ai.openai", "davinci-002", &usage), None);
}

#[test]
fn makes_no_zero_of_the_unknown() {
    let unknown_output = Usage {
        output_tokens: None,
        ..tokens(10, 0)
    };
    assert_eq!(nanos("gpt-4o", &unknown_output), None);
    assert_eq!(
        nanos(
            "gpt-4o",
            &Usage {
                input_tokens: None,
                ..tokens(0, 10)
            }
        ),
        None
    );
    assert_eq!(nanos("gpt-4o", &Usage::default()), None);
    assert_eq!(
        nanos("gpt-4o", &tokens(u64::MAX, 0)),
        None,
        "more than an amount can hold"
    );
}

#[test]
fn knows_what_is_free() {
    let free = Table::parse(
        r#"{"date": "2026-01-01", "source": "test", "fallbacks": {},
            "providers": {"openai": [{"model": "gift", "price": {"input": 0, "output": 0}}]}}"#,
    )
    .unwrap();
    let price = free.price("openai", "gift").unwrap();
    assert_eq!(
        price
            .cost(&Usage {
                output_tokens: None,
                ..tokens(10, 0)
            })
            .unwrap()
            .total,
        Usd::from_nanos(0)
    );
    assert_eq!(
        price.cost(&Usage {
            input_tokens: None,
            ..tokens(0, 10)
        }),
        None
    );
}

#[test]
fn marks_what_was_estimated() {
    let usage = Usage {
        source: Some(UsageSource::Estimated),
        ..tokens(1, 1)
    };
    assert_eq!(
        cost("openai", "gpt-4o", &usage).unwrap().source,
        CostSource::Estimated
    );
}

#[test]
fn a_longer_lifetime_than_has_a_price_is_of_unknown_cost() {
    let written = |lasting| Usage {
        cache_write_tokens: Some(10),
        cache_write_1h_tokens: Some(lasting),
        ..tokens(10, 0)
    };
    let rates = Rates::per_million("1", "2")
        .unwrap()
        .with_cache_write("1.25")
        .unwrap();
    let mut own = Overlay::new();
    own.insert("q", "charges-writes", rates);
    own.insert(
        "q",
        "writes-are-input",
        Rates::per_million("1", "2").unwrap(),
    );
    let total = |model: &str, usage| Some(own.price("q", model)?.cost(&usage)?.total.as_nanos());
    assert_eq!(total("charges-writes", written(0)), Some(12_500));
    assert_eq!(total("charges-writes", written(4)), None);
    assert_eq!(total("writes-are-input", written(4)), Some(10_000));
}

#[test]
fn a_price_left_open_is_never_zero_and_never_the_tables() {
    let mut own = Overlay::new();
    own.insert(
        "openai",
        "gpt-4o-mini",
        Rates::input_per_million("1").unwrap(),
    );
    let price = own.price("openai", "gpt-4o-mini-2024-07-18").unwrap();
    assert_eq!(price.cost(&tokens(1_000, 1)), None);
    assert!(price.in_tier("flex").is_none());
    own.insert("openai", "gpt-4o-mini", Rates::FREE);
    let free = own
        .price("openai", "GPT-4o-mini")
        .unwrap()
        .cost(&tokens(1_000, 1));
    assert_eq!(free.unwrap().total, Usd::from_nanos(0));
}

#[test]
fn the_narrowest_name_decides() {
    let mut own = Overlay::new();
    let nanos = |own: &Overlay, model| {
        let cost = own.price("p", model)?.cost(&tokens(1, 0))?;
        Some(cost.total.as_nanos())
    };
    for (model, price) in [
        ("*", "1"),
        ("gpt-*", "2"),
        ("gpt-4o", "3"),
        ("gpt-4o-2024-05-13", "4"),
    ] {
        own.insert("p", model, Rates::per_million(price, "0").unwrap());
    }
    for (model, expected) in [
        ("llama", 1_000),
        ("gpt-4o-mini", 2_000),
        ("gpt-4o-2024-08-06", 3_000),
        ("gpt-4o-2024-05-13", 4_000),
    ] {
        assert_eq!(nanos(&own, model), Some(expected), "{model}");
    }
    own.insert("p", "gpt-*", Rates::FREE);
    assert_eq!(nanos(&own, "gpt-5"), Some(0), "the last word counts");
    assert_eq!(own.price("q", "gpt-4o").map(|price| price.source()), None);
}
