//! Changes to a JSON text, collected while it is read and applied while it is copied.

use std::borrow::Cow;
use std::ops::Range;

use super::node::{Node, quote};

/// Replacements for ranges of a text. No two ranges overlap.
#[derive(Debug, Default)]
pub(crate) struct Edits(Vec<(Range<usize>, Cow<'static, str>)>);

/// The range of a member of an object, and whether the member stays.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) range: Range<usize>,
    pub(crate) stays: bool,
}

impl Edits {
    /// Replaces a value with JSON.
    pub(crate) fn replace(&mut self, node: Node<'_>, json: impl Into<Cow<'static, str>>) {
        self.0.push((node.range(), json.into()));
    }

    /// Replaces a value with a text.
    pub(crate) fn replace_by_text(&mut self, node: Node<'_>, text: &str) {
        let mut json = String::with_capacity(text.len() + 2);
        quote(&mut json, text);
        self.replace(node, json);
    }

    /// Inserts a member at the beginning of an object.
    pub(crate) fn add_member(&mut self, object: Node<'_>, member: &'static str) {
        let at = object.range().start + 1;
        let comma = if object.is_empty() { "" } else { "," };
        self.0.push((at..at, [member, comma].concat().into()));
    }

    /// Removes the members that do not stay, given all members of an object, with the commas between them.
    pub(crate) fn remove(&mut self, members: &[Member]) {
        let mut kept_before = None;
        for (at, member) in members.iter().enumerate() {
            let Range { start, end } = member.range;
            let next = members.get(at + 1).map_or(end, |next| next.range.start);
            if !member.stays {
                let range = kept_before.map_or(start..next, |before| before..end);
                self.0.push((range, Cow::Borrowed("")));
            }
            if member.stays || kept_before.is_some() {
                kept_before = Some(end);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the original text with all changes applied.
    pub(crate) fn apply(mut self, text: &str) -> Cow<'_, str> {
        if self.is_empty() {
            return Cow::Borrowed(text);
        }
        self.0.sort_by_key(|(range, _)| range.start);
        let mut edited = String::with_capacity(text.len());
        let mut end = 0;
        for (range, json) in self.0 {
            edited.push_str(text.get(end..range.start).unwrap_or_default());
            edited.push_str(&json);
            end = range.end;
        }
        edited.push_str(text.get(end..).unwrap_or_default());
        Cow::Owned(edited)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::json::Document;

    fn without(json: &str, stays: impl Fn(usize) -> bool) -> String {
        let document = Document::read(json.as_bytes());
        let members: Vec<_> = document
            .root()
            .member_ranges()
            .enumerate()
            .map(|(at, (range, _, _))| Member {
                range,
                stays: stays(at),
            })
            .collect();
        let mut edits = Edits::default();
        edits.remove(&members);
        edits.apply(json).into_owned()
    }

    #[test]
    fn what_is_not_edited_stays_byte_by_byte() {
        let json = r#" {"a" : [1.50, "\u00e4"], "b":{ } } "#;
        let document = Document::read(json.as_bytes());
        let root = document.root();
        let mut edits = Edits::default();
        edits.replace_by_text(root.get("a").unwrap(), "a\"b");
        edits.add_member(root.get("b").unwrap(), "\"c\":1");
        edits.add_member(root, "\"d\":2");
        assert_eq!(
            edits.apply(json),
            r#" {"d":2,"a" : "a\"b", "b":{"c":1 } } "#
        );
        assert!(matches!(Edits::default().apply(json), Cow::Borrowed(same) if same == json));
    }

    proptest! {
        #[test]
        fn members_go_with_their_commas(stays in proptest::collection::vec(any::<bool>(), 0..8), pretty: bool) {
            let all: Map<String, Value> = (0..stays.len()).map(|at| (format!("m{at}"), json!([at]))).collect();
            let json = match pretty {
                true => serde_json::to_string_pretty(&all).unwrap(),
                false => serde_json::to_string(&all).unwrap(),
            };
            let left: Map<String, Value> = serde_json::from_str(&without(&json, |at| stays[at])).unwrap();
            let expected = all.into_iter().zip(&stays).filter(|(_, stays)| **stays).map(|(member, _)| member);
            prop_assert_eq!(left, expected.collect::<Map<_, _>>());
        }
    }
}
