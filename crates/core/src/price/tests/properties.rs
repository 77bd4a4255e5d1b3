//! Properties that hold for any usage, any rates and any price file.

use super::*;

fn any_count() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![
        Just(None),
        (0u64..5_000).prop_map(Some),
        any::<u64>().prop_map(Some),
        Just(Some(u64::MAX))
    ]
}

prop_compose! {
    fn any_usage()(counts in prop::array::uniform7(any_count())) -> Usage {
        let [input, output, read, written, reasoning, audio_in, audio_out] = counts;
        Usage {
            input_tokens: input,
            output_tokens: output,
            cache_read_tokens: read,
            cache_write_tokens: written,
            reasoning_tokens: reasoning,
            audio_input_tokens: audio_in,
            audio_output_tokens: audio_out,
            ..Usage::default()
        }
    }
}

const PRICED: [(&str, &str); 6] = [
    ("openai", "gpt-4o-mini"),
    ("openai", "gpt-5.4"),
    ("openai", "gpt-audio"),
    ("openai", "text-embedding-3-small"),
    ("anthropic", "claude-haiku-5-5"),
    ("gcp.gemini", "gemini-2.5-flash"),
];

proptest! {
    #[test]
    fn parts_add_up_and_are_never_negative(usage in any_usage(), model in prop::sample::select(&PRICED[..])) {
        if let Some(cost) = cost(model.0, model.1, &usage) {
            let (input, output) = (cost.input.unwrap().as_nanos(), cost.output.unwrap().as_nanos());
            prop_assert!(input >= 0 && output >= 0);
            prop_assert_eq!(Some(cost.total.as_nanos()), input.checked_add(output));
        }
    }

    #[test]
    fn charges_cached_tokens_once(input in 0u64..2_000_000, reads in prop::array::uniform2(0u64..2_000_000), model in prop::sample::select(&PRICED[..])) {
        let with = |cache_read| Usage { cache_read_tokens: cache_read, output_tokens: Some(0), ..tokens(input, 0) };
        let total = |cache_read| cost(model.0, model.1, &with(cache_read)).unwrap().total;
        let (fewer, more) = (reads[0].min(reads[1]), reads[0].max(reads[1]));
        prop_assert!(total(Some(more)) <= total(Some(fewer)));
        prop_assert!(total(Some(fewer)) <= total(None));
    }

    #[test]
    fn counts_no_token_twice(usage in any_usage(), input in 0u64..1_000_000_000) {
        // If every token of a side costs the same, the parts of that side cannot matter.
        let flat = || Some(7_000);
        let price = Rates { input: 7_000, output: flat(), cache_read: flat(), cache_write: flat(), cache_write_1h: flat(), input_audio: flat(), output_audio: flat() };
        let tariff = Tariff { standard: Levels { price, long_context: Vec::new(), hours: Vec::new() }, tiers: Default::default() };
        let price = Price::standard(&tariff, Some("2026-01-01"), PriceSource::Builtin);
        let usage = Usage { input_tokens: Some(input), output_tokens: Some(input), ..usage };
        prop_assert_eq!(price.cost(&usage), price.cost(&tokens(input, input)));
    }

    #[test]
    fn any_name_is_looked_up(provider in "\\PC*", model in "\\PC*") {
        prop_assert!(Table::builtin().price(&provider, &model).is_none());
        let _price = Table::builtin().price("openai", &format!("gpt-4o-{model}"));
    }
}

/// Generates rates of every kind, at most $10 per million.
fn any_rates() -> impl Strategy<Value = Rates> {
    let rate = || prop::option::of(0u64..10_000_000);
    (0u64..10_000_000, rate(), rate(), rate(), rate(), rate()).prop_map(
        |(input, output, cache_read, cache_write, input_audio, output_audio)| Rates {
            input,
            output,
            cache_read,
            cache_write,
            cache_write_1h: None,
            input_audio,
            output_audio,
        },
    )
}

proptest! {
    #[test]
    fn a_users_prices_add_up_and_never_fall_with_tokens(
        rates in any_rates(),
        [plain, read, written, audio, text, spoken] in prop::array::uniform6(0u64..1_000_000),
        more in 0u64..1_000_000,
    ) {
        let mut own = Overlay::new();
        own.insert("p", "m", rates);
        let cost = |more: u64| {
            let usage = Usage {
                cache_read_tokens: Some(read),
                cache_write_tokens: Some(written),
                audio_input_tokens: Some(audio),
                audio_output_tokens: Some(spoken),
                ..tokens(plain + read + written + audio + more, text + spoken + more)
            };
            own.price("p", "m").unwrap().cost(&usage)
        };
        if let Some(cost) = cost(0) {
            prop_assert_eq!(Some(cost.total), cost.input.zip(cost.output).map(|(input, output)| input + output));
            prop_assert_eq!(cost.price_source, Some(PriceSource::User));
        }
        if let (Some(fewer), Some(more)) = (cost(0), cost(more)) {
            prop_assert!(fewer.total <= more.total);
        }
    }

    #[test]
    fn any_price_file_is_read_or_refused(text in "\\PC*", number in "[0-9.eE+-]{0,12}") {
        let _parsed = Overlay::parse(&text);
        let file = format!("{{\"providers\": {{\"p\": {{\"m\": {{\"input\": \"{number}\"}}}}}}}}");
        if let Ok(own) = Overlay::parse(&file) {
            let cost = own.price("p", "m").unwrap().cost(&Usage { output_tokens: None, ..tokens(1_000_000, 0) });
            let dollars = cost.unwrap().total.as_dollars();
            prop_assert!((dollars - number.parse::<f64>().unwrap()).abs() < 1e-9);
        }
    }
}
