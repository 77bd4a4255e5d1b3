//! A policy, applied to JSON.

use std::borrow::Cow;

use super::part::Place;
use super::policy::ContentPolicy;
use super::rewriter::Rewriter;

/// JSON a policy was applied to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filtered<'a> {
    /// JSON again; borrowed when nothing was changed.
    pub json: Cow<'a, str>,
    /// Texts withheld because the user's redactor failed on them.
    pub withheld: u64,
}

impl ContentPolicy {
    /// Applies it to a JSON text. JSON stays JSON.
    ///
    /// What cannot be read as JSON is one text: it is masked and cut as such, or withheld where there are rules or a
    /// redactor it would have to go through.
    #[must_use]
    pub fn apply<'a>(&self, place: Place, json: &'a str) -> Filtered<'a> {
        let strict = self.has_rules();
        // No text in it is longer than all of it.
        if !strict && json.len() <= self.limit() {
            return Filtered {
                json: self.secrets.apply(json),
                withheld: 0,
            };
        }
        let Some((written, withheld)) = Rewriter::new(self, place).over(json) else {
            return Filtered {
                json: self.unread(json),
                withheld: 0,
            };
        };
        let json = match written {
            Cow::Borrowed(json) => self.secrets.apply(json),
            Cow::Owned(json) => Cow::Owned(self.secrets.apply_owned(json)),
        };
        Filtered { json, withheld }
    }
}
