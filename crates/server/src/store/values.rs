//! The attributes that can be grouped by: each new path and each new value takes memory for good, so both are bounded.

use hashbrown::{HashMap, HashSet};

use super::{Code, Dictionary};

/// The maximum number of attribute paths; calls with further paths have them in the payload only.
const MOST_PATHS: usize = 2_000;
/// The maximum number of distinct values per attribute path; further values are stored in the payload only.
const MOST_VALUES: usize = 10_000;

/// The values of each attribute path.
#[derive(Debug)]
pub(super) struct Values(HashMap<Code, HashSet<Code>>);

impl Values {
    pub(super) fn new(values: HashMap<Code, HashSet<Code>>) -> Self {
        Self(values)
    }

    /// Returns the codes of an attribute, or `None` for one beyond a limit, which gets no code at all.
    pub(super) fn admit(
        &mut self,
        dictionary: &mut Dictionary,
        path: &str,
        value: &str,
    ) -> Option<(Code, Code)> {
        let known = dictionary.code(path);
        let is_new = known.is_none_or(|path| !self.0.contains_key(&path));
        if is_new && self.0.len() >= MOST_PATHS {
            return None;
        }
        let path = dictionary.intern(path);
        let values = self.0.entry(path).or_default();
        let known = dictionary.code(value);
        if let Some(code) = known.filter(|code| values.contains(code)) {
            return Some((path, code));
        }
        if values.len() >= MOST_VALUES {
            return None;
        }
        let code = dictionary.intern(value);
        values.insert(code);
        Some((path, code))
    }

    /// Forgets the codes from `texts` on, which belong to a transaction that was not committed.
    pub(super) fn forget(&mut self, texts: usize) {
        let known = |code: &Code| usize::try_from(*code).is_ok_and(|code| code < texts);
        self.0.retain(|path, _| known(path));
        for values in self.0.values_mut() {
            values.retain(known);
        }
    }
}
