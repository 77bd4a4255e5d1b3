//! The inspection and repair of a JSON text before it is parsed.

use std::borrow::Cow;

/// Counts the objects in a text.
pub(super) fn objects(text: &str) -> usize {
    let (mut count, mut quoted) = (0, false);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if quoted => {
                bytes.next();
            }
            b'"' => quoted = !quoted,
            b'{' if !quoted => count += 1,
            _ => {}
        }
    }
    count
}

/// Replaces every lone surrogate in a text with U+FFFD: JavaScript cuts its strings anywhere and writes lone surrogates
/// as escapes, which are not valid text in Rust.
pub(super) fn whole(text: &str) -> Cow<'_, str> {
    let mut fixed = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(next) = text.get(at..).and_then(|rest| rest.find('\\')) {
        at += next;
        let (length, lone) = escape(text.get(at..).unwrap_or_default());
        if lone {
            fixed.push_str(text.get(copied..at).unwrap_or_default());
            fixed.push_str("\\ufffd");
            copied = at + length;
        }
        at += length;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    fixed.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(fixed)
}

/// Returns the length of the escape or surrogate pair that begins a text, and whether it is a lone surrogate.
fn escape(text: &str) -> (usize, bool) {
    match unit(text) {
        Some(0xd800..=0xdbff) if matches!(text.get(6..).and_then(unit), Some(0xdc00..=0xdfff)) => {
            (12, false)
        }
        Some(0xd800..=0xdfff) => (6, true),
        Some(_) => (6, false),
        None => (2, false),
    }
}

/// Returns the code unit of an escape.
fn unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_counted_and_braces_in_texts_are_not() {
        assert_eq!(objects(""), 0);
        assert_eq!(objects(r#"{"a": [{}, {"b": {}}], "{": "\"{\\"}"#), 4);
        assert_eq!(objects(r#"{"a": "\\", "b": {}}"#), 2);
    }

    #[test]
    fn halves_that_stand_alone_are_replaced_and_pairs_are_kept() {
        for kept in [
            "",
            "{}",
            r#""\ud83c\udf0a""#,
            r#""\u00e9\n""#,
            // The escape of an escape, as in JSON within JSON.
            r#""\\ud83d""#,
            r#""\"#,
            r#""\ud8"#,
            r#""\é"#,
        ] {
            assert!(
                matches!(whole(kept), Cow::Borrowed(text) if text == kept),
                "{kept}"
            );
        }
        for (sent, fixed) in [
            (r#""cut \ud83d""#, r#""cut \ufffd""#),
            (r#""\uDF0A \n""#, r#""\ufffd \n""#),
            (r#""\ud83d\ud83c\udf0a""#, r#""\ufffd\ud83c\udf0a""#),
            (r#""\ud83dé\udf0a\ud83d""#, r#""\ufffdé\ufffd\ufffd""#),
            (r#""\\\ud83d""#, r#""\\\ufffd""#),
        ] {
            assert_eq!(whole(sent), fixed);
            serde_json::from_str::<String>(fixed).unwrap();
        }
    }
}
