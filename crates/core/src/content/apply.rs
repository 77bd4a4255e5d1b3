//! A policy, applied to JSON.

use std::borrow::Cow;

use super::part::Place;
use super::policy::ContentPolicy;
use super::rewriter::Rewriter;

/// The result of applying a policy to JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filtered<'a> {
    /// The rewritten JSON; borrowed when nothing was changed.
    pub json: Cow<'a, str>,
    /// The number of texts withheld because the user's redactor failed on them.
    pub withheld: u64,
}

impl ContentPolicy {
    /// Applies the policy to a JSON text. JSON stays JSON.
    ///
    /// Input that cannot be read as JSON is treated as one text: it is masked and cut, or withheld where rules or a
    /// redactor would have to be applied.
    #[must_use]
    pub fn apply<'a>(&self, place: Place, json: &'a str) -> Filtered<'a> {
        let strict = self.has_rules();
        // No text in the JSON is longer than the JSON.
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
