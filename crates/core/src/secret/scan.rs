//! The pass over the text.
//!
//! Most bytes of most texts can neither begin nor end a secret, as one look at a table shows. The remaining bytes are
//! compared with the few shapes they may belong to. A run of characters that is not a secret of some shape is
//! remembered, so that no later start inside it reads it again: the pass is linear whatever the text.

use super::shape::{ALNUM, CLASSES, Class, GROUPS, NAMED, PREFIXED, SCHEMES, Shape, Sign};
use super::{Mask, Span};

/// What a byte may be part of, as bits: what may be found at the byte itself, then at the byte after it, then at the
/// byte before it. Three neighbours rarely agree on anything but secrets.
type Trigger = u64;
const BEHIND: u32 = 16;
const BEFORE: u32 = 32;
/// The first bits are for ends of prefixes, one bit for each group of the table.
const SCHEME: Trigger = 1 << 8;
const COLON: Trigger = 1 << 9;
const EQUALS: Trigger = 1 << 10;
const ESCAPE: Trigger = 1 << 11;
const EMAIL: Trigger = 1 << 12;
const CARD: Trigger = 1 << 13;
const GROUPED: Trigger = SCHEME - 1;
const KNOWN: Trigger = GROUPED | SCHEME | COLON | EQUALS | ESCAPE;

#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
static TRIGGERS: [Trigger; 256] = {
    let mut triggers = [0; 256];
    let mut byte: usize = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let character = byte as u8;
        let here = match character {
            b'B' | b'b' => SCHEME,
            b':' => COLON,
            b'=' => EQUALS,
            b'\\' => ESCAPE,
            b'@' => EMAIL,
            b'0'..=b'9' => CARD,
            _ => 0,
        };
        let mut behind = SCHEME | COLON | EQUALS | ESCAPE | EMAIL | CARD;
        let mut before = GROUPED | COLON | EQUALS | EMAIL | CARD;
        if matches!(character, b'e' | b'E' | b'a' | b'A') {
            before |= SCHEME;
        }
        if matches!(character, b'/' | b'u') {
            before |= ESCAPE;
        }
        let mut grouped = 0;
        let mut group = 1;
        let mut last = 0;
        while last < GROUPS.len() {
            if GROUPS[last].end > 0 {
                if last == byte {
                    grouped = group;
                }
                if byte < 128 && GROUPS[last].before & (1 << byte) != 0 {
                    behind |= group;
                }
                group <<= 1;
            }
            last += 1;
        }
        assert!(group <= SCHEME, "a bit for each group");
        triggers[byte] = here | grouped | behind << BEHIND | before << BEFORE;
        byte += 1;
    }
    triggers
};

fn trigger(byte: u8) -> Trigger {
    TRIGGERS.get(usize::from(byte)).copied().unwrap_or_default()
}

/// A scanned text.
pub(super) struct Scan<'t> {
    pub(super) text: &'t [u8],
    /// The secrets, in order and without overlap.
    pub(super) spans: Vec<Span>,
    /// Whether the text holds escapes that may hide a secret.
    pub(super) escaped: bool,
    wanted: Trigger,
    /// The end of the last secret.
    end: usize,
    /// For each shape, the place before which it is known not to match; empty until a shape fails.
    dead: Vec<usize>,
}

impl<'t> Scan<'t> {
    pub(super) fn of(text: &'t str, mask: Mask) -> Self {
        let mut scan = Self {
            text: text.as_bytes(),
            spans: Vec::new(),
            escaped: false,
            wanted: KNOWN | if mask.emails { EMAIL } else { 0 } | if mask.cards { CARD } else { 0 },
            end: 0,
            dead: Vec::new(),
        };
        let mut at = 0;
        while let Some(next) = scan.next(at) {
            at = next + 1;
            if let Some(span) = scan.look(next) {
                scan.end = span.to;
                at = at.max(span.to);
                scan.spans.push(span);
            }
        }
        scan
    }

    /// Returns the next byte at which something may be found. Most bytes are skipped eight at a time.
    fn next(&self, from: usize) -> Option<usize> {
        let mut at = from;
        while let Some(eight) = self.text.get(at..)?.first_chunk::<8>() {
            let any = eight.iter().fold(0, |any, byte| any | trigger(*byte));
            if any & self.wanted != 0 {
                let found = (at..at + eight.len()).find(|at| self.may_be(*at));
                if found.is_some() {
                    return found;
                }
            }
            at += eight.len();
        }
        (at..self.text.len()).find(|at| self.may_be(*at))
    }

    fn may_be(&self, at: usize) -> bool {
        let neighbour = |at: Option<usize>| at.and_then(|at| self.byte(at)).map(trigger);
        let here = neighbour(Some(at)).unwrap_or_default() & self.wanted;
        if here == 0 {
            return false;
        }
        let behind = neighbour(at.checked_sub(1)).map_or(!GROUPED, |byte| byte >> BEHIND);
        // Nothing begins with the last byte.
        let before = neighbour(at.checked_add(1)).map_or(0, |byte| byte >> BEFORE);
        here & behind & before != 0
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    fn look(&mut self, at: usize) -> Option<Span> {
        let byte = self.byte(at)?;
        match byte {
            b'\\' => {
                let rest = self.text.get(at + 1..)?;
                self.escaped |= matches!(rest, [b'/', ..] | [b'u', b'0', b'0', b'2'..=b'7', ..]);
                None
            }
            b':' => self.url(at).or_else(|| self.named(at)),
            b'=' => self.named(at),
            b'B' | b'b' => match self.byte(at + 1)? {
                b'E' if byte == b'B' => self.private_key(at).or_else(|| self.scheme(at)),
                b'e' | b'E' | b'a' | b'A' => self.scheme(at),
                _ => None,
            },
            b'@' => self.email(at),
            b'0'..=b'9' => self.card(at),
            _ => self.prefixed(at, byte),
        }
    }

    /// Matches a secret with a prefix that ends at `at`.
    fn prefixed(&mut self, at: usize, byte: u8) -> Option<Span> {
        let group = GROUPS.get(usize::from(byte))?;
        let before = self.byte(at.checked_sub(1)?)?;
        if before >= 128 || group.before & (1 << before) == 0 {
            return None;
        }
        let head = self.text.get(self.end..=at)?;
        let shapes = PREFIXED.get(group.first..group.end)?;
        for (index, shape) in (group.first..).zip(shapes) {
            let prefix = shape.prefix.as_bytes();
            let near = matches!(prefix, [.., last, _] if *last == before);
            if !near || !head.ends_with(prefix) {
                continue;
            }
            let from = at + 1 - shape.prefix.len();
            if self.inside_a_word(from) {
                continue;
            }
            if let Some(to) = self.run(index, shape, at + 1) {
                return Some(self.span(from, to, shape.kind));
            }
        }
        None
    }

    /// Matches `Bearer …` and similar schemes.
    fn scheme(&mut self, at: usize) -> Option<Span> {
        for (index, shape) in SCHEMES.iter().enumerate() {
            let from = at + shape.prefix.len();
            let found = self
                .text
                .get(at..from)
                .is_some_and(|head| head.eq_ignore_ascii_case(shape.prefix.as_bytes()));
            if !found || self.inside_a_word(at) {
                continue;
            }
            if let Some(to) = self.run(PREFIXED.len() + index, shape, from) {
                return Some(self.span(at, to, shape.kind));
            }
        }
        None
    }

    /// Matches `name = value`, with the separator at `at`.
    fn named(&mut self, at: usize) -> Option<Span> {
        let before = self.text.get(self.end..at)?;
        let name = trim_end(before);
        // The ends of key, token, secret, signature and sig.
        let [.., before, last] = name else {
            return None;
        };
        let end = [before.to_ascii_lowercase(), last.to_ascii_lowercase()];
        if !matches!(&end, b"ey" | b"en" | b"et" | b"re" | b"ig") {
            return None;
        }
        let shape = NAMED
            .iter()
            .position(|shape| is_named(name, shape.prefix))?;
        let gap = self.text.get(at + 1..)?.iter().take(6);
        let gap = gap.take_while(|byte| matches!(byte, b'"' | b'\'' | b'\\' | b' '));
        let from = at + 1 + gap.count();
        let index = PREFIXED.len() + SCHEMES.len() + shape;
        let shape = NAMED.get(shape)?;
        let to = self.run(index, shape, from)?;
        // A number may appear in JSON without quotes; a mark may not.
        let letters = |byte: &u8| byte.is_ascii_alphabetic() && !matches!(byte, b'e' | b'E');
        self.text.get(from..to)?.iter().any(letters).then_some(())?;
        Some(self.span(from, to, shape.kind))
    }

    /// Returns the end of the secret that begins at `from`, if its characters are enough and of the right kind.
    fn run(&mut self, index: usize, shape: &Shape, from: usize) -> Option<usize> {
        if self.dead.get(index).is_some_and(|dead| from < *dead) {
            return None;
        }
        let to = self.while_in(shape.class, from);
        let token = self.text.get(from..to)?;
        if token.len() >= shape.shortest && has(token, shape) {
            return Some(to);
        }
        if self.dead.is_empty() {
            self.dead = vec![0; PREFIXED.len() + SCHEMES.len() + NAMED.len()];
        }
        if let Some(dead) = self.dead.get_mut(index) {
            *dead = to;
        }
        None
    }

    /// Returns the end of the run of a class's characters.
    pub(super) fn while_in(&self, class: Class, from: usize) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        let inside = |byte: &&u8| is(**byte, class);
        from + rest.iter().take_while(inside).count()
    }

    /// Returns whether the character before `from` is part of the same word; the letter of an escape is not.
    pub(super) fn inside_a_word(&self, from: usize) -> bool {
        let before = self
            .text
            .get(from.saturating_sub(6)..from)
            .unwrap_or_default();
        match before {
            [.., b'\\', b'n' | b't' | b'r' | b'b' | b'f']
            | [b'\\', b'u', _, _, _, _]
            | [.., b'%', _, _] => false,
            [.., last] => is(*last, ALNUM),
            [] => false,
        }
    }

    /// Creates a span that begins outside of any escape.
    pub(super) fn span(&self, from: usize, to: usize, kind: &'static str) -> Span {
        let before = self
            .text
            .get(from.saturating_sub(2)..from)
            .unwrap_or_default();
        let within = match (before, self.byte(from)) {
            ([b'\\', b'u'], _) => 4,
            ([.., b'\\'], Some(b'u')) => 5,
            ([.., b'\\'], _) => 1,
            _ => 0,
        };
        Span {
            from: (from + within).min(to),
            to,
            kind,
        }
    }
}

pub(super) fn is(byte: u8, class: Class) -> bool {
    CLASSES
        .get(usize::from(byte))
        .is_some_and(|of| of & class != 0)
}

/// Trims the characters that may appear between a name and its separator.
fn trim_end(text: &[u8]) -> &[u8] {
    let gap = text.iter().rev().take(4);
    let gap = gap.take_while(|byte| matches!(byte, b'"' | b'\'' | b'\\' | b' '));
    text.get(..text.len() - gap.count()).unwrap_or_default()
}

/// Returns whether a text ends with a name, whatever separates its words. A short name must be a whole word.
fn is_named(text: &[u8], name: &str) -> bool {
    let mut rest = text.iter().rev();
    for wanted in name.bytes().rev() {
        let mut found = rest.next();
        while matches!(found, Some(b'_' | b'-')) {
            found = rest.next();
        }
        if found.map(u8::to_ascii_lowercase) != Some(wanted) {
            return false;
        }
    }
    name.len() > 4 || rest.next().is_none_or(|before| !is(*before, ALNUM))
}

fn has(token: &[u8], shape: &Shape) -> bool {
    match shape.sign {
        Sign::None => true,
        Sign::Exact => token.len() == shape.shortest,
        Sign::Dots(dots) => token
            .iter()
            .filter(|byte| **byte == b'.')
            .nth(dots.saturating_sub(1))
            .is_some(),
        Sign::Mixed => is_mixed(token),
        Sign::Random => looks_random(token),
    }
}

/// Returns whether a token has a digit, or a capital after a small letter.
fn is_mixed(token: &[u8]) -> bool {
    let mut small = false;
    token.iter().any(|byte| {
        let camel = small && byte.is_ascii_uppercase();
        small = byte.is_ascii_lowercase();
        camel || byte.is_ascii_digit()
    })
}

/// Returns whether a token is mixed, or has a piece that is too long to be a word.
pub(super) fn looks_random(token: &[u8]) -> bool {
    is_mixed(token)
        || token
            .split(|byte| !is(*byte, ALNUM))
            .any(|piece| piece.len() >= 16)
}
