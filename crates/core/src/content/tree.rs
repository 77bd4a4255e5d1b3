//! JSON of which texts are written anew, in borrowed pieces: nothing is decoded that is not looked at.

use crate::json::{self, Document, quote};

/// Deeper JSON is not read: the way through it goes down with it.
const DEEPEST: usize = 128;

#[derive(Debug)]
pub(super) enum Node<'a> {
    /// A text as it stands in the JSON, without its quotes, escapes and all.
    Text(&'a str),
    /// Anything else that has no inside, or several of those in an array.
    Bare(&'a str),
    Array(Vec<Node<'a>>),
    /// Keys as they stand in the JSON, without their quotes.
    Object(Vec<(&'a str, Node<'a>)>),
    /// A text that was written anew, decoded.
    New(String),
}

impl<'a> Node<'a> {
    /// The pieces of a document; `None` for one that is no JSON to its end, or too deep.
    pub(super) fn of(document: &'a Document<'a>) -> Option<Self> {
        let root = document.root();
        (document.is_whole() && root.depth() <= DEEPEST).then(|| Self::piece(root))
    }

    fn piece(node: json::Node<'a>) -> Self {
        if node.is_object() {
            let members = node.written_members();
            let members = members.map(|(key, value)| (key, Self::piece(value)));
            return Self::Object(members.collect());
        }
        if node.is_list() {
            return Self::Array(node.items().map(Self::piece).collect());
        }
        match node.is_text() {
            true => Self::Text(node.inside()),
            false => Self::Bare(node.inside()),
        }
    }

    /// The text of a field that is one and needs no decoding, as names of kinds and roles are.
    pub(super) fn word(fields: &[(&'a str, Self)], name: &str) -> Option<&'a str> {
        fields.iter().find_map(|(key, value)| match value {
            Self::Text(word) if *key == name && !word.contains('\\') => Some(*word),
            _ => None,
        })
    }

    pub(super) fn write(&self, json: &mut String) {
        match self {
            Self::Text(text) => {
                json.push('"');
                json.push_str(text);
                json.push('"');
            }
            Self::Bare(bare) => json.push_str(bare),
            Self::Array(items) => {
                json.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        json.push(',');
                    }
                    item.write(json);
                }
                json.push(']');
            }
            Self::Object(fields) => {
                json.push('{');
                for (at, (key, value)) in fields.iter().enumerate() {
                    json.push_str(if at > 0 { ",\"" } else { "\"" });
                    json.push_str(key);
                    json.push_str("\":");
                    value.write(json);
                }
                json.push('}');
            }
            Self::New(text) => quote(json, text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(json: &str) -> Option<String> {
        let document = Document::read(json.as_bytes());
        let mut out = String::new();
        Node::of(&document)?.write(&mut out);
        Some(out)
    }

    #[test]
    fn what_is_read_is_written_without_its_blanks() {
        for (json, expected) in [
            (" { } ", "{}"),
            ("[ ]", "[]"),
            ("[1, 2.50 ,null]", "[1, 2.50,null]"),
            (
                r#"{"a" : [ true , "x\"\\" , {"b":-1e9} , 3 ] }"#,
                r#"{"a":[true,"x\"\\",{"b":-1e9},3]}"#,
            ),
            (r#" "日本\u672c" "#, r#""日本\u672c""#),
            ("12345678901234567890123", "12345678901234567890123"),
        ] {
            assert_eq!(rewritten(json).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_not_read() {
        for bad in ["", "{", "[1,]", "\"a", "{\"a\":}", "x"] {
            assert!(rewritten(bad).is_none(), "{bad}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(rewritten(&deep).is_none());
        let wide = format!("[{}[]]", "[],".repeat(1 << 20));
        assert!(rewritten(&wide).is_none());
    }

    proptest::proptest! {
        #[test]
        fn any_json_means_the_same_afterwards(text in ".*", key in ".*", number: f64, deep: bool) {
            let number = if number.is_finite() { number } else { 0.0 };
            let inner = serde_json::json!({key.clone(): [number, text, null, deep], "b": {"c": text}});
            let json = serde_json::json!([1, 2, inner, "x", 3]);
            for shown in [json.to_string(), serde_json::to_string_pretty(&json).unwrap()] {
                let back: serde_json::Value = serde_json::from_str(&rewritten(&shown).unwrap()).unwrap();
                proptest::prop_assert_eq!(&back, &serde_json::from_str::<serde_json::Value>(&shown).unwrap());
            }
        }
    }
}
