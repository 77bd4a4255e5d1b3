//! Secrets that are known by the name before them: `password=…`, `"api_key": "…"`, `<token>…</token>`.

use super::Span;
use super::name::{NameKind, is_password_abroad, kind_of_name, may_end};
use super::scan::{Scan, is, is_named};
use super::shape::{ALNUM, DOTTED, NAMED, TOKEN};
use super::value::{self, Value};
use super::words::Family;

/// The longest gap between a name, its separator and the value, and the longest name.
pub(super) const GAP: usize = 24;
pub(super) const LONGEST_NAME: usize = 48;
/// How many words before a separator may name its value: types and `value` themselves do not.
const WORDS: usize = 6;
impl Scan<'_> {
    /// Matches the value after a separator at `at`.
    pub(super) fn named(&mut self, at: usize) -> Option<Span> {
        let last = self.last_letters(at)?;
        if last.is_ascii() && !may_end(last) || self.is_path(at) {
            return None;
        }
        let [_, before, last] = last.map(|byte| byte.to_ascii_lowercase());
        let shaped = matches!(
            &[before, last],
            b"ey" | b"en" | b"et" | b"re" | b"ig" | b"om"
        );
        let family = match last.is_ascii() {
            false => {
                let head = self.text.get(..at)?;
                is_password_abroad(trim_end(head)).then_some(Family::Password)
            }
            true => self.announced(at),
        };
        let shaped = shaped.then(|| self.shaped(at)).flatten();
        shaped.or_else(|| self.announced_value(at, family?))
    }

    /// Returns the last three letters of the name before a separator at `at`.
    fn last_letters(&self, at: usize) -> Option<[u8; 3]> {
        let near = at.checked_sub(4).and_then(|from| self.text.get(from..at));
        match near {
            // Most names are members of JSON.
            Some(&[third, before, last, b'"']) if is(last, ALNUM) => {
                return Some([third, before, last]);
            }
            Some(&[_, third, before, last]) if is(last, ALNUM) => {
                return Some([third, before, last]);
            }
            _ => {}
        }
        let head = self.text.get(self.end.max(at.saturating_sub(GAP))..at)?;
        match *trim_end(head) {
            [.., third, before, last] => Some([third, before, last]),
            // A name of two letters at the begin of a text.
            [before, last] => Some([b' ', before, last]),
            _ => None,
        }
    }

    /// Returns whether a colon is part of a path of Rust or C++, and not of `::=`.
    fn is_path(&self, at: usize) -> bool {
        let is_colon = |at: Option<usize>| at.and_then(|at| self.byte(at)) == Some(b':');
        let double =
            is_colon(Some(at)) && (is_colon(at.checked_sub(1)) || is_colon(at.checked_add(1)));
        let rest = self.text.get(at..).unwrap_or_default();
        double && rest.iter().take(GAP).find(|byte| **byte != b':') != Some(&b'=')
    }

    /// Matches the value after a separator at `at`, of the family that its name announces.
    fn announced_value(&self, at: usize, family: Family) -> Option<Span> {
        let (mut from, quote) = self.start(at)?;
        // After a tag no number of JSON can be.
        let assigned = match self.byte(at) {
            Some(b'=') => at + 1 == from,
            separator => separator == Some(b'>'),
        };
        let mut value = self.value(from, quote, assigned);
        let is_word = value.text.iter().all(u8::is_ascii_alphabetic);
        if family == Family::Token && is_word && value.after == Some(b' ') {
            // The scheme in an `Authorization` header.
            from += value.text.len() + 1;
            value = self.value(from, None, false);
        }
        if !matches!(self.byte(at), Some(b',' | b'(')) {
            return self.found(from, value, family);
        }
        // In a list, what follows a name may itself be the name of something.
        let digit = value.text.iter().any(u8::is_ascii_digit);
        if !digit || quote.is_none() || self.byte(from + value.text.len() + 1) == Some(b':') {
            return None;
        }
        self.found(from, value, family)
    }

    /// Matches a value of a known shape after its name.
    fn shaped(&mut self, at: usize) -> Option<Span> {
        let name = trim_end(
            self.text
                .get(self.end.max(at.saturating_sub(LONGEST_NAME))..at)?,
        );
        let shape = NAMED
            .iter()
            .position(|shape| is_named(name, shape.prefix))?;
        let (from, _) = self.start(at)?;
        let to = self.named_run(shape, from)?;
        let kind = NAMED.get(shape)?.kind;
        // A number may appear in JSON without quotes; a mark may not.
        let letters = |byte: &u8| byte.is_ascii_alphabetic() && !matches!(byte, b'e' | b'E');
        let value = self.text.get(from..to)?;
        let digit = value.iter().any(u8::is_ascii_digit);
        (digit && value.iter().any(letters)).then_some(())?;
        Some(self.span(from, to, kind))
    }

    /// Returns the family of secret that the words before a separator announce.
    fn announced(&self, at: usize) -> Option<Family> {
        let mut end = at;
        for nth in 0..WORDS {
            let name = self.name_before(end, nth > 0)?;
            match kind_of_name(name) {
                NameKind::Secret(family) => return Some(family),
                NameKind::Other => return None,
                NameKind::Nothing => {}
            }
            end = self.name_end(end, nth > 0)? - name.len();
        }
        None
    }

    /// Returns the end of the last name before `end`; between names of a list there may be line ends.
    fn name_end(&self, end: usize, listed: bool) -> Option<usize> {
        let head = self.text.get(self.end.max(end.saturating_sub(GAP))..end)?;
        let gap = head.iter().rev().take_while(|byte| {
            !is(**byte, ALNUM)
                && **byte != b'_'
                && (listed || !matches!(byte, b'\n' | b'{' | b'}' | b',' | b';'))
        });
        let gap = gap.count();
        (gap < head.len()).then_some(end - gap)
    }

    pub(super) fn name_before(&self, end: usize, listed: bool) -> Option<&str> {
        let end = self.name_end(end, listed)?;
        let head = self
            .text
            .get(self.end.max(end.saturating_sub(LONGEST_NAME))..end)?;
        let length = head
            .iter()
            .rev()
            .take_while(|byte| is(**byte, DOTTED))
            .count();
        let name = head.get(head.len() - length..)?;
        // The letter of an escape, such as a line end, is no part of the name.
        let escaped = head
            .len()
            .checked_sub(length + 1)
            .and_then(|at| head.get(at))
            == Some(&b'\\');
        let name = match name {
            [b'n' | b'r' | b't', rest @ ..] if escaped => rest,
            name => name,
        };
        std::str::from_utf8(name)
            .ok()
            .filter(|name| !name.is_empty())
    }

    /// Returns where the value after a separator begins, and its quote.
    fn start(&self, separator: usize) -> Option<(usize, Option<u8>)> {
        let lines = matches!(self.byte(separator)?, b'>' | b'|');
        let mut at = separator + 1;
        while at < separator + GAP {
            let rest = self.text.get(at..)?;
            at += match rest {
                [b' ' | b'\t', ..] => 1,
                // Bold in Markdown.
                [b'*', ..] if at < separator + 3 => 1,
                [b'=' | b'>', ..] if at < separator + 3 => 1,
                [b'\n', ..] | [b'\r', b'\n', ..] if lines => 1,
                [b'\\', b'n' | b'r' | b't', ..] if lines => 2,
                // The begin of a block of YAML.
                [b'|', b'\n', ..] => return self.block(at + 2),
                [b'|', b'\\', b'n', ..] => return self.block(at + 3),
                [quote @ (b'"' | b'\'' | b'`'), ..] => return Some(self.quoted(at, *quote)),
                [
                    b'b' | b'r' | b'f' | b'u' | b'N' | b'@' | b'[' | b'(',
                    b'"' | b'\'' | b'`' | b'\\',
                    ..,
                ] => 1,
                [b'\\', ..] => {
                    let slashes = rest.iter().take_while(|byte| **byte == b'\\').count();
                    let quote = rest.get(slashes).copied();
                    let quote = quote.filter(|quote| matches!(quote, b'"' | b'\''))?;
                    return Some((at + slashes + 1, Some(quote)));
                }
                _ => return Some((at, None)),
            };
        }
        None
    }

    fn block(&self, from: usize) -> Option<(usize, Option<u8>)> {
        let blanks = self
            .text
            .get(from..)?
            .iter()
            .take(GAP)
            .take_while(|byte| **byte == b' ');
        Some((from + blanks.count(), None))
    }

    /// Returns where a text in one or three quotes begins.
    fn quoted(&self, at: usize, quote: u8) -> (usize, Option<u8>) {
        let three = matches!(self.text.get(at..), Some([first, second, third, ..]) if first == second && second == third);
        (at + if three { 3 } else { 1 }, Some(quote))
    }

    pub(super) fn value(&self, from: usize, quote: Option<u8>, assigned: bool) -> Value<'_> {
        let rest = self.text.get(from..).unwrap_or_default();
        let length = value::length(rest, quote);
        Value {
            text: rest.get(..length).unwrap_or_default(),
            after: rest.get(length).copied(),
            quoted: quote.is_some(),
            assigned,
        }
    }

    pub(super) fn found(&self, from: usize, value: Value<'_>, family: Family) -> Option<Span> {
        if !value.is_secret(family) {
            return None;
        }
        let kind = match family {
            Family::Password => "password",
            _ => "secret",
        };
        let mut to = from + value.text.len();
        if !value.text.contains(&b' ') {
            // What is longer than the longest value that is judged belongs to it.
            to = to.max(self.while_in(TOKEN, from));
        }
        Some(self.span(from, to, kind))
    }

    /// Matches the token of a Telegram bot, with its colon at `at`.
    pub(super) fn telegram(&mut self, at: usize) -> Option<Span> {
        let head = self.text.get(self.end.max(at.saturating_sub(16))..at)?;
        let digits = head
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let rest = self.text.get(at + 1..)?;
        let token = rest
            .iter()
            .take(37)
            .take_while(|byte| is(**byte, super::shape::WORD))
            .count();
        let is_token =
            (5..=16).contains(&digits) && (34..=36).contains(&token) && rest.first() == Some(&b'A');
        is_token.then(|| self.span(at - digits, at + 1 + token, "telegram_token"))
    }
}

/// Trims what may be between a name and its separator.
fn trim_end(text: &[u8]) -> &[u8] {
    let gap = text.iter().rev().take(8);
    let gap = gap.take_while(|byte| {
        byte.is_ascii()
            && !is(**byte, ALNUM)
            && !matches!(byte, b'_' | b'\n' | b'{' | b'}' | b',' | b';')
    });
    text.get(..text.len() - gap.count()).unwrap_or_default()
}
