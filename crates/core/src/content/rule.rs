//! What a rule matches.

use std::fmt;

use super::part::{Part, Place};

/// The location of a text.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ContentPath<'a> {
    /// The JSON that contains the text.
    pub place: Place,
    /// The speaker's role: `system` (also for `developer`), `user`, `assistant`, `tool`; `None` outside of messages.
    pub role: Option<&'a str>,
    /// The kind of content; `None` outside of messages.
    pub part: Option<Part>,
    /// Keys from the outermost to the innermost, joined by dots: of a monitor attribute (`params.equation`), of a
    /// tool's argument or result, or of a body field outside of messages (`metadata.tenant`). Array elements have the
    /// name of their array. Empty for the text of a message.
    pub path: &'a str,
}

/// A matcher for content: all of its criteria must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    role: Option<String>,
    part: Option<Part>,
    path: Option<Box<[String]>>,
}

impl Rule {
    /// Matches content of messages with this role: `system` (also for `developer`), `user`, `assistant`, `tool`.
    ///
    /// Texts outside of messages have a role as well: `system` for instructions, `user` for a prompt or a text to
    /// embed, `assistant` for an answer, `tool` for the result of a tool.
    #[must_use]
    pub fn role(role: &str) -> Self {
        Self {
            role: Some(role.to_owned()),
            ..Self::default()
        }
    }

    /// Matches content of this kind.
    #[must_use]
    pub fn part(part: Part) -> Self {
        Self {
            part: Some(part),
            ..Self::default()
        }
    }

    /// Matches the value at a path, whatever its type: in monitor attributes, in arguments and results of tools, and in
    /// fields of the provider's bodies outside of messages. `params.equation` is a nested key, `*` any number of keys
    /// or none: `*.ssn` matches `ssn` at any depth, `metadata.*` everything below `metadata`.
    #[must_use]
    pub fn path(path: &str) -> Self {
        Self {
            path: Some(path.split('.').map(str::to_owned).collect()),
            ..Self::default()
        }
    }

    /// Restricts the rule to messages with this role.
    #[must_use]
    pub fn of_role(mut self, role: &str) -> Self {
        self.role = Some(role.to_owned());
        self
    }

    /// Restricts the rule to content of this kind.
    #[must_use]
    pub fn of_part(mut self, part: Part) -> Self {
        self.part = Some(part);
        self
    }

    pub(super) fn has_path(&self) -> bool {
        self.path.is_some()
    }

    pub(super) fn matches(&self, at: &ContentPath<'_>) -> bool {
        let role = self
            .role
            .as_deref()
            .is_none_or(|role| at.role == Some(role));
        let part = self.part.is_none_or(|part| at.part == Some(part));
        let path = self
            .path
            .as_deref()
            .is_none_or(|pattern| path_matches(pattern, at.path));
        role && part && path
    }
}

impl fmt::Display for ContentPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.place)?;
        if let Some(role) = self.role {
            write!(f, " {role}")?;
        }
        if let Some(part) = self.part {
            write!(f, " {part:?}")?;
        }
        if !self.path.is_empty() {
            write!(f, " {}", self.path)?;
        }
        Ok(())
    }
}

/// Matches a glob against keys, backtracking only to the last star: at most keys times pattern steps.
fn path_matches(pattern: &[String], path: &str) -> bool {
    if path.is_empty() {
        return false;
    }
    let keys: Vec<&str> = path.split('.').collect();
    let (mut at, mut key) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(name) = keys.get(key) {
        match pattern.get(at) {
            Some(wanted) if wanted == "*" => {
                star = Some((at, key));
                at += 1;
            }
            Some(wanted) if wanted == name => {
                at += 1;
                key += 1;
            }
            _ => {
                let Some((star_at, star_key)) = star else {
                    return false;
                };
                at = star_at + 1;
                key = star_key + 1;
                star = Some((star_at, key));
            }
        }
    }
    pattern
        .get(at..)
        .unwrap_or_default()
        .iter()
        .all(|rest| rest == "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_number_of_keys() {
        for (pattern, path, expected) in [
            ("params.equation", "params.equation", true),
            ("params.equation", "params", false),
            ("params.equation", "params.equation.x", false),
            ("*.ssn", "ssn", true),
            ("*.ssn", "a.b.ssn", true),
            ("*.ssn", "a.b.ssn.c", false),
            ("a.*", "a", true),
            ("a.*", "a.b.c", true),
            ("a.*", "b.a", false),
            ("a.*.c.*.e", "a.b.c.d.c.e", true),
            ("*", "anything.at.all", true),
            ("*", "", false),
        ] {
            let rule = Rule::path(pattern);
            let at = ContentPath {
                place: Place::Attributes,
                role: None,
                part: None,
                path,
            };
            assert_eq!(rule.matches(&at), expected, "{pattern} on {path}");
        }
    }
}
