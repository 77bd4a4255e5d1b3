//! Comparisons with `serde_json`, which reads the same texts in a different way.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::Document;

fn value(json: &str) -> Option<Value> {
    Document::read(json.as_bytes()).root().to_value()
}

#[test]
fn members_items_and_scalars() {
    let json = r#" {"a" : [ true , "x\"\\\u00e9" , {"b":-1e2} , 3, 4 ,5.5, null, [] ],"é\n":7,"big":18446744073709551615} "#;
    let document = Document::read(json.as_bytes());
    let root = document.root();
    assert!(document.is_whole() && root.is_object());
    let items: Vec<_> = root.get("a").unwrap().items().collect();
    assert_eq!(items[0].bool(), Some(true));
    assert_eq!(items[1].text().unwrap(), "x\"\\é");
    assert_eq!(items[1].raw(), Some(r#""x\"\\\u00e9""#));
    assert_eq!(items[2].get("b").unwrap().f64(), Some(-100.0));
    assert_eq!((items[3].numbers(), items[3].u64()), (3, None));
    assert!(items[4].is_null() && items[5].is_list());
    assert_eq!(root.get("é\n").unwrap().i64(), Some(7));
    assert_eq!(root.get("big").unwrap().u64(), Some(u64::MAX));
    assert_eq!(root.depth(), 3);
    assert!(root.get("c").is_none() && items[0].get("c").is_none());
}

#[test]
fn what_lies_deeper_than_a_tree_is_a_text() {
    let document = Document::read(br#"{"a":[1,2,{"b":{"c":"d"}}],"e":1}"#);
    let root = document.root();
    assert_eq!(
        root.to_value_up_to(2),
        json!({"a": [1, 2, r#"{"b":{"c":"d"}}"#], "e": 1})
    );
    assert_eq!(root.to_value_up_to(9), root.to_value().unwrap());
}

#[test]
fn of_a_key_that_stands_twice_the_last_value_counts() {
    assert_eq!(
        value(r#"{"a":1,"b":2,"a":3}"#),
        Some(json!({"a": 3, "b": 2}))
    );
    let document = Document::read(br#"{"a":1,"\u0061":3}"#);
    assert_eq!(document.root().get("a").unwrap().u64(), Some(3));
}

#[test]
fn what_is_cut_gives_what_stands_before() {
    let whole = r#"{"id":"x","n":[1,22],"m":{"k":"v","l":[{"a":null},"é"]},"u":true}"#;
    let all = value(whole).unwrap();
    for length in 0..whole.len() {
        let document = Document::read(&whole.as_bytes()[..length]);
        assert!(!document.is_whole(), "{length}");
        let root = document.root();
        assert!(root.raw().is_none());
        if length == 0 {
            assert!(root.is_null());
            continue;
        }
        let part = root.to_value().unwrap();
        assert!(is_part(&part, &all), "cut at {length}: {part}");
    }
    let cut = value(&whole[..whole.len() - 1]);
    assert_eq!(cut, Some(all));
}

/// Returns whether everything in `part` is also in `whole`, up to the length of its lists.
fn is_part(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part
            .iter()
            .all(|(key, value)| whole.get(key).is_some_and(|whole| is_part(value, whole))),
        (Value::Array(part), Value::Array(whole)) => {
            part.len() <= whole.len()
                && part
                    .iter()
                    .zip(whole)
                    .all(|(part, whole)| is_part(part, whole))
        }
        _ => part == whole,
    }
}

#[test]
fn half_a_pair_of_escapes_is_no_character_and_costs_no_text() {
    for (json, text) in [
        (r#""\ud83d\ude00""#, "😀"),
        (r#""a\ud83d""#, "a\u{fffd}"),
        (r#""\ud83dx""#, "\u{fffd}x"),
        (r#""\ud83d\n""#, "\u{fffd}\n"),
        (r#""\ude00""#, "\u{fffd}"),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
    ] {
        let document = Document::read(json.as_bytes());
        assert!(document.is_whole());
        assert_eq!(document.root().text().unwrap(), text, "{json}");
        assert_eq!(value(json), Some(json!(text)));
    }
}

#[test]
fn a_number_beyond_all_numbers_is_none() {
    for number in ["1e999", "-1e400", &"9".repeat(400)] {
        let json = format!("[true,{number}]");
        assert!(!Document::read(json.as_bytes()).is_whole(), "{number}");
        assert!(serde_json::from_str::<Value>(&json).is_err());
    }
    assert!(Document::read(b"[1e-999,1e300]").is_whole());
}

#[test]
fn no_depth_costs_stack() {
    for deep in [
        format!("{}1{}", "[".repeat(1_000_000), "]".repeat(1_000_000)),
        format!("{}1{}", r#"{"a":"#.repeat(500_000), "}".repeat(500_000)),
        "[".repeat(1_000_000),
    ] {
        let document = Document::read(deep.as_bytes());
        let root = document.root();
        assert!(root.depth() >= 500_000);
        let mut written = String::new();
        root.write(&mut written);
        assert!(Document::read(written.as_bytes()).is_whole());
        assert_eq!(root.to_value(), None);
        assert!(root.to_value_up_to(1_000).to_string().len() > 500_000);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(".*", inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_read_as_serde_reads_it(json in any_json(), pretty: bool) {
        let text = match pretty {
            true => serde_json::to_string_pretty(&json).unwrap(),
            false => json.to_string(),
        };
        let document = Document::read(text.as_bytes());
        prop_assert!(document.is_whole());
        let root = document.root();
        prop_assert_eq!(root.raw(), Some(text.trim()));
        // Compares the values, not the bytes.
        let value = serde_json::from_str::<Value>(&text).unwrap();
        prop_assert_eq!(root.to_value_up_to(100), value.clone());
        prop_assert_eq!(rebuilt(root), value);
    }

    #[test]
    fn what_serde_refuses_is_not_whole(text in r#"[\[\]{}":,0-9eE.+\-tfn\\u \x00-\x1f]{0,12}|[\[{][\PC]{0,20}"#) {
        let serde = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        prop_assert_eq!(Document::read(text.as_bytes()).is_whole(), serde, "{}", text);
    }

    #[test]
    fn any_cut_gives_json_again(json in any_json(), at in any::<prop::sample::Index>()) {
        // A bare number has no end that shows whether it was cut.
        let text = json!([json]).to_string();
        let length = at.index(text.len());
        let document = Document::read(&text.as_bytes()[..length]);
        if length > 0 {
            let part = document.root().to_value().unwrap();
            prop_assert!(is_part(&part, &serde_json::from_str(&text).unwrap()), "{}", part);
        }
    }
}

fn rebuilt(node: super::Node<'_>) -> Value {
    if node.is_object() {
        let members = node.members();
        return Value::Object(
            members
                .map(|(key, value)| (key.into_owned(), rebuilt(value)))
                .collect(),
        );
    }
    if node.is_list() {
        let items = node.items().flat_map(|item| match item.numbers() {
            0 => vec![rebuilt(item)],
            _ => {
                let list = format!("[{}]", item.raw().unwrap());
                serde_json::from_str(&list).unwrap()
            }
        });
        return Value::Array(items.collect());
    }
    match node.text() {
        Some(text) => Value::from(text),
        None => serde_json::from_str(node.raw().unwrap()).unwrap(),
    }
}
