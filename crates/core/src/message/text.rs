//! A text from a body, or of our own.

use std::borrow::Cow;

use crate::json::{Node, quote};

/// A text of a message.
#[derive(Clone, Debug)]
pub enum Text<'d> {
    /// A text in a body; the node is a text.
    In(Node<'d>),
    /// A text that appears in no body in this form.
    Is(Cow<'d, str>),
}

impl<'d> Text<'d> {
    /// Returns a member that is a non-empty text.
    #[must_use]
    pub fn of(object: Node<'d>, name: &str) -> Option<Self> {
        object.get(name).and_then(Self::some)
    }

    /// Returns a non-empty text.
    #[must_use]
    pub fn some(node: Node<'d>) -> Option<Self> {
        (node.is_text() && !node.is("")).then_some(Self::In(node))
    }

    /// Returns the decoded text.
    #[must_use]
    pub fn get(&self) -> Cow<'_, str> {
        match self {
            Self::In(node) => node.text().unwrap_or_default(),
            Self::Is(text) => Cow::Borrowed(text),
        }
    }

    /// Returns the decoded text, for as long as the body lives.
    #[must_use]
    pub fn into_cow(self) -> Cow<'d, str> {
        match self {
            Self::In(node) => node.text().unwrap_or_default(),
            Self::Is(text) => text,
        }
    }

    /// Returns the number of bytes it takes to write the text, with few escapes.
    pub(super) fn room(&self) -> usize {
        match self {
            Self::In(node) => node.len(),
            Self::Is(text) => text.len(),
        }
    }

    pub(super) fn write(&self, json: &mut String) {
        match self {
            Self::In(node) => node.write(json),
            Self::Is(text) => quote(json, text),
        }
    }
}

impl<'d> From<Node<'d>> for Text<'d> {
    fn from(node: Node<'d>) -> Self {
        Self::In(node)
    }
}

impl<'d> From<&'d str> for Text<'d> {
    fn from(text: &'d str) -> Self {
        Self::Is(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self::Is(Cow::Owned(text))
    }
}
