//! Secrets of known shapes, masked before anything leaves the process.
//!
//! The shapes are those of credentials that issuers made to be recognised. Masking works on plain text and on JSON text
//! alike: nothing it replaces holds a quote or a backslash, but for the line ends inside a PEM block.

use std::borrow::Cow;

/// A kind of secret: where it begins, and what must follow for it to be one.
struct Shape {
    kind: &'static str,
    prefix: &'static str,
    /// Fewest characters after the prefix.
    shortest: usize,
    /// Characters beside letters and digits.
    also: &'static str,
    /// Dots that must be among them.
    dots: usize,
}

const fn shape(
    kind: &'static str,
    prefix: &'static str,
    shortest: usize,
    also: &'static str,
) -> Shape {
    Shape {
        kind,
        prefix,
        shortest,
        also,
        dots: 0,
    }
}

const SHAPES: &[Shape] = &[
    shape("api_key", "sk-", 16, "-_"),
    shape("bearer_token", "Bearer ", 16, "-_.~+/="),
    Shape {
        kind: "jwt",
        prefix: "eyJ",
        shortest: 24,
        also: "-_.",
        dots: 2,
    },
    shape("aws_key", "AKIA", 16, ""),
    shape("aws_key", "ASIA", 16, ""),
    shape("github_token", "ghp_", 30, ""),
    shape("github_token", "gho_", 30, ""),
    shape("github_token", "ghs_", 30, ""),
    shape("github_token", "github_pat_", 30, "_"),
    shape("gitlab_token", "glpat-", 20, "-_"),
    shape("google_key", "AIza", 35, "-_"),
    shape("slack_token", "xoxb-", 20, "-"),
    shape("slack_token", "xoxp-", 20, "-"),
    shape("huggingface_token", "hf_", 30, ""),
];

const PEM_BEGIN: &str = "-----BEGIN ";
const PEM_END: &str = "-----END ";

/// The text with every known secret replaced by `[redacted:<kind>]`; borrowed when it holds none.
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    Mask::default().apply(text)
}

/// Which secrets are masked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mask {
    emails: bool,
    cards: bool,
}

/// Where a secret stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) kind: &'static str,
}

impl Mask {
    /// The text with every secret replaced by `[redacted:<kind>]`; borrowed when it holds none.
    #[must_use]
    pub fn apply(self, text: &str) -> Cow<'_, str> {
        let spans = self.spans(text);
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = String::with_capacity(text.len());
        let mut end = 0;
        for span in spans {
            masked.push_str(text.get(end..span.from).unwrap_or_default());
            masked.push_str("[redacted:");
            masked.push_str(span.kind);
            masked.push(']');
            end = span.to;
        }
        masked.push_str(text.get(end..).unwrap_or_default());
        Cow::Owned(masked)
    }

    /// Where secrets stand, in order and apart from each other.
    pub(crate) fn spans(self, text: &str) -> Vec<Span> {
        let mut found: Vec<Span> = SHAPES
            .iter()
            .flat_map(|shape| shape.find_all(text))
            .chain(private_keys(text))
            .map(|(from, to, kind)| Span { from, to, kind })
            .collect();
        found.sort_unstable();
        let mut end = 0;
        found.retain(|span| {
            let apart = span.from >= end;
            if apart {
                end = span.to;
            }
            apart
        });
        found
    }
}

impl Shape {
    fn find_all<'a>(
        &'a self,
        text: &'a str,
    ) -> impl Iterator<Item = (usize, usize, &'static str)> + 'a {
        text.match_indices(self.prefix).filter_map(move |(at, _)| {
            let inside_a_word = text
                .get(..at)?
                .ends_with(|c: char| c.is_ascii_alphanumeric());
            let rest = text.get(at + self.prefix.len()..)?;
            let length = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && !self.also.contains(c))
                .unwrap_or(rest.len());
            let secret = rest.get(..length)?;
            let dots = secret.bytes().filter(|byte| *byte == b'.').count();
            (!inside_a_word && length >= self.shortest && dots >= self.dots).then_some((
                at,
                at + self.prefix.len() + length,
                self.kind,
            ))
        })
    }
}

/// PEM blocks with a private key; one that is cut off is masked to the end of the text.
fn private_keys(text: &str) -> impl Iterator<Item = (usize, usize, &'static str)> + '_ {
    text.match_indices(PEM_BEGIN).filter_map(|(at, _)| {
        let block = text.get(at..)?;
        let label = block.get(PEM_BEGIN.len()..)?.split("-----").next()?;
        if !label.ends_with("PRIVATE KEY") {
            return None;
        }
        // A key holds no quote: the next one ends the string it stands in, and must stay, with what escapes it.
        let string = block
            .get(..block.find('"').unwrap_or(block.len()))?
            .trim_end_matches('\\');
        let footer = format!("{PEM_END}{label}-----");
        let length = string
            .find(&footer)
            .map_or(string.len(), |footer_at| footer_at + footer.len());
        Some((at, at + length, "private_key"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_secrets_are_masked_wherever_they_stand() {
        for (text, masked) in [
            (
                "key sk-proj-abcdefghijklmnop_123.",
                "key [redacted:api_key].",
            ),
            (
                r#"{"a":"Bearer abcdefghijklmnop1234"}"#,
                r#"{"a":"[redacted:bearer_token]"}"#,
            ),
            (
                "t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl;",
                "t=[redacted:jwt];",
            ),
            ("AKIAIOSFODNN7EXAMPLE", "[redacted:aws_key]"),
            (
                r"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- x",
                "[redacted:private_key] x",
            ),
            (
                r#"{"a":"-----BEGIN RSA PRIVATE KEY-----\nMII"}"#,
                r#"{"a":"[redacted:private_key]"}"#,
            ),
        ] {
            assert_eq!(mask(text), masked);
        }
    }

    #[test]
    fn a_key_that_is_cut_off_does_not_swallow_what_follows_its_string() {
        let cut = r#"["-----BEGIN PRIVATE KEY-----\nMII\" said he","-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----"]"#;
        assert_eq!(
            mask(cut),
            r#"["[redacted:private_key]\" said he","[redacted:private_key]"]"#
        );
    }

    #[test]
    fn ordinary_text_is_left_alone_and_not_copied() {
        for text in [
            "",
            "task-based sk-learn and risk-abcdefghijklmnopqrstuv",
            "Bearer of news",
            "eyJust a word",
            "日本語 sk-",
        ] {
            assert!(matches!(mask(text), Cow::Borrowed(_)), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn json_stays_json(text in ".*", secret in "sk-[a-zA-Z0-9]{20}") {
            let json = serde_json::to_string(&format!("{text} {secret} {text}")).unwrap();
            let masked = mask(&json);
            proptest::prop_assert!(!masked.contains(&secret));
            proptest::prop_assert!(serde_json::from_str::<String>(&masked).is_ok());
        }
    }
}
