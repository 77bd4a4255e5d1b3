//! JSON cut into borrowed pieces: nothing is decoded that is not looked at.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// Deeper JSON is not read.
const DEEPEST: usize = 128;
/// JSON of more pieces is not read. Numbers that follow each other in an array are one.
const MOST: usize = 1 << 20;

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
    /// `None` for what is no JSON, or too much of it.
    pub(super) fn parse(json: &'a str) -> Option<Self> {
        // Whatever holds after this check the reader relies on.
        serde_json::from_str::<IgnoredAny>(json).ok()?;
        let mut reader = Reader {
            json,
            at: 0,
            left: MOST,
        };
        reader.node(0)
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
            // A text has no reason not to become JSON.
            Self::New(text) => json.push_str(&serde_json::to_string(text).unwrap_or_default()),
        }
    }
}

/// What a text says, for one that stands in JSON with escapes.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    // It was valid JSON; a lone surrogate, which JSON allows and Rust does not, leaves it as it stands.
    serde_json::from_str(&format!("\"{text}\"")).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Reads JSON that is known to be valid.
struct Reader<'a> {
    json: &'a str,
    at: usize,
    left: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, these: &[u8]) {
        while self.peek().is_some_and(|byte| these.contains(&byte)) {
            self.at += 1;
        }
    }

    fn node(&mut self, depth: usize) -> Option<Node<'a>> {
        self.left = self.left.checked_sub(1)?;
        if depth > DEEPEST {
            return None;
        }
        self.skip(b" \t\r\n");
        match self.peek()? {
            b'"' => Some(Node::Text(self.text()?)),
            b'[' => self.array(depth),
            b'{' => self.object(depth),
            _ => Some(Node::Bare(self.bare(b",]} \t\r\n")?)),
        }
    }

    fn array(&mut self, depth: usize) -> Option<Node<'a>> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip(b" \t\r\n,");
            match self.peek()? {
                b']' => break,
                b'"' | b'[' | b'{' => items.push(self.node(depth + 1)?),
                _ => {
                    self.left = self.left.checked_sub(1)?;
                    let bare = self.bare(b"\"[]{}")?;
                    items.push(Node::Bare(
                        bare.trim_end_matches([' ', '\t', '\r', '\n', ',']),
                    ));
                }
            }
        }
        self.at += 1;
        Some(Node::Array(items))
    }

    fn object(&mut self, depth: usize) -> Option<Node<'a>> {
        self.at += 1;
        let mut fields = Vec::new();
        loop {
            self.skip(b" \t\r\n,");
            if self.peek()? == b'}' {
                break;
            }
            let key = self.text()?;
            self.skip(b" \t\r\n:");
            fields.push((key, self.node(depth + 1)?));
        }
        self.at += 1;
        Some(Node::Object(fields))
    }

    /// From one quote to the next that is none of the text's own.
    fn text(&mut self) -> Option<&'a str> {
        let start = self.at + 1;
        let mut end = start;
        loop {
            match self.json.as_bytes().get(end)? {
                b'"' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        self.at = end + 1;
        self.json.get(start..end)
    }

    fn bare(&mut self, until: &[u8]) -> Option<&'a str> {
        let start = self.at;
        while self.peek().is_some_and(|byte| !until.contains(&byte)) {
            self.at += 1;
        }
        self.json.get(start..self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(json: &str) -> Option<String> {
        let mut out = String::new();
        Node::parse(json)?.write(&mut out);
        Some(out)
    }

    #[test]
    fn what_is_read_is_written_without_its_blanks() {
        for (json, expected) in [
            (" { } ", "{}"),
            ("[ ]", "[]"),
            ("[1, 2.50 ,null]", "[1, 2.50 ,null]"),
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
        let wide = format!("[{}[]]", "[],".repeat(MOST));
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
