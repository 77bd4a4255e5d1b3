//! The pass over the text.
//!
//! Most bytes of most texts can neither begin nor end a secret, as one look at a table shows. The remaining bytes are
//! compared with the few shapes they may belong to. A run of characters that is not a secret of some shape is
//! remembered, so that no later start inside it reads it again: the pass is linear whatever the text.

use super::prefix::{GROUPS, PREFIXED};
use super::shape::{ALNUM, CLASSES, Class, NAMED, PADDED, SCHEMES, Shape, WORD};
use super::sign::is_secret;
use super::{Mask, Span};

/// What a byte may be part of, as bits: what may be found at the byte itself, then at the byte after it, then at the
/// byte before it. Three neighbours rarely agree on anything but secrets.
type Trigger = u64;
const BEHIND: u32 = 21;
const BEFORE: u32 = 42;
/// The first bits are for ends of prefixes. Groups of the table share them: `_`, `-` and `.` have one each.
const SCHEME: Trigger = 1 << 8;
const SEPARATOR: Trigger = 1 << 9;
const ESCAPE: Trigger = 1 << 10;
const EMAIL: Trigger = 1 << 11;
const CARD: Trigger = 1 << 12;
/// The comma after a quoted name.
const COMMA: Trigger = 1 << 13;
/// The end of a tag, the parenthesis of a call, or a bar.
const CALL: Trigger = 1 << 14;
/// The W of a password, and the K of a key or a token: the rarest letters of their names.
const PASSWORD: Trigger = 1 << 15;
const KEY: Trigger = 1 << 17;
/// The last dash before the name of a flag.
const FLAG: Trigger = 1 << 16;
const GROUPED: Trigger = SCHEME - 1;
const KNOWN: Trigger = GROUPED | SCHEME | SEPARATOR | ESCAPE | COMMA | CALL | PASSWORD | KEY | FLAG;

/// Returns the bit for prefixes that end with a character.
const fn group_bit(last: u8) -> Trigger {
    match last {
        b'_' => 1,
        b'-' => 2,
        b'.' => 4,
        b'/' => 8,
        byte => 16 << (byte % 4),
    }
}

#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
static TRIGGERS: [Trigger; 256] = {
    let mut triggers = [0; 256];
    let mut byte: usize = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let character = byte as u8;
        let mut here = match character {
            b'B' | b'b' => SCHEME,
            b':' | b'=' => SEPARATOR,
            b'\\' => ESCAPE,
            b'@' => EMAIL,
            b'0'..=b'9' => CARD,
            b',' => COMMA,
            b'>' | b'(' | b'|' => CALL,
            b'w' | b'W' => PASSWORD,
            b'k' | b'K' => KEY,
            b'-' => FLAG,
            _ => 0,
        };
        let mut behind = SCHEME | SEPARATOR | ESCAPE | EMAIL | CARD;
        let mut before = GROUPED | SEPARATOR | EMAIL | CARD;
        match character {
            b'"' | b'\'' => {
                behind |= COMMA | CALL | FLAG;
                before |= COMMA | CALL;
            }
            b' ' | b'\n' => {
                behind |= KEY | FLAG;
                before |= COMMA | CALL;
            }
            b'`' => before |= CALL,
            b'\\' => before |= COMMA | CALL,
            b'|' => {
                behind |= CALL;
                before |= CALL;
            }
            b'-' => behind |= KEY | FLAG,
            b'_' => behind |= KEY,
            _ => {}
        }
        if matches!(character, b'e' | b'E' | b'a' | b'A') {
            before |= SCHEME;
        }
        if matches!(character, b'/' | b'u') {
            before |= ESCAPE;
        }
        if character.is_ascii_alphanumeric() {
            behind |= CALL;
            before |= CALL | FLAG;
        }
        // `password`, `passwd`, `pwd`; `token`, `key`.
        match character.to_ascii_lowercase() {
            b's' | b'p' => behind |= PASSWORD,
            b'o' => {
                behind |= KEY;
                before |= PASSWORD;
            }
            b'd' => before |= PASSWORD,
            b'e' => before |= KEY,
            _ => {}
        }
        let mut last: u8 = 0;
        while last < 128 {
            let group = GROUPS[last as usize];
            if group.end > 0 {
                if last == character {
                    here |= group_bit(last);
                }
                if byte < 128 && group.before & (1 << byte) != 0 {
                    behind |= group_bit(last);
                }
            }
            last += 1;
        }
        triggers[byte] = here | behind << BEHIND | before << BEFORE;
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
    pub(super) end: usize,
    /// The end of the last run of Base64.
    read: usize,
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
            read: 0,
            dead: Vec::new(),
        };
        let mut at = 0;
        while let Some((next, bits)) = scan.next(at) {
            let Some(span) = scan.look(next, bits) else {
                at = scan.behind_data(next).unwrap_or(next + 1);
                continue;
            };
            scan.end = span.to;
            at = span.to.max(next + 1);
            scan.spans.push(span);
        }
        scan
    }

    /// Returns the end of a run of Base64 that is longer than any secret, from a byte at which nothing begins: a picture.
    fn behind_data(&mut self, at: usize) -> Option<usize> {
        const SHORTEST: usize = 1 << 10;
        if at < self.read {
            return None;
        }
        self.read = self.while_in(PADDED, at);
        (self.read - at > SHORTEST).then_some(self.read)
    }

    /// Returns the next byte at which something may be found, and what. Most bytes are skipped eight at a time.
    fn next(&self, from: usize) -> Option<(usize, Trigger)> {
        let mut at = from;
        while let Some(eight) = self.text.get(at..)?.first_chunk::<8>() {
            let any = eight.iter().fold(0, |any, byte| any | trigger(*byte));
            if any & self.wanted != 0 {
                let found = (at..at + eight.len()).find_map(|at| self.may_be(at));
                if found.is_some() {
                    return found;
                }
            }
            at += eight.len();
        }
        (at..self.text.len()).find_map(|at| self.may_be(at))
    }

    fn may_be(&self, at: usize) -> Option<(usize, Trigger)> {
        let neighbour = |at: Option<usize>| at.and_then(|at| self.byte(at)).map(trigger);
        let here = neighbour(Some(at)).unwrap_or_default() & self.wanted;
        if here == 0 {
            return None;
        }
        let behind = neighbour(at.checked_sub(1)).map_or(!GROUPED, |byte| byte >> BEHIND);
        // Nothing begins with the last byte.
        let before = neighbour(at.checked_add(1)).map_or(0, |byte| byte >> BEFORE);
        let bits = here & behind & before;
        (bits != 0).then_some((at, bits))
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    fn look(&mut self, at: usize, bits: Trigger) -> Option<Span> {
        let byte = self.byte(at)?;
        let is = |bit| bits & bit != 0;
        if is(ESCAPE) {
            let rest = self.text.get(at + 1..)?;
            self.escaped |= matches!(rest, [b'/', ..] | [b'u', b'0', b'0', b'2'..=b'7', ..]);
        }
        let found = match byte {
            b':' => self
                .url(at)
                .or_else(|| self.telegram(at))
                .or_else(|| self.named(at)),
            b'=' => self.named(at),
            _ if is(COMMA | CALL) => self.named(at),
            _ if is(SCHEME) => self.private_key(at).or_else(|| self.scheme(at)),
            _ if is(PASSWORD | KEY) => self.spaced(at),
            _ if is(FLAG) => self.flag(at),
            _ if is(EMAIL) => self.email(at),
            _ if is(CARD) => self.card(at),
            _ => None,
        };
        match found {
            None if is(GROUPED) => self.prefixed(at, byte),
            found => found,
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
        let last = |shape: &Shape| shape.prefix.as_bytes().iter().rev().nth(1).copied();
        let first = shapes.partition_point(|shape| last(shape) < Some(before));
        for (index, shape) in (group.first + first..).zip(shapes.get(first..)?) {
            if last(shape) != Some(before) {
                break;
            }
            if !head.ends_with(shape.prefix.as_bytes()) {
                continue;
            }
            let from = self.led(at + 1 - shape.prefix.len(), shape.lead)?;
            if self.inside_a_word(from) {
                continue;
            }
            if let Some(to) = self.run(index, shape, at + 1) {
                return Some(self.span(from, to, shape.kind));
            }
        }
        None
    }

    /// Returns the position of the characters of a secret before its prefix.
    fn led(&self, at: usize, lead: usize) -> Option<usize> {
        let from = at.checked_sub(lead).filter(|from| *from >= self.end)?;
        let head = self.text.get(from..at)?;
        head.iter().all(|byte| is(*byte, WORD)).then_some(from)
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

    /// Returns the end of the secret that begins at `from`, of a shape that is known by its name.
    pub(super) fn named_run(&mut self, shape: usize, from: usize) -> Option<usize> {
        self.run(
            PREFIXED.len() + SCHEMES.len() + shape,
            NAMED.get(shape)?,
            from,
        )
    }

    /// Returns the end of the secret that begins at `from`, if its characters are enough and of the right kind.
    fn run(&mut self, index: usize, shape: &Shape, from: usize) -> Option<usize> {
        if self.dead.get(index).is_some_and(|dead| from < *dead) {
            return None;
        }
        let to = self.while_in(shape.class, from);
        let token = self.text.get(from..to)?;
        if is_secret(token, shape) {
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

/// Returns whether a text ends with a name, whatever separates its words. A short name must be a whole word.
pub(super) fn is_named(text: &[u8], name: &str) -> bool {
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
