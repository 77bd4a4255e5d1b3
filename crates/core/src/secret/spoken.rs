//! Secrets after a name and a blank: `--secret …`, `curl -u user:…`, `ENV API_KEY …`, `password is …`.

use memchr::memmem;

use super::Span;
use super::name::{Announcement, announcement};
use super::named::{GAP, LONGEST_NAME};
use super::scan::{Scan, is};
use super::shape::DOTTED;
use super::value::{self, Value};
use super::words::Family;

/// How far a command may be from its flag.
const COMMAND: usize = 512;

/// The flags of commands that take a password, or a user and a password.
const FLAGS: &[(&[u8], u8)] = &[
    (b"az login", b'p'),
    (b"curl", b'u'),
    (b"docker login", b'p'),
    (b"ldapsearch", b'w'),
    (b"mongo", b'p'),
    (b"mysql", b'p'),
    (b"redis-cli", b'a'),
    (b"snmp", b'A'),
    (b"sqlcmd", b'P'),
    (b"sshpass", b'p'),
    (b"twine", b'p'),
];

impl Scan<'_> {
    /// Matches the value after a name and a blank, with a letter of the name at `at`: of a variable in a shell or a
    /// Dockerfile, in `.netrc`, or in prose.
    pub(super) fn spoken(&mut self, at: usize) -> Option<Span> {
        let rest = self.text.get(at..)?;
        let tail = rest
            .iter()
            .take(4)
            .take_while(|byte| is(**byte, DOTTED))
            .count();
        let last = at + tail - 1;
        if self.byte(last + 1) != Some(b' ') {
            return None;
        }
        self.after_blank(last, false)
    }

    /// Matches the value after a name, with its last letter at `at`, and a blank.
    fn after_blank(&mut self, at: usize, is_flag: bool) -> Option<Span> {
        const LINKS: [&[u8]; 8] = [
            b"is ", b"was ", b"to ", b"lautet ", b"es ", b"= ", b"0 ", b"7 ",
        ];
        let blanks = self
            .text
            .get(at + 1..)?
            .iter()
            .take(GAP)
            .take_while(|byte| **byte == b' ');
        let mut from = at + 1 + blanks.count();
        let rest = self.text.get(from..)?;
        from += LINKS
            .iter()
            .find(|link| rest.starts_with(link))
            .map_or(0, |link| link.len());
        let quote = self
            .byte(from)
            .filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
        from += usize::from(quote.is_some());
        let value = self.value(from, quote, false);
        let digits = value
            .text
            .iter()
            .filter(|byte| byte.is_ascii_digit())
            .count();
        if digits == 0 || value.text.len() < 6 {
            return None;
        }
        let name = self.name_before(at + 1, false)?;
        let Announcement::Secret(family) = announcement(name) else {
            return None;
        };
        let is_variable = name.contains('_') && !name.bytes().any(|byte| byte.is_ascii_lowercase());
        let strong = match family {
            _ if quote.is_none() && value.text.contains(&b' ') => false,
            Family::Password => {
                let mixed = value.text.iter().any(u8::is_ascii_uppercase) || digits > 2;
                value.text.len() >= 8 && mixed && value.text.iter().any(u8::is_ascii_lowercase)
            }
            _ => value::is_generated(value.text, 16),
        };
        if !strong && !is_flag && !is_variable {
            return None;
        }
        let family = match family {
            Family::Token if is_flag => Family::Password,
            family => family,
        };
        let value = Value {
            assigned: is_flag,
            ..value
        };
        self.found(from, value, family)
    }

    /// Matches the value of a flag, with the last dash before its name at `at`.
    pub(super) fn flag(&mut self, at: usize) -> Option<Span> {
        let name = self.text.get(at + 1..)?.iter().take(LONGEST_NAME);
        let name = at + 1 + name.take_while(|byte| is(**byte, DOTTED)).count();
        let letter = self.byte(at + 1)?;
        let long = self.text.get(at + 1..name)?;
        if self.byte(name) == Some(b' ') && long.len() > 1 && long != b"user" {
            let found = self.after_blank(name - 1, true);
            if found.is_some() {
                return found;
            }
        }
        // The value of a short flag may follow at once.
        let end = if long == b"user" { name } else { at + 2 };
        let gap = self.text.get(end..)?.iter().take(8);
        // A list of arguments in JSON has quotes and commas between them.
        let gap = gap.take_while(|byte| matches!(byte, b' ' | b'=' | b'"' | b',' | b'\\' | b'\''));
        let from = end + gap.count();
        let quote = self.text.get(end..from).and_then(|gap| gap.last().copied());
        let quote = quote.filter(|byte| matches!(byte, b'"' | b'\''));
        self.argument(at, letter, from, quote)
    }

    /// Matches the argument of a flag, with the command before it. The argument is judged first: the search for a command
    /// takes longer.
    fn argument(&mut self, at: usize, letter: u8, from: usize, quote: Option<u8>) -> Option<Span> {
        if !FLAGS.iter().any(|(_, flag)| *flag == letter) {
            return None;
        }
        let value = self.value(from, quote, true);
        let password = match letter {
            b'u' => password_of(value.text)?,
            _ => value.text,
        };
        let judged = Value {
            text: password,
            quoted: true,
            ..value
        };
        if !judged.is_secret(Family::Password) {
            return None;
        }
        let command = self
            .text
            .get(self.end.max(at.saturating_sub(COMMAND))..at)?;
        let is_command = |name: &[u8]| memmem::find(command, name).is_some();
        let mut flags = FLAGS.iter();
        flags
            .any(|(name, flag)| *flag == letter && is_command(name))
            .then(|| self.span(from, from + value.text.len(), "password"))
    }
}

/// Returns the password of `user:password`; a user without one may itself be a secret.
fn password_of(pair: &[u8]) -> Option<&[u8]> {
    let colon = pair.iter().position(|byte| *byte == b':')?;
    let (user, password) = pair.split_at(colon);
    let password = password.get(1..)?;
    Some(if password.is_empty() { user } else { password })
}
