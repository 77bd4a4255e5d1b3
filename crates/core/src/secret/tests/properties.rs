//! Whatever the text, JSON stays JSON.

use super::*;

proptest::proptest! {
    #[test]
    fn json_stays_json(text in ".*", before in "[ -~]{0,8}", after in "[ -~]{0,8}", which in 0_usize..44) {
        let (_, rest, secret) = secrets().nth(which).unwrap();
        let all = Mask::default().with_emails().with_cards();
        let json = serde_json::to_string(&serde_json::json!({"t": format!("{text} {before}{secret}{after}"), "n": 4_111_111_111_111_111_u64})).unwrap();
        let nested = serde_json::to_string(&json).unwrap();
        for (mask, json) in [(Mask::default(), &json), (all, &json), (all, &nested)] {
            let masked = mask.apply(json);
            proptest::prop_assert!(serde_json::from_str::<serde_json::Value>(&masked).is_ok(), "{}", masked);
        }
        let spaced = serde_json::to_string(&format!("{text} {secret} {text}")).unwrap();
        proptest::prop_assert!(!Mask::default().apply(&spaced).contains(rest));
    }

    #[test]
    fn values_after_names_leave_json_json(
        name in "(password|DB_PASS|api_key|token|--secret|-u|curl -u |Authorization|sid|heroku)",
        gap in "[ \"'\\\\:=>(,|\n]{1,4}",
        value in "[ -~\n\tä\u{7f}]{0,40}",
    ) {
        let inner = serde_json::json!({"t": format!("{name}{gap}{value}"), name: value, "n": 1}).to_string();
        let nested = serde_json::to_string(&inner).unwrap();
        let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text);
        proptest::prop_assert!(parse(&mask(&inner)).is_ok(), "{}", mask(&inner));
        let outer = mask(&nested);
        let text = serde_json::from_str::<String>(&outer);
        proptest::prop_assert!(text.is_ok_and(|text| parse(&text).is_ok()), "{outer}");
    }

    #[test]
    fn any_text_as_json_stays_json(text in "[a-zA-Z0-9 \\\\\"/:@=._%+-]{0,200}") {
        let all = Mask::default().with_emails().with_cards();
        let value = serde_json::to_string(&text).unwrap();
        proptest::prop_assert!(serde_json::from_str::<String>(&all.apply(&value)).is_ok());
    }
}
