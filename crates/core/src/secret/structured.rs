//! Secrets that are more than a prefix and a run: PEM blocks, URLs with a password, e-mail addresses, card numbers.

use super::Span;
use super::scan::{Scan, is};
use super::shape::{ALNUM, PADDED};
use super::sign::looks_random;

/// The longest label of a PEM block.
const LABEL: usize = 64;
/// The longest user and password to look for in a URL.
const USERINFO: usize = 4 << 10;

impl Scan<'_> {
    /// Matches a PEM block with a private key, with the B of its `BEGIN` at `at`. A block that is cut off is masked to
    /// the end of its string.
    pub(super) fn private_key(&self, at: usize) -> Option<Span> {
        const DASHES: &[u8] = b"-----";
        let from = at.checked_sub(DASHES.len())?;
        let block = self.text.get(from..)?;
        let head = block.strip_prefix(DASHES)?.strip_prefix(b"BEGIN ")?;
        let near = head.get(..LABEL.min(head.len()))?;
        let length = near
            .windows(DASHES.len())
            .position(|window| window == DASHES)?;
        let label = near.get(..length)?;
        let secret = label.ends_with(b"PRIVATE KEY") || label.ends_with(b"PRIVATE KEY BLOCK");
        if !secret {
            return None;
        }
        let body = from + DASHES.len() + b"BEGIN ".len() + length + DASHES.len();
        let rest = self.text.get(body..)?;
        if !is_body(rest) {
            return None;
        }
        let footer = [b"-----END ", label, DASHES].concat();
        // A key holds no quote: the next quote ends the enclosing string and must stay, with the escapes before it.
        let mut to = self.text.len();
        for (offset, byte) in rest.iter().enumerate() {
            if *byte == b'"' {
                let string = rest.get(..offset)?;
                let escapes = string.iter().rev().take_while(|byte| **byte == b'\\');
                to = body + offset - escapes.count();
                break;
            }
            if *byte == b'-' && rest.get(offset..)?.starts_with(&footer) {
                to = body + offset + footer.len();
                break;
            }
        }
        Some(self.span(from, to, "private_key"))
    }

    /// Matches user and password in a URL, with the colon after its scheme at `at`. The rest of the URL stays.
    pub(super) fn url(&self, at: usize) -> Option<Span> {
        let rest = self.text.get(at + 1..)?;
        let slashes = [&b"//"[..], b"\\/\\/"]
            .into_iter()
            .find(|slashes| rest.starts_with(slashes))?;
        let from = at + 1 + slashes.len();
        let authority = self.text.get(from..)?;
        let authority = authority.iter().take(USERINFO);
        let continues = |byte: &&u8| {
            !matches!(
                byte,
                b'/' | b'?' | b'#' | b'\\' | b'"' | b'\'' | b'<' | b'>'
            ) && !byte.is_ascii_whitespace()
        };
        let length = authority.take_while(continues).count();
        let authority = self.text.get(from..from + length)?;
        let at_sign = authority.iter().rposition(|byte| *byte == b'@')?;
        let userinfo = authority.get(..at_sign)?;
        let has_password = userinfo
            .iter()
            .position(|byte| *byte == b':')
            .is_some_and(|colon| colon + 1 < userinfo.len());
        // The user may be a token without a password.
        if !has_password && (userinfo.len() < 16 || !looks_random(userinfo)) {
            return None;
        }
        Some(self.span(from, from + at_sign, "url_credentials"))
    }

    /// Matches an e-mail address, with its `@` at `at`.
    pub(super) fn email(&self, at: usize) -> Option<Span> {
        let local = |byte: &&u8| is(**byte, ALNUM) || b"._%+-".contains(byte);
        let before = self.text.get(..at)?.iter().rev().take(64);
        let from = at - before.take_while(local).count();
        let domain = |byte: &&u8| is(**byte, ALNUM) || b".-".contains(byte);
        let after = self.text.get(at + 1..)?.iter().take(255);
        let mut to = at + 1 + after.take_while(domain).count();
        while to > at && matches!(self.byte(to - 1), Some(b'.' | b'-')) {
            to -= 1;
        }
        let host = self.text.get(at + 1..to)?;
        let dot = host.iter().rposition(|byte| *byte == b'.')?;
        let top = host.get(dot + 1..)?;
        let span = self.span(from, to, "email");
        let is_valid =
            span.from < at && dot > 0 && top.len() >= 2 && top.iter().all(u8::is_ascii_alphabetic);
        (is_valid && span.from >= self.spans.last().map_or(0, |last| last.to)).then_some(span)
    }

    /// Matches a card number, with its first digit at `at`.
    pub(super) fn card(&self, at: usize) -> Option<Span> {
        const LONGEST: usize = 19;
        if self.inside_a_word(at) || !matches!(self.byte(at)?, b'2'..=b'6') {
            return None;
        }
        let mut digits = [0; LONGEST];
        let mut count = 0;
        let mut to = at;
        loop {
            match self.byte(to) {
                Some(byte) if byte.is_ascii_digit() => {
                    // No room: too long for a card.
                    *digits.get_mut(count)? = byte - b'0';
                    count += 1;
                }
                Some(b' ' | b'-')
                    if self.byte(to + 1).is_some_and(|byte| byte.is_ascii_digit()) => {}
                _ => break,
            }
            to += 1;
        }
        let digits = digits.get(..count)?;
        if count < 13 || !luhn(digits) {
            return None;
        }
        let bare = to - at == count && self.stands_as_number(at, to);
        // Without a kind, digits are replaced by a 0: a number in JSON must stay one.
        Some(self.span(at, to, if bare { "" } else { "card" }))
    }

    /// Returns whether digits appear where JSON has a number. In other text the same characters around them mean that they are
    /// replaced by a 0, too.
    fn stands_as_number(&self, from: usize, to: usize) -> bool {
        let not_blank = |byte: &&u8| !byte.is_ascii_whitespace();
        let before = self.text.get(..from).unwrap_or_default();
        let before = before.iter().rev().take(64).find(not_blank);
        let after = self.text.get(to..).unwrap_or_default();
        let after = after.iter().take(64).find(not_blank);
        matches!(
            before,
            Some(b':' | b'[' | b',' | b'-' | b'.' | b'e' | b'E' | b'+')
        ) && matches!(after, Some(b',' | b']' | b'}' | b'.' | b'e' | b'E'))
    }
}

/// Returns whether the text after a PEM header is the beginning of a key, and not of a sentence about the header.
fn is_body(text: &[u8]) -> bool {
    /// The shortest full line of a key, in characters; the last may be shorter.
    const LINE: usize = 30;
    let head = text.get(..128.min(text.len())).unwrap_or_default();
    let gap = head
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b'\\'));
    let gap = gap.count();
    let escaped = gap > 0 && head.get(gap - 1) == Some(&b'\\');
    let letter = escaped && matches!(head.get(gap), Some(b'n' | b'r'));
    let from = gap + usize::from(letter);
    let lines = letter || head.get(..gap).is_some_and(|gap| gap.contains(&b'\n'));
    let rest = head.get(from..).unwrap_or_default();
    let length = rest.iter().take_while(|byte| is(**byte, PADDED)).count();
    let ends = matches!(
        rest.get(length),
        None | Some(b'\n' | b'\r' | b'\\' | b'"' | b'-')
    );
    // A header such as `Proc-Type: 4,ENCRYPTED`.
    let header = rest
        .iter()
        .position(|byte| *byte == b':')
        .is_some_and(|colon| colon < 20);
    length >= LINE || length > 2 && ends || lines && header
}

/// Returns whether the check digit is correct.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, u32::from(*digit) * 2) {
            (0, doubled) => doubled / 2,
            (_, doubled) => doubled / 10 + doubled % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}
