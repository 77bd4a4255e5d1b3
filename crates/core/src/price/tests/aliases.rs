//! Aliases that move on to the provider's next model.

use super::*;

#[test]
fn knows_no_price_of_an_alias_in_dispute() {
    let known = |provider, model| Table::builtin().price(provider, model).is_some();
    for (provider, model) in [
        ("gcp.gemini", "gemini-pro"),
        // A family in the source covers these four.
        ("mistral_ai", "magistral-medium"),
        ("mistral_ai", "magistral-medium-latest"),
        ("mistral_ai", "magistral-small"),
        ("mistral_ai", "magistral-small-latest"),
        ("mistral_ai", "ministral-3b"),
        ("mistral_ai", "ministral-8b"),
        ("mistral_ai", "mistral-large"),
        ("mistral_ai", "mistral-large-latest"),
        ("mistral_ai", "Mistral-Large-Latest"),
        ("mistral_ai", "mistral-medium"),
        ("openai", "gpt-4o-mini-transcribe"),
        ("openai", "gpt-4o-mini-tts"),
        ("azure.ai.openai", "gpt-4o-mini-tts"),
        ("x_ai", "grok-code-fast"),
        ("x_ai", "grok-code-fast-1"),
        // A date after the name does not settle the price.
        ("openai", "gpt-4o-mini-tts-2025-03-20"),
        ("mistral_ai", "mistral-medium-0725"),
    ] {
        assert!(!known(provider, model), "{provider} {model}");
    }
    for (provider, model) in [
        ("mistral_ai", "magistral-medium-2509"),
        ("mistral_ai", "ministral-8b-latest"),
        ("mistral_ai", "mistral-large-2411"),
        ("mistral_ai", "mistral-large-2512"),
        // This name includes its version.
        ("mistral_ai", "mistral-large-4"),
        ("mistral_ai", "mistral-medium-2508"),
        ("mistral_ai", "mistral-medium-latest"),
        ("mistral_ai", "mistral-small-latest"),
        ("gcp.gemini", "gemini-flash-latest"),
        ("x_ai", "grok-4.5-latest"),
        ("x_ai", "grok-code-fast-1-0825"),
    ] {
        assert!(known(provider, model), "{provider} {model}");
    }
}

#[test]
fn a_dispute_ends_the_search() {
    let table = Table::parse(
        r#"{"date": "2026-01-01", "source": "test", "fallbacks": {"second": "first"},
            "unpriced": {"first": ["one-latest"], "second": ["two"]},
            "providers": {"second": [{"model": "three-latest", "price": {"input": 1}}],
                "first": [{"model": "one", "prefixes": ["one"], "price": {"input": 1}},
                    {"model": "two", "price": {"input": 1}}, {"model": "three", "price": {"input": 1}}]}}"#,
    )
    .unwrap();
    for (provider, model, known) in [
        ("first", "one", true),
        ("first", "one-latest", false),
        ("first", "ONE-latest", false),
        ("first", "one-preview", true),
        ("first", "two", true),
        ("second", "one", true),
        ("second", "one-latest", false),
        ("second", "two", false),
        ("second", "three", true),
        ("second", "three-latest", true),
    ] {
        let price = table.price(provider, model);
        assert_eq!(price.is_some(), known, "{provider} {model}");
    }
}
