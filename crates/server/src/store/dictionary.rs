//! Texts that recur (names, models, attribute paths and values), as codes.

use std::collections::HashMap;

/// A text's number.
pub(crate) type Code = u32;

/// Texts by code and codes by text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictionary {
    texts: Vec<Box<str>>,
    codes: HashMap<Box<str>, Code>,
}

impl Dictionary {
    /// The text's code, a new one if need be; `true` with a new one.
    pub(crate) fn intern(&mut self, text: &str) -> (Code, bool) {
        if let Some(code) = self.codes.get(text) {
            return (*code, false);
        }
        // Four thousand million different texts do not fit into memory before the codes run out.
        let code = Code::try_from(self.texts.len()).unwrap_or(Code::MAX);
        self.push(text);
        (code, true)
    }

    /// Adds the text that comes next, as it was stored.
    pub(crate) fn push(&mut self, text: &str) {
        let code = Code::try_from(self.texts.len()).unwrap_or(Code::MAX);
        self.texts.push(text.into());
        self.codes.insert(text.into(), code);
    }

    pub(crate) fn code(&self, text: &str) -> Option<Code> {
        self.codes.get(text).copied()
    }

    /// The code's text; empty for one that was never given out.
    pub(crate) fn text(&self, code: Code) -> &str {
        usize::try_from(code)
            .ok()
            .and_then(|code| self.texts.get(code))
            .map_or("", |text| text)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// Forgets the texts from `len` on: those of a transaction that was not committed.
    pub(crate) fn truncate(&mut self, len: usize) {
        for text in self.texts.drain(len.min(self.texts.len())..) {
            self.codes.remove(&text);
        }
    }

    /// The texts from `from` on, in the order of their codes.
    pub(crate) fn since(&self, from: usize) -> impl Iterator<Item = &str> {
        self.texts.iter().skip(from).map(|text| &**text)
    }
}
