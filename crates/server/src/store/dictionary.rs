//! Texts that recur (names, models, attribute paths and values), as codes.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::chunks::Chunks;

/// A text's number.
pub(crate) type Code = u32;

/// Texts by code and codes by text. A copy has the texts of its time; the codes are shared, since a text keeps its code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictionary {
    texts: Chunks<Arc<str>>,
    codes: Arc<RwLock<HashMap<Arc<str>, Code>>>,
}

impl Dictionary {
    fn codes(&self) -> RwLockReadGuard<'_, HashMap<Arc<str>, Code>> {
        self.codes.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn codes_mut(&self) -> RwLockWriteGuard<'_, HashMap<Arc<str>, Code>> {
        self.codes.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy that goes on by itself: what it adds is not found in this one.
    pub(crate) fn apart(&self) -> Self {
        Self {
            texts: self.texts.clone(),
            codes: Arc::new(RwLock::new(self.codes().clone())),
        }
    }

    /// The text's code, a new one if need be.
    pub(crate) fn intern(&mut self, text: &str) -> Code {
        if let Some(code) = self.code(text) {
            return code;
        }
        self.push(Arc::from(text))
    }

    /// Adds the text that comes next, as it was stored.
    pub(crate) fn push(&mut self, text: Arc<str>) -> Code {
        // Four thousand million different texts do not fit into memory before the codes run out.
        let code = Code::try_from(self.texts.len()).unwrap_or(Code::MAX);
        self.texts.push(Arc::clone(&text));
        self.codes_mut().insert(text, code);
        code
    }

    /// The text's code. One that is newer than this copy is the code of no row that the copy's reader has.
    pub(crate) fn code(&self, text: &str) -> Option<Code> {
        self.codes().get(text).copied()
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
        let forgotten: Vec<Arc<str>> = self.since(len).map(Arc::clone).collect();
        let mut codes = self.codes_mut();
        for text in forgotten {
            codes.remove(&text);
        }
        drop(codes);
        self.texts.truncate(len);
    }

    /// The texts from `from` on, in the order of their codes.
    pub(crate) fn since(&self, from: usize) -> impl Iterator<Item = &Arc<str>> {
        (from..self.texts.len()).filter_map(|code| self.texts.get(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_code_and_a_copy_its_texts() {
        let mut dictionary = Dictionary::default();
        let (a, b) = (dictionary.intern("a"), dictionary.intern("b"));
        let copy = dictionary.clone();
        let c = dictionary.intern("c");
        assert_eq!(dictionary.intern("b"), b);
        assert_eq!(dictionary.len(), 3);
        assert_eq!((copy.text(a), copy.text(c), copy.len()), ("a", "", 2));
        let since: Vec<&str> = dictionary.since(1).map(|text| &**text).collect();
        assert_eq!(since, ["b", "c"]);
    }

    #[test]
    fn what_is_forgotten_gives_its_code_to_the_next() {
        let mut dictionary = Dictionary::default();
        dictionary.intern("a");
        let mut ahead = dictionary.apart();
        let code = ahead.intern("b");
        assert_eq!(dictionary.code("b"), None);
        ahead.truncate(1);
        assert_eq!((ahead.code("b"), ahead.intern("c")), (None, code));
    }
}
