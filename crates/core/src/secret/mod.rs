//! Secrets of known shapes, masked before anything leaves the process.
//!
//! Credentials are known by their own shape, if their issuer designed one, or by the name before them. E-mail addresses
//! and card numbers are optional. `tests/it/secrets.rs` of this crate states what is found, and what is known to be
//! missed: passwords far from their name, such as in a column of a table, and those of words alone.
//!
//! Masking is one pass over the text, linear whatever the text holds. It works on plain text, on JSON text and on JSON
//! inside a JSON string: a replaced secret holds no quote and no backslash (except for the line ends inside a PEM
//! block) and never begins inside an escape, and its replacement needs no escape, so JSON stays JSON. A secret with
//! characters written as escapes (`\/`, `\u002d`) is found as well; the text is then returned with such escapes
//! resolved. Escapes of a JSON text inside a JSON string (`\\u002d`) are not resolved.
//!
//! | file | what |
//! |---|---|
//! | `prefix` | the table of shapes that are known by their own first characters |
//! | `shape` | what a shape is, and those that are known by one name |
//! | `scan` | the pass over the text |
//! | `sign` | whether a run of characters is a secret of its shape |
//! | `named` | secrets after a name and a separator |
//! | `spaced` | secrets after a name and a blank: flags, variables, prose |
//! | `name`, `words` | what a name announces, and the table of words |
//! | `value` | whether a value looks like a secret |
//! | `structured` | PEM blocks, URLs, addresses and card numbers, which are more than a prefix |

mod name;
mod named;
mod prefix;
mod scan;
mod shape;
mod sign;
mod spaced;
mod structured;
mod value;
mod words;

use std::borrow::Cow;

use scan::Scan;

/// Returns the text with every known secret replaced by `[redacted:<kind>]`; borrowed when it holds none.
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    Mask::default().apply(text)
}

/// Masks an owned text like [`mask`], without copying a text that holds no secrets.
#[must_use]
pub fn mask_owned(text: String) -> String {
    Mask::default().apply_owned(text)
}

/// The secrets that are masked: those of known shapes, and the kinds added here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "it masks nothing until it is applied or given to a policy"]
pub struct Mask {
    emails: bool,
    cards: bool,
}

/// The position of a secret in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// The kind that its replacement shows in brackets; empty for a number in JSON, which must stay a number.
    kind: &'static str,
}

impl Mask {
    /// Also masks e-mail addresses, as `[redacted:email]`.
    pub fn with_emails(mut self) -> Self {
        self.emails = true;
        self
    }

    /// Also masks numbers of payment cards, as `[redacted:card]`: 13 to 19 digits with a correct check digit, in one
    /// piece or grouped by spaces or hyphens. A card number that is a number in JSON becomes `0`.
    pub fn with_cards(mut self) -> Self {
        self.cards = true;
        self
    }

    /// Returns the text with every secret replaced by `[redacted:<kind>]`; borrowed when it holds none.
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

    /// Masks an owned text like [`Self::apply`], without copying a text that holds no secrets.
    pub(crate) fn apply_owned(self, text: String) -> String {
        match self.apply(&text) {
            Cow::Owned(masked) => masked,
            Cow::Borrowed(_) => text,
        }
    }

    /// Returns the positions of the secrets, in order and without overlap.
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

/// Resolves unnecessary escapes of a JSON text: of the slash and of other printable characters.
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
                // The pair stays as it is: its second half does not begin another escape.
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

/// Returns the character of `\u00<high><low>`, unless JSON requires it to be escaped.
fn printable(high: u8, low: u8) -> Option<char> {
    let digits = [high, low];
    let digits = std::str::from_utf8(&digits).ok()?;
    let byte = u8::from_str_radix(digits, 16).ok()?;
    (byte != b'"' && byte != b'\\' && byte != 0x7f).then_some(char::from(byte))
}

#[cfg(test)]
mod tests;
