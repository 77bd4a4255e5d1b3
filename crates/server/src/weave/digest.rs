//! Digests of objects and files, as W&B's clients compute and compare them.
//!
//! The digest is SHA-256 over an object's JSON as Python writes it, with sorted keys and every reference rewritten to
//! the project's internal id, or over a file's bytes. It is in URL-safe base64 with `X` for `-` and `Y` for `_`.
//!
//! Source: requests of W&B's clients 0.51.59 to 0.54.0 and the answers that match their own digests.

use std::collections::HashMap;
use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

/// The prefix of references outside of the server.
pub(super) const EXTERNAL: &str = "weave:///";
const INTERNAL: &str = "weave-trace-internal:///";
/// The maximum nesting depth of values.
const DEPTH: usize = 100;

/// The reason a value has no digest.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoDigest {
    /// The value is nested too deep or contains an invalid text.
    Value,
    /// A reference lacks its entity, its project or its target.
    Reference,
}

/// Returns the digest of bytes.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(bytes));
    digest.replace('-', "X").replace('_', "Y")
}

/// Returns the digest of an object's value.
pub(super) fn of_value(value: &RawValue) -> Result<String, NoDigest> {
    let mut text = String::new();
    write(value, &mut text, true, DEPTH)?;
    Ok(of_bytes(text.as_bytes()))
}

/// Returns the id that represents `entity/project` in references within values.
pub(super) fn project_id(project: &str) -> String {
    STANDARD.encode(project)
}

/// Writes a value as Python's `json.dumps` does, with `sort_keys` or with the keys in their original order.
fn write(value: &RawValue, to: &mut String, sort_keys: bool, depth: usize) -> Result<(), NoDigest> {
    let depth = depth.checked_sub(1).ok_or(NoDigest::Value)?;
    let text = value.get();
    match text.bytes().next() {
        Some(b'{') => {
            let Fields(mut fields) = parse(text)?;
            if sort_keys {
                // Byte order is code point order.
                fields.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
            }
            to.push('{');
            for (index, (name, field)) in fields.into_iter().enumerate() {
                to.push_str(if index > 0 { ", " } else { "" });
                quote(&name, to);
                to.push_str(": ");
                write(field, to, sort_keys, depth)?;
            }
            to.push('}');
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = parse(text)?;
            to.push('[');
            for (index, item) in items.into_iter().enumerate() {
                to.push_str(if index > 0 { ", " } else { "" });
                write(item, to, sort_keys, depth)?;
            }
            to.push(']');
        }
        Some(b'"') => quote(&internal(parse(text)?, depth)?, to),
        Some(b'-' | b'0'..=b'9') => number(text, to),
        // true, false, null
        _ => to.push_str(text),
    }
    Ok(())
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, NoDigest> {
    serde_json::from_str(text).map_err(|_| NoDigest::Value)
}

/// Returns a text with its references rewritten: the text is a reference, or JSON that contains references.
fn internal(text: String, depth: usize) -> Result<String, NoDigest> {
    if let Some(reference) = text.strip_prefix(EXTERNAL) {
        let mut parts = reference.splitn(3, '/');
        let (Some(entity), Some(project), Some(rest)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(NoDigest::Reference);
        };
        let id = project_id(&format!("{entity}/{project}"));
        return Ok(format!("{INTERNAL}{id}/{rest}"));
    }
    let holds_some = text.contains(EXTERNAL) && text.trim_start().starts_with(['{', '[']);
    if holds_some && let Ok(json) = serde_json::from_str::<&RawValue>(&text) {
        let mut rewritten = String::new();
        write(json, &mut rewritten, false, depth)?;
        return Ok(rewritten);
    }
    Ok(text)
}

/// Quotes a text as Python does: non-ASCII characters are escaped, as surrogate pairs where needed.
fn quote(text: &str, to: &mut String) {
    to.push('"');
    for letter in text.chars() {
        match letter {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            '\t' => to.push_str("\\t"),
            '\u{8}' => to.push_str("\\b"),
            '\u{c}' => to.push_str("\\f"),
            ' '..='~' => to.push(letter),
            other => {
                for half in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a string does not fail.
                    let _ = write!(to, "\\u{half:04x}");
                }
            }
        }
    }
    to.push('"');
}

/// Writes a number as Python does: integers with all their digits, floats with the fewest digits that identify them.
fn number(text: &str, to: &mut String) {
    if !text.contains(['.', 'e', 'E']) {
        to.push_str(if text == "-0" { "0" } else { text });
        return;
    }
    let value: f64 = text.parse().unwrap_or(f64::INFINITY);
    if value.is_infinite() {
        to.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
        return;
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        // Rust's plain form has no `.0` for whole numbers.
        let plain = format!("{value}");
        let is_whole = !plain.contains('.');
        to.push_str(&plain);
        to.push_str(if is_whole { ".0" } else { "" });
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(to, "{digits}e{sign}{:02}", exponent.abs());
    }
}

/// An object's fields in their order; the last of duplicate fields counts.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut fields: Vec<(String, &'de RawValue)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
            let place = *places.entry(name.clone()).or_insert(fields.len());
            match fields.get_mut(place) {
                Some(field) => field.1 = value,
                None => fields.push((name, value)),
            }
        }
        Ok(Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    fn digest(text: &str) -> String {
        of_value(&raw(text)).unwrap()
    }

    fn written(text: &str) -> String {
        let mut written = String::new();
        write(&raw(text), &mut written, true, DEPTH).unwrap();
        written
    }

    /// Taken from requests of W&B's clients, which computed the digests.
    #[test]
    fn digests_are_those_of_wandbs_clients() {
        for (value, expected) in [
            (r#"{"a": 1}"#, "XdhgKMbg1k4iUYb5astpM4ssWXZN95FiEH9cS7NNExA"),
            (
                r#"{"_type":"CustomWeaveType","weave_type":{"type":"Op"},"files":{"obj.py":"9otMOj53rSSmGYHn5HHYLnL6u85rR0tDWHjN9n8qjXo"}}"#,
                "2iYeUGyBqsmm8UwejEMY2HRo1PyLonDh6eLCgKZ3sTg",
            ),
            (
                r#"{"words":["größe","日本"],"rate":0.5,"whole":1.0,"large":1e16,"integer":9007199254740993,"yes":true,"none":null,"a":{"z":[],"b":{}}}"#,
                "tuES7dNH5fudMxyb9Tv8BAfAUYECYxKwE7Dy08BNJfE",
            ),
            (
                r#"{"_type":"StringPrompt","name":null,"description":null,"content":"Hallo {name}, 日本","_class_name":"StringPrompt","_bases":["Prompt","Object","BaseModel"]}"#,
                "1rXoIwNzAPeiGuB8KcKpPcOXahJYL9LQp2tNP4XAgRc",
            ),
            (
                r#"{"_type":"Greeter","_class_name":"Greeter","_bases":["Model","Object","BaseModel"],"description":null,"mark":"!","name":"greeter",
                    "predict":"weave:///me/proj/op/Greeter.predict:VE9g49TxMsefN3CppH6R4b5hEyaibaLLlGg3kTGxv0s",
                    "prompt":"weave:///me/proj/object/greeting:1rXoIwNzAPeiGuB8KcKpPcOXahJYL9LQp2tNP4XAgRc"}"#,
                "Rhbnjj0ZFbi0pOlN2KhDKoQ9NnZgwlVsgDL9lFJbcSs",
            ),
        ] {
            assert_eq!(digest(value), expected, "{value}");
        }
        let source = "import weave\n\n@weave.op\ndef inner(word: str, times: int = 2) -> str:\n    return word * times\n";
        assert_eq!(
            of_bytes(source.as_bytes()),
            "pXKY7I4FOaHC2F6xm30xAKo91aEK9MkOBTECIx0PQrM"
        );
    }

    /// The output of `json.dumps` in Python 3.11.
    #[test]
    fn numbers_and_texts_are_pythons() {
        for (text, expected) in [
            ("1", "1"),
            ("-0", "0"),
            ("-0.0", "-0.0"),
            ("1.0", "1.0"),
            ("100000000000000000000000001", "100000000000000000000000001"),
            ("1e16", "1e+16"),
            ("1E15", "1000000000000000.0"),
            ("123456789012345680.0", "1.2345678901234568e+17"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("1.5e300", "1.5e+300"),
            ("5e-324", "5e-324"),
            ("0.1", "0.1"),
            ("2.5e-7", "2.5e-07"),
            (
                r#""ö\u0007\ud83d\ude00/\/""#,
                r#""\u00f6\u0007\ud83d\ude00//""#,
            ),
            (r#"[1,{"b":1,"a":[]}]"#, r#"[1, {"a": [], "b": 1}]"#),
            (r#"{"b":1,"a":1,"b":2}"#, r#"{"a": 1, "b": 2}"#),
        ] {
            assert_eq!(written(text), expected, "{text}");
        }
    }

    #[test]
    fn references_are_rewritten_and_only_they() {
        let inside = r#""{\"r\":\"weave:///e/p/object/o:d\",\"ü\":1}""#;
        let id = project_id("e/p");
        for (text, expected) in [
            (
                r#""weave:///e/p/object/o:d""#.to_owned(),
                format!("\"{INTERNAL}{id}/object/o:d\""),
            ),
            (
                r#""see weave:///e/p/object/o:d""#.to_owned(),
                r#""see weave:///e/p/object/o:d""#.to_owned(),
            ),
            (
                r#"{"weave:///e/p/object/o:d":1}"#.to_owned(),
                r#"{"weave:///e/p/object/o:d": 1}"#.to_owned(),
            ),
            (
                inside.to_owned(),
                format!(r#""{{\"r\": \"{INTERNAL}{id}/object/o:d\", \"\\u00fc\": 1}}""#),
            ),
        ] {
            assert_eq!(written(&text), expected, "{text}");
        }
        assert_eq!(of_value(&raw(r#""weave:///e""#)), Err(NoDigest::Reference));
    }

    #[test]
    fn what_is_nested_too_deep_has_none() {
        let deep = format!("{}{}", "[".repeat(DEPTH + 1), "]".repeat(DEPTH + 1));
        assert_eq!(of_value(&raw(&deep)), Err(NoDigest::Value));
        let escaped = serde_json::to_string(&format!("[\"weave:///e/p/o\",{deep}]")).unwrap();
        assert_eq!(of_value(&raw(&escaped)), Err(NoDigest::Value));
    }
}
