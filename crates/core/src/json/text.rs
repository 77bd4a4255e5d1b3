//! The decoding of texts with escapes.

use std::borrow::Cow;

/// Decodes a text whose escapes are valid; half of a surrogate pair becomes U+FFFD.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('\\') else {
        return Cow::Borrowed(text);
    };
    let mut decoded = String::with_capacity(text.len());
    let (plain, mut rest) = text.split_at(first);
    decoded.push_str(plain);
    while let Some(escape) = rest.strip_prefix('\\') {
        let mut characters = escape.chars();
        match characters.next() {
            Some('n') => decoded.push('\n'),
            Some('r') => decoded.push('\r'),
            Some('t') => decoded.push('\t'),
            Some('b') => decoded.push('\u{8}'),
            Some('f') => decoded.push('\u{c}'),
            Some('u') => characters = units(escape, &mut decoded).chars(),
            Some(other) => decoded.push(other),
            None => {}
        }
        let after = characters.as_str();
        // For consecutive escapes, searching for the next one would cost many calls.
        if after.starts_with('\\') {
            rest = after;
            continue;
        }
        let (plain, next) = after.split_at(after.find('\\').unwrap_or(after.len()));
        decoded.push_str(plain);
        rest = next;
    }
    Cow::Owned(decoded)
}

/// Decodes `u` with its digits, and the second half of a surrogate pair after them; returns the rest.
fn units<'t>(escape: &'t str, decoded: &mut String) -> &'t str {
    let unit = |from: usize| {
        let digits = escape.get(from..from + 4)?;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = unit(1).unwrap_or(0xFFFD);
    let second = escape
        .get(5..7)
        .filter(|next| *next == "\\u")
        .and_then(|_| unit(7))
        .filter(|unit| (0xDC00..=0xDFFF).contains(unit));
    let (character, length) = match (first, second) {
        (0xD800..=0xDBFF, Some(second)) => (pair(first, second), 11),
        _ => (char::from_u32(first), 5),
    };
    decoded.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
    escape.get(length..).unwrap_or_default()
}

/// Returns the low surrogate at the start of a text and the high surrogate at its end.
pub(super) fn halves(text: &str) -> [Option<u32>; 2] {
    let unit = |escape: &str| {
        let digits = escape.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = text.get(..6).and_then(unit);
    let last = text.len().checked_sub(6).and_then(|at| {
        let before = text.get(..at)?;
        let backslashes = before.len() - before.trim_end_matches('\\').len();
        // An escaped backslash does not begin an escape.
        (backslashes % 2 == 0).then(|| text.get(at..).and_then(unit))?
    });
    [
        first.filter(|unit| (0xDC00..=0xDFFF).contains(unit)),
        last.filter(|unit| (0xD800..=0xDBFF).contains(unit)),
    ]
}

/// Returns the character of a surrogate pair.
pub(crate) fn pair(high: u32, low: u32) -> Option<char> {
    char::from_u32(0x10000 + (high.checked_sub(0xD800)? << 10) + low.checked_sub(0xDC00)?)
}
