//! Patterns in which `*` stands for any text.

/// A pattern.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Glob {
    /// The text itself.
    Is(String),
    /// The texts between stars; the first and the last are the beginning and the end.
    Parts(Vec<String>),
}

impl Glob {
    pub(super) fn of(text: &str) -> Self {
        match text.contains('*') {
            true => Self::Parts(text.split('*').map(str::to_owned).collect()),
            false => Self::Is(text.to_owned()),
        }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let parts = match self {
            Self::Is(whole) => return text == whole,
            Self::Parts(parts) => parts,
        };
        let [first, between @ .., last] = parts.as_slice() else {
            return false;
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        for part in between {
            let Some((_, after)) = rest.split_once(part.as_str()) else {
                return false;
            };
            rest = after;
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text, expected) in [
            ("gpt*", "gpt-4o", true),
            ("gpt*", "my-gpt", false),
            ("*mini", "gpt-4o-mini", true),
            ("g*4*i", "gpt-4o-mini", true),
            ("g*5*i", "gpt-4o-mini", false),
            ("*", "", true),
            ("a*a", "a", false),
            ("gpt", "gpt-4o", false),
        ] {
            assert_eq!(
                Glob::of(pattern).matches(text),
                expected,
                "{pattern} {text}"
            );
        }
    }
}
