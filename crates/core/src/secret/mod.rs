//! Secrets of known shapes, masked before anything leaves the process.
//!
//! The shapes are those of credentials that issuers made to be recognised, and a few that are known by the name that
//! stands before them. E-mail addresses and card numbers are options.
//!
//! One pass over the text, linear whatever it holds. It works on plain text and on JSON text alike, also on JSON inside
//! a JSON string: nothing it replaces holds a quote or a backslash (but for the line ends inside a PEM block), nothing
//! begins inside an escape, and what it puts there needs no escape, so JSON stays JSON. A secret some of whose
//! characters are written as escapes (`\/`, `\u002d`) is found as well; the text then comes back with such escapes
//! resolved. Those of a JSON text inside a JSON string (`\\u002d`) are not resolved.
//!
//! | file | what |
//! |---|---|
//! | `shape` | the table of shapes |
//! | `scan` | the pass over the text |
//! | `structured` | PEM blocks, URLs, addresses and card numbers, which are more than a prefix |

mod scan;
mod shape;
mod structured;

use std::borrow::Cow;

use scan::Scan;

/// The text with every known secret replaced by `[redacted:<kind>]`; borrowed when it holds none.
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    Mask::default().apply(text)
}

/// The same for a text of one's own, which is not copied when it holds none.
#[must_use]
pub fn mask_owned(text: String) -> String {
    Mask::default().apply_owned(text)
}

/// Which secrets are masked: those of known shapes, and what is added here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "it masks nothing until it is applied or given to a policy"]
pub struct Mask {
    emails: bool,
    cards: bool,
}

/// Where a secret stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// What it is replaced by, in brackets; empty for a number in JSON, which must stay one.
    kind: &'static str,
}

impl Mask {
    /// E-mail addresses too, as `[redacted:email]`.
    pub fn with_emails(mut self) -> Self {
        self.emails = true;
        self
    }

    /// Numbers of payment cards too, as `[redacted:card]`: 13 to 19 digits, in one piece or grouped by spaces or
    /// hyphens, whose check digit is right. One that stands in JSON as a number becomes `0`.
    pub fn with_cards(mut self) -> Self {
        self.cards = true;
        self
    }

    /// The text with every secret replaced by `[redacted:<kind>]`; borrowed when it holds none.
    #[must_use]
    pub fn apply(self, text: &str) -> Cow<'_, str> {
        let found = Scan::of(text, self);
        if found.escaped {
            let resolved = resolve(text);
            let spans = Scan::of(&resolved, self).spans;
            if !spans.is_empty() {
                return Cow::Owned(replace(&resolved, &spans));
            }
        }
        if found.spans.is_empty() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(replace(text, &found.spans))
    }

    /// The same for a text of one's own, which is not copied when it holds none.
    pub(crate) fn apply_owned(self, text: String) -> String {
        match self.apply(&text) {
            Cow::Owned(masked) => masked,
            Cow::Borrowed(_) => text,
        }
    }

    /// Where secrets stand, in order and apart from each other.
    pub(crate) fn spans(self, text: &str) -> Vec<Span> {
        Scan::of(text, self).spans
    }
}

fn replace(text: &str, spans: &[Span]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut end = 0;
    for span in spans {
        masked.push_str(text.get(end..span.from).unwrap_or_default());
        if span.kind.is_empty() {
            masked.push('0');
        } else {
            masked.push_str("[redacted:");
            masked.push_str(span.kind);
            masked.push(']');
        }
        end = span.to;
    }
    masked.push_str(text.get(end..).unwrap_or_default());
    masked
}

/// The same JSON text without escapes that need not be: of the slash and of other printable characters.
fn resolve(text: &str) -> String {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        resolved.push_str(before);
        let (character, length) = match escape.as_bytes() {
            [_, b'/', ..] => (Some('/'), 2),
            [_, b'u', b'0', b'0', high @ b'2'..=b'7', low, ..] => (printable(*high, *low), 6),
            _ => (None, 2),
        };
        match character {
            Some(character) => resolved.push(character),
            None => {
                // The pair as it is: its second half begins no escape of its own.
                let pair = escape.chars().take(2).map(char::len_utf8).sum();
                resolved.push_str(escape.get(..pair).unwrap_or(escape));
                rest = escape.get(pair..).unwrap_or_default();
                continue;
            }
        }
        rest = escape.get(length..).unwrap_or_default();
    }
    resolved.push_str(rest);
    resolved
}

/// The character of `\u00<high><low>`, unless JSON wants it escaped.
fn printable(high: u8, low: u8) -> Option<char> {
    let digits = [high, low];
    let digits = std::str::from_utf8(&digits).ok()?;
    let byte = u8::from_str_radix(digits, 16).ok()?;
    (byte != b'"' && byte != b'\\' && byte != 0x7f).then_some(char::from(byte))
}

#[cfg(test)]
mod tests;
