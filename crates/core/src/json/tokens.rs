//! The pass over the bytes.

use super::tape::{Entry, Kind};

/// The most tape entries; values beyond them are not read.
const MOST: usize = 1 << 20;

/// Returns the tape of a text, which replaces the contents of `tape`, and whether the text is JSON to its end.
pub(super) fn read(text: &str, mut tape: Vec<Entry>) -> (Vec<Entry>, bool) {
    tape.clear();
    // Short texts consist mostly of keys, long texts of prose.
    tape.reserve((text.len() / 32).clamp(32, 4_096));
    let mut tokens = Tokens {
        bytes: text.as_bytes(),
        at: 0,
        tape,
        open: Vec::with_capacity(8),
    };
    let ended = u32::try_from(text.len()).is_ok() && tokens.all().is_some();
    tokens.close_all();
    (tokens.tape, ended)
}

struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
    tape: Vec<Entry>,
    /// Lists and objects that enclose the current position.
    open: Vec<usize>,
}

/// The tokens that may follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// A value.
    Value,
    /// A value, or the end of the list that has just begun.
    First,
    /// A key, or the end of the object that has just begun.
    FirstKey,
    Key,
    /// A comma, or the end of the open list or object; the end of the text where none is open.
    More,
}

impl Tokens<'_> {
    /// Reads the text to its end; `None` where it stops being JSON.
    fn all(&mut self) -> Option<()> {
        let mut expected = Expected::Value;
        loop {
            self.blanks();
            let Some(byte) = self.bytes.get(self.at).copied() else {
                return (expected == Expected::More && self.open.is_empty()).then_some(());
            };
            expected = match (expected, byte) {
                (Expected::More, b',') => {
                    self.at += 1;
                    match self.is_in_object()? {
                        true => Expected::Key,
                        false => Expected::Value,
                    }
                }
                (Expected::More | Expected::First | Expected::FirstKey, b']' | b'}') => {
                    self.close(byte)?;
                    Expected::More
                }
                (Expected::FirstKey | Expected::Key, b'"') => self.key()?,
                (Expected::Value | Expected::First, _) => self.value(byte)?,
                _ => return None,
            };
        }
    }

    fn is_in_object(&self) -> Option<bool> {
        let around = self.tape.get(*self.open.last()?)?;
        Some(around.kind == Kind::Object)
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn push(&mut self, start: usize, end: usize, kind: Kind) -> Option<()> {
        if self.tape.len() >= MOST {
            return None;
        }
        // The text is shorter than 4 GiB.
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.tape.push(Entry {
            start: place(start),
            end: place(end),
            next: 0,
            kind,
        });
        Some(())
    }

    /// Reads a key, its colon and the start of its value. A key without a value is removed again.
    fn key(&mut self) -> Option<Expected> {
        self.text()?;
        self.blanks();
        if self.bytes.get(self.at) != Some(&b':') {
            self.tape.pop();
            return None;
        }
        self.at += 1;
        self.blanks();
        let keys = self.tape.len();
        let next = self
            .bytes
            .get(self.at)
            .copied()
            .and_then(|byte| self.value(byte));
        if next.is_none() && self.tape.len() == keys {
            self.tape.pop();
        }
        next
    }

    fn value(&mut self, byte: u8) -> Option<Expected> {
        match byte {
            b'"' => self.text()?,
            b'{' => {
                self.begin(Kind::Object)?;
                return Some(Expected::FirstKey);
            }
            b'[' => {
                self.begin(Kind::List)?;
                return Some(Expected::First);
            }
            b't' => self.word(b"true", Kind::True)?,
            b'f' => self.word(b"false", Kind::False)?,
            b'n' => self.word(b"null", Kind::Null)?,
            b'-' | b'0'..=b'9' => self.numbers()?,
            _ => return None,
        }
        Some(Expected::More)
    }

    fn begin(&mut self, kind: Kind) -> Option<()> {
        let at = self.tape.len();
        self.push(self.at, self.at, kind)?;
        self.open.push(at);
        self.at += 1;
        Some(())
    }

    fn close(&mut self, byte: u8) -> Option<()> {
        let kind = match byte {
            b']' => Kind::List,
            _ => Kind::Object,
        };
        let (next, end) = (self.tape.len(), self.at + 1);
        let entry = self.tape.get_mut(*self.open.last()?)?;
        if entry.kind != kind {
            return None;
        }
        entry.end = u32::try_from(end).ok()?;
        entry.next = u32::try_from(next).ok()?;
        self.open.pop();
        self.at = end;
        Some(())
    }

    /// Closes the lists and objects that the text leaves open.
    fn close_all(&mut self) {
        let next = u32::try_from(self.tape.len()).unwrap_or(u32::MAX);
        let end = u32::try_from(self.at).unwrap_or(u32::MAX);
        for at in self.open.drain(..) {
            if let Some(entry) = self.tape.get_mut(at) {
                (entry.end, entry.next) = (end, next);
                entry.kind = match entry.kind {
                    Kind::Object => Kind::CutObject,
                    _ => Kind::CutList,
                };
            }
        }
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Option<()> {
        let end = self.at + word.len();
        if self.bytes.get(self.at..end) != Some(word) {
            return None;
        }
        self.push(self.at, end, kind)?;
        self.at = end;
        Some(())
    }

    fn text(&mut self) -> Option<()> {
        let start = self.at + 1;
        let (mut at, mut kind) = (start, Kind::Text);
        // The end of a high surrogate that still needs its low surrogate.
        let mut high = None;
        loop {
            let rest = self.bytes.get(at..)?;
            let plain = plain(rest)?;
            let rest = rest.get(plain..)?;
            at += plain;
            if high.is_some_and(|end| end != at) {
                kind = Kind::Broken;
                high = None;
            }
            let (length, unit) = match rest {
                [b'\\', b'u', digits @ ..] => (6, Some(hex(*digits.first_chunk()?)?)),
                [
                    b'\\',
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                    ..,
                ] => (2, None),
                [b'"', ..] => break,
                _ => return None,
            };
            at += length;
            if kind == Kind::Text {
                kind = Kind::Escaped;
            }
            high = match (high, unit) {
                (None, Some(0xD800..=0xDBFF)) => Some(at),
                (Some(_), Some(0xDC00..=0xDFFF)) => None,
                (None, Some(0xDC00..=0xDFFF)) | (Some(_), None) => {
                    kind = Kind::Broken;
                    None
                }
                (Some(_), Some(unit)) => {
                    kind = Kind::Broken;
                    (0xD800..=0xDBFF).contains(&unit).then_some(at)
                }
                (None, _) => None,
            };
        }
        if high.is_some() {
            kind = Kind::Broken;
        }
        self.push(start, at, kind)?;
        self.at = at + 1;
        Some(())
    }

    /// Reads one number, or in a list all consecutive numbers.
    fn numbers(&mut self) -> Option<()> {
        let start = self.at;
        let mut end = self.number()?;
        let mut count = 1;
        if self.is_in_object() == Some(false) {
            loop {
                self.at = end;
                self.blanks();
                if self.bytes.get(self.at) != Some(&b',') {
                    break;
                }
                self.at += 1;
                self.blanks();
                if !matches!(self.bytes.get(self.at), Some(b'-' | b'0'..=b'9')) {
                    break;
                }
                let Some(more) = self.number() else { break };
                end = more;
                count += 1;
            }
        }
        self.push(start, end, Kind::Numbers)?;
        if let Some(entry) = self.tape.last_mut() {
            entry.next = count;
        }
        self.at = end;
        Some(())
    }

    /// Returns whether the number up to `end` is finite as an `f64`.
    fn is_finite(&self, end: usize) -> bool {
        let Some(number) = self.bytes.get(self.at..end) else {
            return false;
        };
        let may_be_large =
            number.len() > SURELY_FINITE || number.iter().any(|byte| matches!(byte, b'e' | b'E'));
        !may_be_large
            || std::str::from_utf8(number)
                .ok()
                .and_then(|number| number.parse::<f64>().ok())
                .is_some_and(f64::is_finite)
    }

    /// Returns the end of the current number. At the end of a text with an open list or object, digits may be missing.
    fn number(&self) -> Option<usize> {
        let digits = |from: usize| {
            let rest = self.bytes.get(from..).unwrap_or_default();
            let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (count > 0).then_some(from + count)
        };
        let begun = self.at + usize::from(self.bytes.get(self.at) == Some(&b'-'));
        let mut end = match self.bytes.get(begun) {
            Some(b'0') => begun + 1,
            _ => digits(begun)?,
        };
        if self.bytes.get(end) == Some(&b'.') {
            end = digits(end + 1)?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(end) {
            let sign = matches!(self.bytes.get(end + 1), Some(b'+' | b'-'));
            end = digits(end + 1 + usize::from(sign))?;
        }
        self.is_finite(end).then_some(())?;
        (end < self.bytes.len() || self.open.is_empty()).then_some(end)
    }
}

/// The length up to which a number without an exponent is surely finite.
const SURELY_FINITE: usize = 300;

/// Returns the number of bytes before a quote, a backslash or a control character; `None` when there is none.
fn plain(bytes: &[u8]) -> Option<usize> {
    // Most keys end within the first bytes, where a call costs more than a check.
    let mut at = 0;
    while let Some(eight) = bytes.get(at..)?.first_chunk::<8>().filter(|_| at < 32) {
        let found = special(u64::from_le_bytes(*eight));
        if found != 0 {
            return Some(at + usize::try_from(found.trailing_zeros()).ok()? / 8);
        }
        at += 8;
    }
    let rest = bytes.get(at..)?;
    let end = memchr::memchr2(b'"', b'\\', rest)?;
    let before = rest.get(..end)?;
    // Without an early exit, so that many bytes are checked at a time.
    let any = before.iter().fold(false, |any, byte| any | (*byte < 0x20));
    let control = any.then(|| before.iter().position(|byte| *byte < 0x20));
    Some(at + control.flatten().unwrap_or(end))
}

/// Returns the high bit of the first of eight bytes that ends the plain part of a text; higher bits are meaningless.
fn special(eight: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let less = |bytes: u64, than: u64| bytes.wrapping_sub(ONES * than) & !bytes & HIGH;
    less(eight, 0x20)
        | less(eight ^ (ONES * u64::from(b'"')), 1)
        | less(eight ^ (ONES * u64::from(b'\\')), 1)
}

fn hex(digits: [u8; 4]) -> Option<u32> {
    digits.iter().try_fold(0, |unit, digit| {
        Some(unit << 4 | char::from(*digit).to_digit(16)?)
    })
}
