//! The policy, applied to one text.

use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::hash::Key;
use super::rule::{ContentPath, Rule};
use crate::secret;

/// The placeholder for a text that a rule masks.
const MASKED: &str = "[masked]";
/// The placeholder for a text on which the user's redactor panicked or reported failure.
const WITHHELD: &str = "[withheld: redactor failed]";

/// What happens to content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Keeps the content, except for secrets of known shapes and bytes beyond the value limit.
    #[default]
    Keep,
    /// Replaces the content with `[hash:<16 hexadecimal digits>]`; equal content has equal hashes. See
    /// [`ContentPolicy::with_hash_key`].
    Hash,
    /// Replaces the content with `[masked]`.
    Mask,
    /// Removes the content: leaves an empty text in a message, and removes the field where a path names it.
    Drop,
}

/// The verdict of the user's redactor on a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redacted {
    /// Keeps the text.
    Keep,
    /// Replaces the text.
    Replace(String),
    /// Reports that the redactor failed: the text is withheld and counted.
    Failed,
}

type Redactor = dyn Fn(&ContentPath<'_>, &str) -> Redacted + Send + Sync;

/// A policy for which content is kept, and in which form. Cheap to clone.
///
/// By default all content is kept, with secrets of known shapes masked and a value limit of
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
    /// The default number of bytes that are kept of one text: 1 MiB.
    pub const DEFAULT_VALUE_LIMIT: usize = 1 << 20;

    /// The placeholder for content in a shape to which the rules cannot be applied.
    pub const UNREAD: &str = r#"{"withheld":"not readable"}"#;

    /// Adds a rule. The first matching rule decides, so exceptions come first; content that no rule matches is kept.
    pub fn with_rule(mut self, rule: Rule, action: Action) -> Self {
        self.rules.push((rule, action));
        self
    }

    /// Sets which secrets are masked. Default: secrets of known shapes, but neither e-mail addresses nor card numbers.
    pub fn with_secrets(mut self, secrets: secret::Mask) -> Self {
        self.secrets = secrets;
        self
    }

    /// Sets the value limit: the length in UTF-8 bytes up to which a text is kept whole. A longer text is cut at a
    /// character boundary to at most this length, including a final `… [truncated, <original length> bytes]`, which is
    /// omitted where the limit is shorter. Inside JSON the texts are cut, not the JSON.
    pub fn with_value_limit(mut self, bytes: usize) -> Self {
        self.value_limit = Some(bytes);
        self
    }

    /// Sets the value limit where [`ContentPolicy::with_value_limit`] was not called.
    pub fn or_value_limit(mut self, bytes: Option<usize>) -> Self {
        self.value_limit = self.value_limit.or(bytes);
        self
    }

    /// Sets the key of [`Action::Hash`], which is HMAC-SHA-256 truncated to 64 bits. Without a key, a short text can be
    /// found by brute force: set a key, keep it secret, and keep it the same for as long as hashes are to be compared.
    pub fn with_hash_key(mut self, key: &[u8]) -> Self {
        self.key = Key::new(key);
        self
    }

    /// Sets the user's own redactor, which is called for every text that the rules keep: decoded, whole, before secrets
    /// are masked. It runs on the recorder's thread, and for the
    /// content of tools and retrievals on the thread where they end. When it panics or returns [`Redacted::Failed`], the text is
    /// withheld as `[withheld: redactor failed]` and counted; the rest of the call is kept. The panic message goes to
    /// the process's panic hook.
    pub fn with_redactor(
        mut self,
        redactor: impl Fn(&ContentPath<'_>, &str) -> Redacted + Send + Sync + 'static,
    ) -> Self {
        self.redactor = Some(Arc::new(redactor));
        self
    }

    /// Applies the policy to a text that is not content, such as a name or an id: masks secrets, enforces the limit.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let limit = self.limit();
        if text.len() <= limit {
            return self.secrets.apply(text);
        }
        Cow::Owned(self.cut(text, limit))
    }

    /// Returns the hash of a text under the policy's key, as 16 hexadecimal digits. See
    /// [`ContentPolicy::with_hash_key`].
    #[must_use]
    pub fn hash(&self, text: &str) -> String {
        self.key.digits(text)
    }

    /// Applies the policy to content in a shape that no rule can match: masks and cuts it as one text, or replaces it
    /// with [`ContentPolicy::UNREAD`] where rules or a redactor would have to be applied.
    #[must_use]
    pub fn unread<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.has_rules() {
            true => Cow::Borrowed(Self::UNREAD),
            false => self.text(text),
        }
    }

    /// Returns whether content has to go through rules or a redactor.
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

    /// Returns the replacement for a text under an action; `None` when the text is kept, subject to `kept`.
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

    /// Returns the replacement for a kept text and whether it was withheld; `None` when the text is unchanged.
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

    /// Cuts a text and appends its original length. Secrets are found before the cut, because half a secret has no
    /// known shape. Text far beyond the cut is not scanned.
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
                // A secret across the cut is removed as a whole.
                end = span.from;
            }
        }
        let head = seen.get(..end).unwrap_or_default();
        let mut head = self.secrets.apply(head).into_owned();
        // The placeholder for a short secret may be longer than the secret.
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

/// Returns the longest prefix of at most `bytes` bytes that ends at a character boundary.
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
