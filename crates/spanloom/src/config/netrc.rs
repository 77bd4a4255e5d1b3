//! The file in which W&B's login stores its key: `machine api.wandb.ai login user password <key>`.
//!
//! Only the entry of the machine itself counts, not `default`, whose password is for any host. A faulty file is not an
//! error: it just has no key.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Secret, Variables};

/// The largest file read. A larger file is not a password file.
const MOST_BYTES: u64 = 1 << 20;

/// The files to search, in this order: only the file that `NETRC` names, else `~/.netrc` and `~/_netrc`.
#[derive(Clone, Debug, Default)]
pub(super) struct Netrc(Vec<PathBuf>);

impl Netrc {
    pub(super) fn of(variables: &Variables<'_>) -> Self {
        let named = variables.get("NETRC");
        let home = variables.get("HOME").map(|home| PathBuf::from(home.text()));
        let below = |name: &str| home.as_ref().map(|home| home.join(name));
        let files = match named {
            Some(named) => vec![match named.text().strip_prefix("~/") {
                Some(name) => below(name),
                None => Some(PathBuf::from(named.text())),
            }],
            None => vec![below(".netrc"), below("_netrc")],
        };
        Self(files.into_iter().flatten().collect())
    }

    /// Returns the password of the first of `machines` in the first file that has any of them.
    pub(super) fn password(&self, machines: &[String]) -> Option<Secret> {
        let texts = self.0.iter().filter_map(|path| read(path));
        texts.into_iter().find_map(|text| {
            let of = |machine: &String| password(&text, machine);
            machines.iter().find_map(of)
        })
    }
}

fn read(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    // Reading a pipe could block forever.
    if !metadata.is_file() || metadata.len() > MOST_BYTES {
        return None;
    }
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the first password in a machine's entries.
fn password(text: &str, machine: &str) -> Option<Secret> {
    let mut words = Words(text);
    let mut is_it = false;
    while let Some(word) = words.next() {
        match word.as_str() {
            "machine" => is_it = words.next()?.eq_ignore_ascii_case(machine),
            "default" => is_it = false,
            "macdef" => words.skip_macro(),
            "password" => {
                let password = words.next()?;
                if is_it && !password.is_empty() {
                    return Some(Secret::new(password));
                }
            }
            "login" | "user" | "account" => drop(words.next()?),
            word if word.starts_with('#') => words.skip_line(),
            _ => {}
        }
    }
    None
}

/// Words separated by white space; a quoted word may contain white space, and a backslash escapes the next character.
struct Words<'a>(&'a str);

impl Words<'_> {
    fn next(&mut self) -> Option<String> {
        self.0 = self.0.trim_start();
        let mut rest = self.0.chars();
        let mut word = String::new();
        let is_quoted = self.0.starts_with('"');
        if is_quoted {
            rest.next();
        } else if self.0.is_empty() {
            return None;
        }
        let mut left = rest.as_str();
        while let Some(c) = rest.next() {
            match c {
                '"' if is_quoted => {
                    left = rest.as_str();
                    break;
                }
                c if !is_quoted && c.is_whitespace() => break,
                '\\' => word.extend(rest.next()),
                c => word.push(c),
            }
            left = rest.as_str();
        }
        // The character that ends a bare word is not consumed: it may be the end of a line.
        self.0 = left;
        Some(word)
    }

    fn skip_line(&mut self) {
        self.0 = self.0.split_once('\n').map_or("", |(_, rest)| rest);
    }

    /// Skips a macro, which ends with an empty line.
    fn skip_macro(&mut self) {
        loop {
            let (line, rest) = self.0.split_once('\n').unwrap_or((self.0, ""));
            let is_end = line.trim().is_empty();
            self.0 = rest;
            if is_end || rest.is_empty() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Option<String> {
        password(text, "api.wandb.ai").map(|key| key.expose().to_owned())
    }

    #[test]
    fn the_machines_password_is_the_key() {
        for (text, key) in [
            ("machine api.wandb.ai login user password k1", Some("k1")),
            (
                "machine api.wandb.ai\n  login user\n  password k1\n",
                Some("k1"),
            ),
            ("machine API.wandb.ai password k1", Some("k1")),
            (
                "machine other password k0 machine api.wandb.ai password k1",
                Some("k1"),
            ),
            (
                "machine api.wandb.ai login a machine api.wandb.ai password k1",
                Some("k1"),
            ),
            ("machine api.wandb.ai password \"k 1\\\"\"", Some("k 1\"")),
            ("machine api.wandb.ai password #k", Some("#k")),
            (
                "# machine api.wandb.ai password k0\nmachine api.wandb.ai password k1",
                Some("k1"),
            ),
            ("#machine api.wandb.ai password k0", None),
            (
                "machine api.wandb.ai login password password k1",
                Some("k1"),
            ),
            ("machine api.wandb.ai # a note\npassword k1", Some("k1")),
            (
                "machine x\nmacdef init\nmachine api.wandb.ai password k0\n\nmachine api.wandb.ai password k1",
                Some("k1"),
            ),
            ("default login a password k0", None),
            ("machine api.wandb.ai.example.com password k0", None),
            ("machine api.wandb.ai default password k0", None),
            ("machine api.wandb.ai password \"\"", None),
            ("machine api.wandb.ai password", None),
            ("machine", None),
            ("macdef x", None),
            ("\"", None),
            ("", None),
        ] {
            assert_eq!(found(text).as_deref(), key, "{text}");
        }
    }

    #[test]
    fn files_that_are_none_have_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let entry = "machine m password k\n";
        fs::write(path("long"), entry.repeat(60_000)).unwrap();
        fs::write(
            path("latin"),
            b"machine \xe9 password x\nmachine m password k",
        )
        .unwrap();
        let key = |names: &[&str]| {
            let files = names.iter().map(|name| path(name)).collect();
            Netrc(files).password(&["other".to_owned(), "m".to_owned()])
        };
        for name in ["missing", "", "long"] {
            assert_eq!(key(&[name]), None, "{name}");
        }
        assert_eq!(key(&["missing", "latin"]), Some(Secret::new("k")));
    }

    #[test]
    fn the_named_file_is_the_only_one() {
        let of = |variables: &[(&str, &str)]| {
            let value = |name: &str| {
                let known = variables.iter().find(|(known, _)| *known == name);
                known.map(|(_, value)| (*value).to_owned())
            };
            Netrc::of(&Variables(&value)).0
        };
        let home = ("HOME", "/home/me");
        let paths = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(of(&[home]), paths(&["/home/me/.netrc", "/home/me/_netrc"]));
        assert_eq!(of(&[home, ("NETRC", "/x")]), paths(&["/x"]));
        assert_eq!(of(&[home, ("NETRC", "~/x")]), paths(&["/home/me/x"]));
        assert_eq!(of(&[]), paths(&[]));
    }

    fn quoted(word: &str) -> String {
        format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "(machine|m|password|macdef|default|#|\"|\\\\|\n| |é|k){0,60}") {
            let key = password(&text, "m");
            prop_assert!(key.is_none_or(|key| key.expose().len() <= text.len()));
        }

        #[test]
        fn what_is_written_is_read(
            entries in prop::collection::vec(("[a-d]{1,2}", "[ -~]{1,12}", "[ \n\t]{1,3}"), 0..8),
        ) {
            let written: String = entries
                .iter()
                .map(|(machine, key, space)| {
                    format!("machine {machine}{space}login u{space}password {}{space}", quoted(key))
                })
                .collect();
            for (machine, ..) in &entries {
                let first = entries.iter().find(|(known, ..)| known == machine);
                let read = password(&written, machine);
                prop_assert_eq!(read.map(|key| key.expose().to_owned()), first.map(|(_, key, _)| key.clone()));
            }
        }
    }
}
