//! The policy, and what it does with one text.

use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::hash::Key;
use super::rule::{ContentPath, Rule};
use crate::secret;

/// Stands for a text that a rule masks.
const MASKED: &str = "[masked]";
/// Stands for a text on which the user's redactor panicked or which it withheld.
const WITHHELD: &str = "[withheld: redactor failed]";

/// What happens to content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// It stays, but for secrets of known shapes and for what is beyond the value limit.
    #[default]
    Keep,
    /// `[hash:<16 hexadecimal digits>]` instead: equal content has equal hashes. See [`ContentPolicy::with_hash_key`].
    Hash,
    /// `[masked]` instead.
    Mask,
    /// Nothing instead: the empty text in a message, and no field at all where a path names it.
    Drop,
}

/// What the user's redactor says to a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redacted {
    /// It stays.
    Keep,
    /// This instead.
    Replace(String),
    /// The redactor could not do its work: the text is withheld, and counted.
    Failed,
}

type Redactor = dyn Fn(&ContentPath<'_>, &str) -> Redacted + Send + Sync;

/// What is kept of content, and in which form. Cloning is cheap.
///
/// Default: all of it, with secrets of known shapes masked and a value limit of
/// [`ContentPolicy::DEFAULT_VALUE_LIMIT`].
#[derive(Clone, Default)]
#[must_use = "a policy does nothing until it is given to a layer or applied"]
pub struct ContentPolicy {
    rules: Vec<(Rule, Action)>,
    pub(super) secrets: secret::Mask,
    value_limit: Option<usize>,
    key: Key,
    redactor: Option<Arc<Redactor>>,
}

impl ContentPolicy {
    /// Bytes of one text that are kept when nothing else is said: 1 MiB.
    pub const DEFAULT_VALUE_LIMIT: usize = 1 << 20;

    /// Stands for content in a shape that its rules cannot be applied to.
    pub const UNREAD: &str = r#"{"withheld":"not readable"}"#;

    /// Adds a rule. The first one that matches decides, so exceptions come first; what none matches is kept.
    pub fn with_rule(mut self, rule: Rule, action: Action) -> Self {
        self.rules.push((rule, action));
        self
    }

    /// Which secrets are masked. Default: those of known shapes, but neither e-mail addresses nor card numbers.
    pub fn with_secrets(mut self, secrets: secret::Mask) -> Self {
        self.secrets = secrets;
        self
    }

    /// The longest text that is kept whole, in bytes of UTF-8; a longer one is cut on a character, with
    /// `… [truncated, <original length> bytes]` at its end, to at most as many bytes (below the length of that mark,
    /// without it). Inside JSON the texts are cut, not the JSON.
    pub fn with_value_limit(mut self, bytes: usize) -> Self {
        self.value_limit = Some(bytes);
        self
    }

    /// The value limit to fall back to, where [`ContentPolicy::with_value_limit`] was not called.
    pub fn or_value_limit(mut self, bytes: Option<usize>) -> Self {
        self.value_limit = self.value_limit.or(bytes);
        self
    }

    /// The key of [`Action::Hash`], which is HMAC-SHA-256 cut to 64 bits. Without a key, a short text can be found
    /// by trying: give one, keep it secret, and keep it the same for as long as hashes are to be compared.
    pub fn with_hash_key(mut self, key: &[u8]) -> Self {
        self.key = Key::new(key);
        self
    }

    /// A redactor of the user's own, asked for every text that the rules keep: decoded, whole, before secrets are
    /// masked. It runs on the recorder's thread. When it panics or says [`Redacted::Failed`], the text is withheld as
    /// `[withheld: redactor failed]` and counted; everything else of the call is kept. A panic's own message goes
    /// where the process's panic hook sends it.
    pub fn with_redactor(
        mut self,
        redactor: impl Fn(&ContentPath<'_>, &str) -> Redacted + Send + Sync + 'static,
    ) -> Self {
        self.redactor = Some(Arc::new(redactor));
        self
    }

    /// Applies it to a text that is no content, such as a name or an id: secrets are masked, the value limit holds.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let limit = self.limit();
        if text.len() <= limit {
            return self.secrets.apply(text);
        }
        Cow::Owned(self.cut(text, limit))
    }

    /// Applies it to content in a shape that no rule can be matched with: masked and cut as one text, or replaced by
    /// [`ContentPolicy::UNREAD`] where there are rules or a redactor it would have to go through.
    #[must_use]
    pub fn unread<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.has_rules() {
            true => Cow::Borrowed(Self::UNREAD),
            false => self.text(text),
        }
    }

    /// Whether content has to go through rules or a redactor.
    #[must_use]
    pub fn has_rules(&self) -> bool {
        !self.rules.is_empty() || self.redactor.is_some()
    }

    pub(super) fn limit(&self) -> usize {
        self.value_limit.unwrap_or(Self::DEFAULT_VALUE_LIMIT)
    }

    pub(super) fn has_paths(&self) -> bool {
        self.redactor.is_some() || self.rules.iter().any(|(rule, _)| rule.has_path())
    }

    pub(super) fn action(&self, at: &ContentPath<'_>) -> Action {
        self.rules
            .iter()
            .find(|(rule, _)| rule.matches(at))
            .map(|(_, action)| *action)
            .unwrap_or_default()
    }

    /// What stands for a text under an action; `None` when that is the text itself, after a look at it.
    pub(super) fn instead(&self, action: Action, text: &str) -> Option<String> {
        match action {
            Action::Keep => None,
            Action::Hash => Some(self.key.mark(text)),
            Action::Mask => Some(MASKED.to_owned()),
            Action::Drop => Some(String::new()),
        }
    }

    pub(super) fn redacts(&self) -> bool {
        self.redactor.is_some()
    }

    /// What a kept text becomes, and whether it had to be withheld; `None` when it stays as it is.
    pub(super) fn kept(&self, at: &ContentPath<'_>, text: &str) -> Option<(String, bool)> {
        let redacted = self.redactor.as_ref().map(|redactor| {
            catch_unwind(AssertUnwindSafe(|| redactor(at, text))).unwrap_or(Redacted::Failed)
        });
        match redacted {
            Some(Redacted::Failed) => Some((WITHHELD.to_owned(), true)),
            Some(Redacted::Replace(text)) if text.len() > self.limit() => {
                Some((self.cut(&text, self.limit()), false))
            }
            Some(Redacted::Replace(text)) => Some((text, false)),
            Some(Redacted::Keep) | None => {
                (text.len() > self.limit()).then(|| (self.cut(text, self.limit()), false))
            }
        }
    }

    /// The head of a text, with what it was long. Masked before it is cut: half a secret has no known shape. What lies
    /// far beyond the cut is not looked at.
    fn cut(&self, text: &str, limit: usize) -> String {
        const BEYOND: usize = 16 << 10;
        let mark = format!("… [truncated, {} bytes]", text.len());
        let (room, mark) = match limit.checked_sub(mark.len()) {
            Some(room) => (room, mark.as_str()),
            None => (limit, ""),
        };
        let seen = floor(text, room.saturating_add(BEYOND));
        let mut end = floor(seen, room).len();
        for span in self.secrets.spans(seen) {
            if span.from < end && span.to > end {
                // The secret goes as a whole.
                end = span.from;
            }
        }
        let head = seen.get(..end).unwrap_or_default();
        let mut head = self.secrets.apply(head).into_owned();
        // What stands for a short secret may be longer than it was.
        head.truncate(floor(&head, room).len());
        head.push_str(mark);
        head
    }
}

impl fmt::Debug for ContentPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContentPolicy")
            .field("rules", &self.rules)
            .field("secrets", &self.secrets)
            .field("value_limit", &self.limit())
            .field("redacts", &self.redacts())
            .finish_non_exhaustive()
    }
}

/// The longest head of at most so many bytes that ends between two characters.
fn floor(text: &str, mut bytes: usize) -> &str {
    if bytes >= text.len() {
        return text;
    }
    while !text.is_char_boundary(bytes) {
        bytes -= 1;
    }
    text.get(..bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests;
