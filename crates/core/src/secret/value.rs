//! Values after the names of credentials: where they end, and whether they look like a secret.

use super::scan::is;
use super::shape::{ALNUM, TOKEN};
use super::words::Family;

/// The longest value that is judged; a longer one is judged by its head.
const LONGEST: usize = 256;
/// The longest password.
const LONGEST_PASSWORD: usize = 128;

/// A value in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'t> {
    pub(super) text: &'t [u8],
    /// The byte after the value, if any.
    pub(super) after: Option<u8>,
    pub(super) quoted: bool,
    /// Whether the value follows an equals sign without a blank.
    pub(super) assigned: bool,
}

/// Returns the length of the value at the head of a text: to its closing quote, or to the first character that ends a
/// bare value. A value holds whole escapes only, and never one that ends a string or a line.
pub(super) fn length(text: &[u8], quote: Option<u8>) -> usize {
    let mut at = 0;
    while let Some(byte) = text.get(at).filter(|_| at < LONGEST) {
        at += match byte {
            b'"' | b'\n' | b'\r' => break,
            b'\\' => match escape(text.get(at..).unwrap_or_default()) {
                Some(length) => length,
                None => break,
            },
            byte if quote == Some(*byte) => break,
            b' ' if quote.is_some() => 1,
            b' ' | b'\t' | b'`' | b'\'' | b',' | b';' | b'&' | b'(' | b')' | b'[' | b']' | b'{'
            | b'}' | b'<' | b'>' | b'|'
                if quote.is_none() =>
            {
                break;
            }
            byte if byte.is_ascii_control() => break,
            _ => 1,
        };
    }
    at
}

/// Returns the length of the escape at the head of a text, if it may be part of a value.
fn escape(text: &[u8]) -> Option<usize> {
    let slashes = text.iter().take_while(|byte| **byte == b'\\').count();
    match text.get(slashes..)? {
        [b'u', digits @ ..] => {
            let digits = digits.first_chunk::<4>()?;
            let ends = matches!(
                digits,
                [b'0', b'0', b'0' | b'1', _] | b"0020" | b"0022" | b"0027" | b"005c" | b"005C"
            );
            (digits.iter().all(u8::is_ascii_hexdigit) && !ends).then_some(slashes + 5)
        }
        [b'"' | b'\'' | b'n' | b'r' | b't' | b'b' | b'f', ..] | [] => None,
        [b'/', ..] => Some(slashes + 1),
        _ => slashes.is_multiple_of(2).then_some(slashes),
    }
}

impl Value<'_> {
    /// Returns whether the value looks like a secret of a family.
    pub(super) fn is_secret(self, family: Family) -> bool {
        if self.is_call() || self.is_number() || is_address(self.text) {
            return false;
        }
        let looks = match family {
            Family::Password => self.is_password(),
            _ if self.is_code() => false,
            Family::Token => self.is_token(),
            Family::Service => {
                let generated = is_generated(self.text, 14) || is_uuid(self.text);
                generated && self.is_plain() || self.is_long_number()
            }
            Family::LongToken => {
                is_generated(self.text, 20)
                    && self.has_numbers(2)
                    && self.is_plain()
                    && !is_file(self.text)
            }
            Family::Cookie => self.assigned && is_generated(self.text, 16) && self.is_plain(),
        };
        looks && !self.stands_for_another()
    }

    /// Returns whether the value is a password: no word, and no sentence.
    fn is_password(self) -> bool {
        let Value { text, .. } = self;
        let blanks = text.iter().filter(|byte| **byte == b' ').count();
        if text.len() < 6
            || text.len() > LONGEST_PASSWORD
            || blanks > 3
            || blanks > 0 && is_sentence(text)
        {
            return false;
        }
        let any = |test: fn(&u8) -> bool| text.iter().any(test);
        let letter = any(u8::is_ascii_alphabetic) || !text.is_ascii();
        let digit = any(u8::is_ascii_digit);
        let sign = any(|byte| byte.is_ascii_punctuation() && !b"-_./:,?!'=".contains(byte));
        let sentence = blanks > 3
            || blanks > 0 && (!digit || text.first() == Some(&b' ') || is_sentence(text));
        if text.len() < 6 || text.len() > LONGEST_PASSWORD || sentence {
            return false;
        }
        let identifier = !self.quoted && is_identifier(text);
        let word_of_code = identifier && !self.assigned && contains(text, b"password");
        match (letter, digit) {
            (true, true) => !(word_of_code || identifier && text.contains(&b'.')),
            (true, false) => {
                let long = text.len() >= 16 && text.iter().all(|byte| is(*byte, ALNUM));
                sign && text.len() >= 8 || long && (self.quoted || self.assigned)
            }
            (false, true) => self.quoted || self.assigned,
            (false, false) => sign && text.len() >= 8,
        }
    }

    /// Returns whether the value is a token: generated, an identifier of 128 bits, a long number, or a good password.
    fn is_token(self) -> bool {
        let Value { text, .. } = self;
        if self.is_plain() {
            return self.is_long_number() || is_uuid(text) || is_generated(text, 10);
        }
        let sign = text.iter().any(|byte| b"!#$^&*()@?<>{}".contains(byte));
        self.quoted && sign && !text.contains(&b' ') && is_generated(text, 12)
    }

    /// Returns whether the value is a long number, in a place where JSON has none.
    fn is_long_number(self) -> bool {
        let number = self.text.len() >= 15 && self.text.iter().all(u8::is_ascii_digit);
        number && (self.quoted || self.assigned)
    }

    /// Returns whether the value has only characters of tokens.
    fn is_plain(self) -> bool {
        self.text
            .iter()
            .all(|byte| is(*byte, TOKEN) || b":|$@\\".contains(byte))
    }

    /// Returns whether the value stands for another: a variable, a template, stars, a word for an example.
    fn stands_for_another(self) -> bool {
        const WORDS: &[&[u8]] = &[
            b"your",
            b"example",
            b"placeholder",
            b"redacted",
            b"xxxx",
            b"****",
            b"....",
            b"changeme",
            b"process.env",
            b"os.environ",
            b"getenv",
            b"secrets.",
            b"env.",
            b"vars.",
        ];
        let Value { text, .. } = self;
        let template = match text {
            [b'<' | b'[' | b'{', ..] | [b'$', b'{' | b'(', ..] | [b'%', b'(' | b'{', ..] => true,
            [b'$', name @ ..] => {
                !self.quoted && name.iter().all(|byte| is(*byte, ALNUM) || *byte == b'_')
            }
            [b'%', name @ .., b'%'] => name.iter().all(u8::is_ascii_uppercase),
            _ => false,
        };
        template
            || text.iter().all(|byte| Some(byte) == text.first())
            || WORDS.iter().any(|word| contains(text, word))
    }

    /// Returns whether a bare value is a name of code: with a word in it, and a number or two.
    fn is_code(self) -> bool {
        const WORD: usize = 6;
        let word = |is_letter: fn(&u8) -> bool| {
            let mut windows = self.text.windows(WORD);
            windows.any(|window| window.iter().all(is_letter))
        };
        let bare = !self.quoted && !self.assigned && is_identifier(self.text);
        bare && !self.has_numbers(3)
            && (word(u8::is_ascii_lowercase) || word(u8::is_ascii_uppercase))
    }

    /// Returns whether the value has at least this many numbers, parted by other characters.
    fn has_numbers(self, count: usize) -> bool {
        let numbers = self
            .text
            .split(|byte| !byte.is_ascii_digit())
            .filter(|digits| !digits.is_empty());
        numbers.take(count).count() == count
    }

    /// Returns whether the value is the begin of a call or an index in code.
    fn is_call(self) -> bool {
        !self.quoted && matches!(self.after, Some(b'(' | b'[' | b'{'))
    }

    /// Returns whether the value may be a number of JSON, which must stay one.
    fn is_number(self) -> bool {
        let number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        !self.quoted && !self.assigned && self.text.iter().all(number)
    }
}

/// Returns whether a text is a path or the name of a file, as keys of objects in a store are.
fn is_file(text: &[u8]) -> bool {
    let extension = text.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    text.contains(&b'/') || extension.len() < 6 && extension.len() < text.len()
}

/// Returns whether a text is an address or a path.
fn is_address(text: &[u8]) -> bool {
    contains(text, b"://")
        || matches!(
            text,
            [b'/', ..] | [b'.' | b'~', b'/', ..] | [b'.', b'.', b'/', ..]
        )
}

/// Returns whether a text is a name of code, with its dots.
fn is_identifier(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'.').all(|piece| {
        let word = |byte: &u8| is(*byte, ALNUM) || *byte == b'_';
        piece.first().is_some_and(|byte| !byte.is_ascii_digit()) && piece.iter().all(word)
    })
}

/// Returns whether words make a sentence.
fn is_sentence(text: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[
        b"a",
        b"an",
        b"and",
        b"are",
        b"at",
        b"be",
        b"can",
        b"characters",
        b"enter",
        b"for",
        b"has",
        b"have",
        b"in",
        b"invalid",
        b"is",
        b"least",
        b"long",
        b"missing",
        b"must",
        b"new",
        b"no",
        b"not",
        b"of",
        b"on",
        b"or",
        b"please",
        b"required",
        b"should",
        b"the",
        b"this",
        b"to",
        b"too",
        b"was",
        b"with",
        b"wrong",
        b"your",
    ];
    let mut words = text.split(|byte| *byte == b' ');
    text.last() == Some(&b'.')
        || words.any(|word| WORDS.iter().any(|it| word.eq_ignore_ascii_case(it)))
}

fn is_uuid(text: &[u8]) -> bool {
    let mut pieces = text.split(|byte| *byte == b'-');
    let hex = |length| {
        move |piece: &[u8]| piece.len() == length && piece.iter().all(u8::is_ascii_hexdigit)
    };
    let mut has = |length| pieces.next().is_some_and(hex(length));
    has(8) && has(4) && has(4) && has(4) && has(12) && pieces.next().is_none()
}

/// Returns whether a text has letters and digits in no order, as only a generator writes them, and is no date.
pub(super) fn is_generated(text: &[u8], shortest: usize) -> bool {
    let date = matches!(text, [year @ .., b'-', _, _, b'-', _, _] if year.iter().all(u8::is_ascii_digit))
        || matches!(text, [b'1' | b'2', b'0' | b'9', _, _, b'-', _, _, b'-', ..]);
    let head = text.get(..64).unwrap_or(text);
    let changes = head.windows(2).filter(|pair| match pair {
        [first, second] => {
            first.is_ascii_alphabetic() && second.is_ascii_digit()
                || first.is_ascii_digit() && second.is_ascii_alphabetic()
                || first.is_ascii_lowercase() && second.is_ascii_uppercase()
        }
        _ => false,
    });
    let wanted = if text.len() < 20 { 3 } else { 4 };
    !date
        && text.len() >= shortest
        && text.iter().any(u8::is_ascii_digit)
        && changes.take(wanted).count() == wanted
}

/// Returns whether a text contains a word, in any letter case.
fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len())
        .any(|window| window.eq_ignore_ascii_case(word))
}
