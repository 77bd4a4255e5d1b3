//! Names of credentials, however they are written: `DB_PASSWORD`, `clientSecret`, `x-api-key`.

use super::words::Family;
use super::words::{ENDINGS, ENDS, FIRST, OPEN_KEYS, OPEN_TOKENS, Role, WORDS, pair};

use Family::{LongToken, Token};
use Role::{Filler, Id, Names, Suffix};

/// Returns whether a name may end with these letters. It is one look at a table, for the many that do not.
pub(super) fn may_end(letters: [u8; 3]) -> bool {
    let [third, before, last] = letters;
    let endings = ENDINGS.get(pair(before, last)).copied().unwrap_or_default();
    last.is_ascii_digit() || endings & (1 << (third & 31)) != 0
}

/// What a password is called in other scripts.
const ABROAD: &[&str] = &[
    "パスワード",
    "密码",
    "密碼",
    "비밀번호",
    "пароль",
    "contraseña",
    "contrasena",
];

/// Returns whether a text ends with the name of a password in another script.
pub(super) fn is_password_abroad(text: &[u8]) -> bool {
    ABROAD.iter().any(|name| text.ends_with(name.as_bytes()))
}

/// What a name announces of the value after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameKind {
    /// A secret.
    Secret(Family),
    /// Nothing: the name before it may.
    Nothing,
    /// Something else.
    Other,
}

/// Returns what a name announces of the value after it.
pub(super) fn kind_of_name(name: &str) -> NameKind {
    let mut words = Words { rest: name };
    while let Some(word) = words.next_back() {
        let role = role(word);
        let is_number = role.is_none() && is_number(word);
        if role == Some(Suffix) || is_number {
            continue;
        }
        if role == Some(Filler) {
            break;
        }
        let family = of_word(word, role, words.next_back());
        return family.map_or(NameKind::Other, NameKind::Secret);
    }
    NameKind::Nothing
}

/// Returns the family of the secret that the last word of a name announces, with the word before it.
fn of_word(word: &str, role: Option<Role>, before: Option<&str>) -> Option<Family> {
    let is_before = |list: &[&str]| {
        before.is_some_and(|before| list.iter().any(|it| before.eq_ignore_ascii_case(it)))
    };
    match role {
        Some(Id) => is_before(&["secret"]).then_some(Token),
        Some(Names(LongToken)) if before.is_some() && is_key(word) => {
            (!is_before(OPEN_KEYS)).then_some(Token)
        }
        Some(Names(Token)) if is_before(OPEN_TOKENS) => None,
        Some(Names(family)) => Some(family),
        Some(Suffix | Filler) => None,
        None => {
            let found = ENDS.iter().find(|(end, _)| ends_with(word, end));
            found.map(|(_, family)| *family)
        }
    }
}

fn is_key(word: &str) -> bool {
    word.eq_ignore_ascii_case("key") || word.eq_ignore_ascii_case("keys")
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns what a word means, in any letter case.
fn role(word: &str) -> Option<Role> {
    let first = word
        .bytes()
        .next()?
        .to_ascii_lowercase()
        .checked_sub(b'0')?;
    let (from, to) = *FIRST.get(usize::from(first))?;
    let words = WORDS.get(usize::from(from)..usize::from(to))?;
    let found = words
        .iter()
        .find(|(it, _)| it.len() == word.len() && word.eq_ignore_ascii_case(it));
    found.map(|(_, role)| *role)
}

fn ends_with(word: &str, end: &str) -> bool {
    let (word, end) = (word.as_bytes(), end.as_bytes());
    let last = |text: &[u8]| text.last().map(u8::to_ascii_lowercase);
    let tail = || word.get(word.len() - end.len()..);
    word.len() > end.len()
        && last(word) == last(end)
        && tail().is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// The words of a name, from the last: parted by signs, and by a capital after a small letter.
struct Words<'n> {
    rest: &'n str,
}

impl<'n> Words<'n> {
    fn next_back(&mut self) -> Option<&'n str> {
        let name = self
            .rest
            .trim_end_matches(|it: char| !it.is_ascii_alphanumeric());
        let bytes = name.as_bytes();
        let mut from = bytes.len();
        while let Some(byte) = from.checked_sub(1).and_then(|at| bytes.get(at)) {
            let next = bytes.get(from);
            let parts = !byte.is_ascii_alphanumeric()
                || byte.is_ascii_lowercase() && next.is_some_and(u8::is_ascii_uppercase);
            if parts {
                break;
            }
            from -= 1;
        }
        self.rest = name.get(..from)?;
        name.get(from..).filter(|word| !word.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use Family::{Cookie, Password, Service};

    use super::*;

    #[test]
    fn values_and_types_announce_nothing() {
        for name in ["value", "string", "default", "7", "", "___"] {
            assert_eq!(kind_of_name(name), NameKind::Nothing, "{name}");
        }
    }

    #[test]
    fn names_are_known_however_they_are_written() {
        for (name, expected) in [
            ("DB_PASSWORD", Some(Password)),
            ("clientSecret", Some(Token)),
            ("x-api-key", Some(Token)),
            ("spring.datasource.password", Some(Password)),
            ("ansible_ssh_pass", Some(Password)),
            ("client-key-data", Some(Token)),
            ("API_KEY_2", Some(Token)),
            ("adafruitToken", Some(Token)),
            ("key", Some(LongToken)),
            ("secret_id", Some(Token)),
            ("HEROKU", Some(Service)),
            ("PHPSESSID", Some(Cookie)),
            ("primary_key", None),
            ("nextPageToken", None),
            ("cacheKey", None),
            ("session_id", None),
            ("max_tokens", None),
            ("compass", None),
            ("monkey", None),
            ("password_min_length", None),
        ] {
            let expected = expected.map_or(NameKind::Other, NameKind::Secret);
            assert_eq!(kind_of_name(name), expected, "{name}");
        }
    }
}
