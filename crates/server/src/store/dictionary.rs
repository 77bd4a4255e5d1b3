//! Recurring texts (names, models, attribute paths and values), as codes.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hashbrown::HashMap;
use sha2::{Digest as _, Sha256};

use super::chunks::Chunks;

/// The longest text, in bytes. Calls have longer names and ids in their payload.
const LONGEST: usize = 2_048;

/// Returns the form of a text in the dictionary: a long one is cut, and its hash distinguishes it from others.
fn bounded(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return Cow::Borrowed(text);
    }
    let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end));
    let start = text.get(..end.unwrap_or(0)).unwrap_or_default();
    let hash = Sha256::digest(text);
    let hash: String = hash
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Cow::Owned(format!("{start}… ({hash})"))
}

/// A text's number.
pub(crate) type Code = u32;

/// Texts by code and codes by text. A copy has the texts of its time and shares the codes, since a text keeps its code.
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

    /// Returns an independent copy, whose additions do not appear in this dictionary.
    pub(crate) fn apart(&self) -> Self {
        Self {
            texts: self.texts.clone(),
            codes: Arc::new(RwLock::new(self.codes().clone())),
        }
    }

    /// Returns the code of a text, assigning a new code if needed.
    pub(crate) fn intern(&mut self, text: &str) -> Code {
        if let Some(code) = self.code(text) {
            return code;
        }
        self.push(Arc::from(&*bounded(text)))
    }

    /// Adds a text under the next code, as it was stored.
    pub(crate) fn push(&mut self, text: Arc<str>) -> Code {
        // Memory runs out before four billion different texts exhaust the codes.
        let code = Code::try_from(self.texts.len()).unwrap_or(Code::MAX);
        self.texts.push(Arc::clone(&text));
        self.codes_mut().insert(text, code);
        code
    }

    /// Returns the code of a text. A code newer than this copy occurs in none of the rows that the copy's reader has.
    pub(crate) fn code(&self, text: &str) -> Option<Code> {
        self.codes().get(&*bounded(text)).copied()
    }

    /// Returns the text of a code, or an empty text for a code that was never assigned.
    pub(crate) fn text(&self, code: Code) -> &str {
        usize::try_from(code)
            .ok()
            .and_then(|code| self.texts.get(code))
            .map_or("", |text| text)
    }

    /// Returns the number of texts.
    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// Forgets the texts of codes that no row has; their codes stay.
    pub(super) fn forget(&mut self, unused: &[Range<usize>]) {
        let nothing: Arc<str> = Arc::from("");
        for place in unused.iter().cloned().flatten() {
            let Some(text) = self.texts.get_mut(place) else {
                continue;
            };
            let text = std::mem::replace(text, Arc::clone(&nothing));
            let mut codes = self.codes_mut();
            if codes.get(&text).is_some_and(|code| *code as usize == place) {
                codes.remove(&text);
            }
        }
    }

    /// Removes the texts from `len` on, which belong to a transaction that was not committed.
    pub(crate) fn truncate(&mut self, len: usize) {
        let forgotten: Vec<Arc<str>> = self.since(len).map(Arc::clone).collect();
        let mut codes = self.codes_mut();
        for text in forgotten {
            codes.remove(&text);
        }
        drop(codes);
        self.texts.truncate(len);
    }

    /// Returns the texts from `from` on, in the order of their codes.
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
    fn long_texts_are_cut_and_found() {
        let mut dictionary = Dictionary::default();
        let long = |end: &str| "ü".repeat(LONGEST) + end;
        let codes = ["a", "b"].map(|end| dictionary.intern(&long(end)));
        assert_ne!(codes[0], codes[1]);
        assert_eq!(dictionary.code(&long("b")), Some(codes[1]));
        assert!(dictionary.text(codes[0]).len() < LONGEST + 30);
        let short = "a".repeat(LONGEST);
        let code = dictionary.intern(&short);
        assert_eq!(dictionary.text(code), short);
    }

    #[test]
    fn a_text_that_comes_again_has_a_new_code() {
        let mut dictionary = Dictionary::default();
        for text in ["a", "b", "c"] {
            dictionary.intern(text);
        }
        dictionary.forget(std::slice::from_ref(&(1..2)));
        assert_eq!((dictionary.code("b"), dictionary.text(1)), (None, ""));
        assert_eq!((dictionary.intern("b"), dictionary.intern("c")), (3, 2));
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
