//! Secrets after a name and a space: `--secret …`, `curl -u user:…`, `ENV API_KEY …`, `password is …`.

use memchr::memmem;

use super::Span;
use super::name::{NameKind, kind_of_name};
use super::named::{GAP, LONGEST_NAME};
use super::scan::{Scan, is};
use super::shape::DOTTED;
use super::value::{self, Value};
use super::words::Family;

/// The greatest distance from a command to its flag, in bytes.
const MAX_COMMAND_DISTANCE: usize = 512;
/// The last bytes of a name that are looked at to find its end.
const NAME_END: usize = 4;
/// The shortest value that may be a secret, in bytes.
const SHORTEST: usize = 6;
/// The shortest password that is known by its characters alone.
const SHORTEST_PASSWORD: usize = 8;
/// The shortest generated value that is known by its characters alone.
const SHORTEST_GENERATED: usize = 16;
/// The most bytes between a flag and its value, in a list of arguments written as JSON.
const MAX_GAP: usize = 8;

/// Words between a name and its value: English, German and Spanish for "is", and the types of encryption in the configuration
/// of a router (`password 7 …`).
const LINKS: [&[u8]; 8] = [
    b"is ", b"was ", b"to ", b"lautet ", b"es ", b"= ", b"0 ", b"7 ",
];

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
    /// Matches the value after a name and a space, with a letter of the name at `at`: of a variable in a shell or a
    /// Dockerfile, in `.netrc`, or in prose.
    pub(super) fn spaced(&mut self, at: usize) -> Option<Span> {
        let rest = self.text.get(at..)?;
        let tail = rest
            .iter()
            .take(NAME_END)
            .take_while(|byte| is(**byte, DOTTED))
            .count();
        let last = at + tail - 1;
        if self.byte(last + 1) != Some(b' ') {
            return None;
        }
        self.after_space(last, false)
    }

    /// Matches the value after a name, with its last letter at `at`, and a space.
    fn after_space(&mut self, at: usize, is_flag: bool) -> Option<Span> {
        let spaces = self
            .text
            .get(at + 1..)?
            .iter()
            .take(GAP)
            .take_while(|byte| **byte == b' ');
        let mut from = at + 1 + spaces.count();
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
        if digits == 0 || value.text.len() < SHORTEST {
            return None;
        }
        let name = self.name_before(at + 1, false)?;
        let NameKind::Secret(family) = kind_of_name(name) else {
            return None;
        };
        let is_variable = name.contains('_') && !name.bytes().any(|byte| byte.is_ascii_lowercase());
        let looks_generated = match family {
            // Several words are a sentence.
            _ if quote.is_none() && value.text.contains(&b' ') => false,
            Family::Password => {
                let mixed = value.text.iter().any(u8::is_ascii_uppercase) || digits > 2;
                value.text.len() >= SHORTEST_PASSWORD
                    && mixed
                    && value.text.iter().any(u8::is_ascii_lowercase)
            }
            _ => value::is_generated(value.text, SHORTEST_GENERATED),
        };
        if !looks_generated && !is_flag && !is_variable {
            return None;
        }
        // What a user types after a flag is chosen by people more often than generated.
        let family = match family {
            Family::Token if is_flag => Family::Password,
            family => family,
        };
        // A flag reveals as much about its value as an assignment does.
        let value = Value {
            assigned: is_flag,
            ..value
        };
        self.found(from, value, family)
    }

    /// Matches the value of a flag, with the last dash before its name at `at`.
    pub(super) fn flag(&mut self, at: usize) -> Option<Span> {
        let name = self.text.get(at + 1..)?.iter().take(LONGEST_NAME);
        let name_end = at + 1 + name.take_while(|byte| is(**byte, DOTTED)).count();
        let letter = self.byte(at + 1)?;
        let long = self.text.get(at + 1..name_end)?;
        if self.byte(name_end) == Some(b' ') && long.len() > 1 && long != b"user" {
            let found = self.after_space(name_end - 1, true);
            if found.is_some() {
                return found;
            }
        }
        // The value of a short flag may follow without a space.
        let end = if long == b"user" { name_end } else { at + 2 };
        let gap = self.text.get(end..)?.iter().take(MAX_GAP);
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
        // An argument is delimited as a quoted text is.
        let candidate = Value {
            text: password,
            quoted: true,
            ..value
        };
        if !candidate.is_secret(Family::Password) {
            return None;
        }
        let command = self
            .text
            .get(self.end.max(at.saturating_sub(MAX_COMMAND_DISTANCE))..at)?;
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
