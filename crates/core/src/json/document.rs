//! The bytes and the tape.

use super::tape::{Entry, KEPT, Tape};
use super::tokens;

/// JSON, parsed once.
#[derive(Debug, Default)]
pub struct Document<'a> {
    pub(super) text: &'a str,
    /// Values in the order in which they begin; the key of a member precedes its value.
    pub(super) tape: Vec<Entry>,
    whole: bool,
    /// Whether bytes that are not UTF-8 follow the text.
    cut: bool,
}

impl<'a> Document<'a> {
    /// Parses the bytes for as long as they are JSON. More than 4 GiB or 1,048,576 values are not read.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Self {
        Self::read_on(Tape::default(), bytes)
    }

    /// Parses the bytes as [`Document::read`] does, in the memory of an earlier document.
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

    /// Returns the document's memory for reuse by the next document; at most 64 KiB.
    #[must_use]
    pub fn into_tape(self) -> Tape {
        match self.tape.capacity() <= KEPT {
            true => Tape(self.tape),
            false => Tape::default(),
        }
    }

    /// Returns the bytes as text, JSON or not; `None` when they are not UTF-8 or are empty.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        (!self.cut && !self.text.is_empty()).then_some(self.text)
    }

    /// Returns whether the bytes are JSON from beginning to end.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }
}
