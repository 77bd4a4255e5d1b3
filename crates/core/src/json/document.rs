//! The bytes and the tape.

use super::node::Node;
use super::tokens;

/// JSON, read once.
#[derive(Debug, Default)]
pub struct Document<'a> {
    pub(super) text: &'a str,
    /// Values in the order in which they begin; before each member's value stands its key.
    pub(super) tape: Vec<Entry>,
    whole: bool,
    /// Whether bytes that are no text stand behind it.
    cut: bool,
}

/// Memory of documents, one after the other.
#[derive(Debug, Default)]
pub struct Tape(Vec<Entry>);

/// A longer one is not kept: most documents need no more.
const KEPT: usize = 4_096;

/// A value, or the key of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Of a text and a key the characters between the quotes, of anything else the whole value.
    pub(super) start: u32,
    /// For a list or an object that was cut, where the reading ended.
    pub(super) end: u32,
    /// Of a list or an object the entry behind everything in it, of numbers how many they are.
    pub(super) next: u32,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text, or a key, that says what it is written as.
    Text,
    /// One with escapes.
    Escaped,
    /// One with half a pair of escapes, which is no character.
    Broken,
    /// A number, or several that follow each other in a list.
    Numbers,
    True,
    False,
    Null,
    List,
    Object,
    /// A list that does not end.
    CutList,
    CutObject,
}

impl Kind {
    /// Whether values lie in it.
    #[inline]
    pub(super) const fn holds(self) -> bool {
        matches!(
            self,
            Self::List | Self::Object | Self::CutList | Self::CutObject
        )
    }
}

impl<'a> Document<'a> {
    /// Reads as far as the bytes are JSON. More than 4 GiB or 1,048,576 values are not read.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Self {
        Self::read_on(Tape::default(), bytes)
    }

    /// The same, in memory that was used before.
    #[must_use]
    pub fn read_on(Tape(tape): Tape, bytes: &'a [u8]) -> Self {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => bytes
                .get(..error.valid_up_to())
                .and_then(|valid| std::str::from_utf8(valid).ok())
                .unwrap_or_default(),
        };
        let (tape, ended) = tokens::read(text, tape);
        Self {
            text,
            whole: ended && text.len() == bytes.len(),
            cut: text.len() < bytes.len(),
            tape,
        }
    }

    /// Its memory, for the next one; at most 64 KiB.
    #[must_use]
    pub fn into_tape(self) -> Tape {
        match self.tape.capacity() <= KEPT {
            true => Tape(self.tape),
            false => Tape::default(),
        }
    }

    /// The value the bytes are; `null` when they do not begin as JSON does.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node {
            document: self,
            at: 0,
        }
    }

    /// The bytes as a text, JSON or not; `None` where they are not UTF-8, or none.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        (!self.cut && !self.text.is_empty()).then_some(self.text)
    }

    /// Whether the bytes are JSON from their beginning to their end.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }
}
